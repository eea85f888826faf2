/**
 * Writes a checkpoint folder of random weights in the shape of a published model, to measure conversion and
 * speed without the real weights:
 *
 *     node bench/synthetic/checkpoint.ts FOLDER [--model NAME] [--dtype F32|F16|BF16] [--layers N] [--vocab N]
 *
 * Every tensor has its own values: ONNX Runtime would share equal ones and look twice as fast.
 * The values mean nothing.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { blip2Checkpoint } from './blip2-checkpoint.ts'
import { BLIP2_MODELS } from './blip2-language.ts'
import { chatCheckpoint } from './chat-checkpoint.ts'
import { CHAT_MODELS, isChatModel } from './chat-sizes.ts'
import { type Dtype, DTYPES, writeRandomWeights } from './random-weights.ts'

/** The models whose shapes there are. */
export const SYNTHETIC_MODELS = [...BLIP2_MODELS, ...CHAT_MODELS] as const
export type SyntheticModel = (typeof SYNTHETIC_MODELS)[number]

export type SyntheticOptions = {
  /** Whose shapes it has. Default `blip2-opt-2.7b`. */
  readonly model?: SyntheticModel
  readonly dtype?: Dtype
  /** Default: as many as the real one has; of a BLIP-2, the vision tower keeps its own. */
  readonly layers?: number
  /** Of a BLIP-2. */
  readonly vocab?: number
  /** Told the name of each shard written. */
  readonly onShard?: (file: string) => void
}

/** Writes the folder; of a BLIP-2 about 15 GB in F32. */
export function writeSyntheticCheckpoint(folder: string, options: SyntheticOptions = {}): void {
  const { model = 'blip2-opt-2.7b', dtype = 'F32', onShard, ...size } = options
  const { config, files, shapes } = isChatModel(model)
    ? chatCheckpoint(model, size.layers)
    : blip2Checkpoint(model, size)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({
    'config.json': JSON.stringify(config, null, 2),
    ...files,
  })) {
    writeFileSync(path.join(folder, name), text)
  }
  writeRandomWeights(folder, shapes, dtype, onShard)
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dtype: { type: 'string', default: 'F32' },
      model: { type: 'string', default: 'blip2-opt-2.7b' },
      layers: { type: 'string' },
      vocab: { type: 'string' },
    },
  })
  const [folder] = positionals
  const model = SYNTHETIC_MODELS.find((known) => known === values.model)
  const dtype = DTYPES.find((known) => known === values.dtype)
  if (folder === undefined || model === undefined || dtype === undefined) {
    process.stderr.write(
      `usage: checkpoint FOLDER [--dtype ${DTYPES.join('|')}] [--model ${SYNTHETIC_MODELS.join('|')}]\n`,
    )
    process.exitCode = 2
    return
  }
  writeSyntheticCheckpoint(folder, {
    model,
    dtype,
    ...(values.layers !== undefined && { layers: Number(values.layers) }),
    ...(values.vocab !== undefined && { vocab: Number(values.vocab) }),
    onShard: (file) => process.stderr.write(`${file}\n`),
  })
}

if (import.meta.main) {
  main()
}
