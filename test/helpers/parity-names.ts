/** The small checkpoints whose results were recorded: see parity.ts. */

export const PARITY_NAMES = [
  'base',
  'odd-sizes',
  'queries',
  'no-bias',
  'projected',
  'projected-pre-norm',
  'post-norm',
  'separate-head',
  'old-style',
  'blocks',
  'stem',
  '224px',
  '364px',
] as const

/** Those whose language model is a T5. */
export const T5_NAMES = ['t5-gated', 't5-relu', 't5-odd-sizes', 't5-blocks'] as const

/** Those whose Q-Former reads the prompt, too, with a T5. */
export const INSTRUCT_NAMES = ['instruct-t5', 'instruct-odd-sizes', 'instruct-blocks'] as const

/** The same with a Llama. */
export const LLAMA_NAMES = ['instruct-llama', 'instruct-grouped', 'instruct-narrow'] as const

/** LLaVAs: a picture in the middle of the prompt, whose `ids` have its placeholders; no query_output. */
export const LLAVA_NAMES = [
  'llava-clip',
  'llava-odd-sizes',
  'llava-states',
  'llava-qwen3',
  'llava-blocks',
] as const
export type LlavaName = (typeof LLAVA_NAMES)[number]

/** IDEFICSs: layers that look at the picture, whose prompts have its placeholder. */
export const IDEFICS_NAMES = ['idefics-resampler', 'idefics-direct', 'idefics-blocks'] as const
export type IdeficsName = (typeof IDEFICS_NAMES)[number]

/** SmolVLMs and Idefics3s: pictures in tiles, and text between these. */
export const IDEFICS3_NAMES = [
  'smolvlm-tiles',
  'smolvlm-whole',
  'idefics3-places',
  'smolvlm-blocks',
  'smolvlm-own-size',
] as const
export type Idefics3Name = (typeof IDEFICS3_NAMES)[number]

/** LLaVA-OneVisions: pictures in as many tiles as their shape asks for. */
export const ONEVISION_NAMES = [
  'onevision-tiles',
  'onevision-smaller',
  'onevision-clip',
  'onevision-blocks',
] as const
export type OnevisionName = (typeof ONEVISION_NAMES)[number]

export type ParityName = (
  | typeof PARITY_NAMES
  | typeof ONEVISION_NAMES
  | typeof LLAVA_NAMES
  | typeof IDEFICS_NAMES
  | typeof IDEFICS3_NAMES
  | typeof T5_NAMES
  | typeof INSTRUCT_NAMES
  | typeof LLAMA_NAMES
)[number]

/** Those that compare texts with pictures, and write none; `loadItm` loads what was recorded. */
export const ITM_NAMES = ['itm-common', 'itm-odd-sizes', 'itm-deep', 'itm-blocks'] as const
export type ItmName = (typeof ITM_NAMES)[number]

/** A small checkpoint of any kind. */
export type CheckpointName = ParityName | ItmName

/** A part of a checkpoint, for a block. */
export type PartName = 'layer-scale'
