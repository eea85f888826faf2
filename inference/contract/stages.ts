/** The stages of a request, in the order they come: the one list of them. */

/** From a picture's file to its tokens. */
export const ENCODE_STAGES = ['preprocess', 'vision', 'bridge'] as const
export type EncodeStage = (typeof ENCODE_STAGES)[number]

/** From a prompt to its answer. */
export const DECODE_STAGES = ['prefill', 'decode'] as const

export const STAGES = [...ENCODE_STAGES, ...DECODE_STAGES] as const
export type Stage = (typeof STAGES)[number]

/** One value for each stage. */
export function byStage<Value>(make: (stage: Stage) => Value): Record<Stage, Value> {
  return {
    preprocess: make('preprocess'),
    vision: make('vision'),
    bridge: make('bridge'),
    prefill: make('prefill'),
    decode: make('decode'),
  }
}
