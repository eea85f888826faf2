/**
 * Compares what the graphs need with what a checkpoint has, before anything is written.
 */

import { ConfigError } from '../../../config/errors.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { Checkpoint } from './checkpoint.ts'
import { isReadable, type StoredTensor } from './stored-tensor.ts'

/** Problems beyond this are only counted. */
const MAX_LISTED = 20

/**
 * Checks that the checkpoint has every tensor of the plans, with a readable dtype and the right shape.
 *
 * @throws {ConfigError} naming file and tensor of each problem.
 */
export function checkWeights(
  folder: string,
  checkpoint: Checkpoint,
  plans: readonly GraphPlan[],
): void {
  const problems = new Set<string>()
  for (const job of plans.flatMap((plan) => plan.jobs)) {
    for (const part of job.parts) {
      const stored = checkpoint.tensors.get(part.tensor)
      const rows = part.rows + (part.skip ?? 0)
      const problem =
        stored === undefined
          ? `${folder} lacks the tensor ${part.tensor}.`
          : tensorProblem(part.tensor, stored, rows, job.columns)
      if (problem !== null) {
        problems.add(problem)
      }
    }
  }
  if (problems.size > 0) {
    const all = [...problems]
    const rest = all.length - MAX_LISTED
    throw new ConfigError([
      ...all.slice(0, MAX_LISTED),
      ...(rest > 0 ? [`… and ${rest} more tensors are missing or wrong.`] : []),
    ])
  }
}

function tensorProblem(
  name: string,
  stored: StoredTensor,
  rows: number,
  columns: number,
): string | null {
  const { file, dtype, shape } = stored
  if (!isReadable(dtype)) {
    return `${file}: ${name} is of type ${dtype}; F64, F32, F16 and BF16 are read.`
  }
  if (!fits(shape, rows, columns)) {
    const wanted = rows === 1 ? `[${columns}]` : `[${rows}, ${columns}]`
    return `${file}: ${name} is [${shape.join(', ')}] where config.json makes it ${wanted}.`
  }
  return null
}

/** Whether the shape is [rows, columns] once leading ones are dropped and inner axes joined. */
function fits(shape: readonly number[], rows: number, columns: number): boolean {
  const elements = shape.reduce((product, dim) => product * dim, 1)
  const first = shape.find((dim) => dim !== 1) ?? 1
  return elements === rows * columns && (rows === 1 ? first === columns : first === rows)
}
