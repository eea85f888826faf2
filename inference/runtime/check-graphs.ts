/**
 * Compares the card with the graphs of its package, so that a card of another model, or an edited
 * one, is refused when the model is opened and does not fail in the middle of a request.
 */

import type { InferenceSession } from 'onnxruntime-node'
import { ConfigError } from '../../config/errors.ts'
import type { Sessions } from './sessions.ts'

/**
 * Where a graph states a dimension of the card: an axis of an input or output, or the number of
 * inputs whose names begin with `counted`.
 */
export type GraphFact<Dimension extends string> = {
  readonly dimension: Dimension
  readonly graph: string
} & ({ readonly value: string; readonly axis: number } | { readonly counted: string })

/** @throws {ConfigError} with every dimension that a graph contradicts. */
export function checkGraphs<Dimension extends string>(
  sessions: Sessions,
  dimensions: Readonly<Record<Dimension, number>>,
  facts: readonly GraphFact<Dimension>[],
): void {
  const problems = facts.flatMap((fact) => {
    const { dimension, graph } = fact
    const actual = inGraph(sessions.get(graph), fact)
    return actual === dimensions[dimension]
      ? []
      : `model.json says ${dimension} is ${dimensions[dimension]}, but ${graph}.onnx has ${actual ?? 'none'}.`
  })
  if (problems.length > 0) {
    throw new ConfigError(problems)
  }
}

function inGraph(session: InferenceSession, fact: GraphFact<string>): number | string | undefined {
  if ('counted' in fact) {
    return session.inputNames.filter((name) => name.startsWith(fact.counted)).length
  }
  const value = [...session.inputMetadata, ...session.outputMetadata].find(
    ({ name }) => name === fact.value,
  )
  return value?.isTensor ? value.shape[fact.axis] : undefined
}
