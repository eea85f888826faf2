/**
 * Loads the results of transformers for the small checkpoints (recorded by test/reference).
 *
 * For each name in parity-names.ts: PARITY_NAMES, T5_NAMES, INSTRUCT_NAMES, LLAMA_NAMES, LLAVA_NAMES, IDEFICS_NAMES,
 * IDEFICS3_NAMES and ONEVISION_NAMES there are
 * - `test/fixtures/checkpoints/NAME/`: a Hugging Face folder with the stored weights;
 * - `test/fixtures/parity/NAME.json`: one object of the type Parity below, plain data;
 * - `test/fixtures/parity/NAME.bin`: the tensors, float32 little-endian, one after the other; the JSON's
 *   `tensors` says the shape and the byte offset of each.
 *
 * Everything was computed in float32 from the stored weights, whatever their type. Token ids are the
 * generated ones only, the stop id included; the reference's own sequence has `queryTokens` times
 * `tokens.image` and the prompt's ids before them, and its repetition penalty and n-gram rule see those.
 * Ids were recorded only if they stay the same after a change of all weights by 1e-5, so that a correct
 * port must reproduce them.
 *
 * Tensors (Q query tokens, V vocabulary):
 * - `pixel_values` [1, 3, S, S], up to 42 px only; `pixelValuesSha256` hashes its bytes for every size
 * - `image_embeds` [1, N + 1, Dv], after post_layernorm
 * - `query_output` [1, Q, Dq]
 * - `image_tokens` [1, Q, E]: the embeddings at the image tokens' positions, E = word_embed_proj_dim
 * - `projected` [1, Q, H]: language_projection's output, only where H = hidden_size differs from E.
 *   The projection is always H wide. The reference then fills the image tokens' E-wide rows with the
 *   flat run of those numbers, so `image_tokens` is `projected.flat()[0 .. Q * E]` cut into rows of E, the
 *   rest unused; the decoder's project_in comes after that. With E > H transformers fails with an error.
 * - `logits.caption.prefill`, `logits.question.prefill` [Q + prompt ids, V], when at most 16 rows
 * - `logits.caption.steps` [up to 8, V], `logits.question.steps` [up to 4, V]: raw logits of plain greedy
 *   steps; row 0 is the last row of the prefill
 *
 * A T5 has no prefill. Its encoder reads `queryTokens` times `tokens.image` and the prompt's ids, whose last is
 * `</s>`; what the penalty and the rule see begins with `tokens.decoderStart`. It has besides
 * - `encoded.caption`, `encoded.question` [Q + prompt ids, D]: the encoder's output
 *
 * An IDEFICS has besides `latents` [1, L, Dv] where it has a resampler, and `logits.several.I` [ids, V] of each prompt
 * of several pictures. Its `image_tokens` are the keys and values of each layer that looks:
 * inference/blocks/bridge/picture-keys.ts.
 *
 * Of an Idefics3 or a LLaVA-OneVision, `pixel_values` and `image_embeds` are [tiles, …], and `image_tokens` those of
 * the whole picture as the decoder gets them; `logits.several` [V] are those after the prompt of `several`.
 *
 * Where the Q-Former reads the prompt, `query_output` and `image_tokens` are those of the caption, whose
 * text is empty, and there are besides
 * - `query_output.question` [1, Q, Dq], `image_tokens.question` [1, Q, E]
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { GenerationOptions } from '../../inference/contract/types.ts'
import type {
  CheckpointName,
  Idefics3Name,
  IdeficsName,
  ItmName,
  LlavaName,
  OnevisionName,
  ParityName,
  PartName,
} from './parity-names.ts'

export const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures')

export type Tensor = { readonly shape: readonly number[]; readonly data: Float32Array }

type PromptName = 'caption' | 'question'

/** What the JSON holds besides the tensors. */
export type Parity = {
  readonly name: ParityName
  readonly about: string
  readonly seed: number
  readonly transformers: string
  readonly torch: string
  /** The picture, relative to test/fixtures. */
  readonly image: string
  readonly imageSize: number
  /** Absent: `squash`. */
  readonly fit?: 'squash' | 'pad'
  readonly pixelValuesSha256: string
  /** `image` is the reference's placeholder, also for old-style, whose own config has none. */
  readonly tokens: {
    readonly bos?: number
    readonly pad: number
    readonly stop: number[]
    readonly image: number
    readonly decoderStart?: number
  }
  readonly queryTokens: number
  readonly vocabSize: number
  /** `ids` start with BOS, or end with a T5's `</s>`; the caption's text is empty, so its ids are that alone. */
  readonly prompts: Record<
    PromptName,
    {
      readonly text: string
      readonly ids: number[]
      /** The Q-Former's ids, where it reads the prompt. */
      readonly instruction?: readonly number[]
    }
  >
  /** Teacher-forced natural-log probability of each token of the answer after the prompt's ids. */
  readonly scores: readonly {
    readonly prompt: PromptName
    readonly answer: string
    readonly ids: number[]
    readonly logProbabilities: number[]
  }[]
  /** `options` says everything that differs from plain greedy; `score` is the best beam's. */
  readonly generations: readonly {
    readonly prompt: PromptName
    readonly options: GenerationOptions
    readonly ids: number[]
    readonly score?: number
  }[]
  /**
   * The distribution each of three tokens was drawn from, after all processors and warpers, along the
   * ids drawn. `kept` tokens have a probability above 0; the 24 likeliest are listed, likeliest first.
   */
  readonly sampling: readonly {
    readonly prompt: PromptName
    readonly options: GenerationOptions
    readonly drawn: number[]
    readonly steps: readonly {
      readonly kept: number
      readonly ids: number[]
      readonly probabilities: number[]
    }[]
  }[]
  readonly tensors: Record<string, Tensor>
}

/** What is recorded besides of a model that is asked in a chat format. */
export type ChatParity = Parity & {
  /** Turns of a conversation, the last without an answer, and what the chat template makes of them. */
  readonly chat: readonly {
    readonly turns: readonly (readonly [question: string, answer: string | null])[]
    readonly text: string
  }[]
  /** The longest of them after a system text; in the ids each picture is its placeholder. IDEFICS has none. */
  readonly system?: {
    readonly system: string
    readonly turns: ChatParity['chat'][number]['turns']
    readonly text: string
    readonly ids: readonly number[]
  }
  /** The sha256 of the pixel_values of pictures in test/fixtures/images. */
  readonly pictures: Readonly<Record<string, string>>
}

export type ChatName = LlavaName | IdeficsName

export function loadChat(name: ChatName): ChatParity {
  return load<ChatParity>(name)
}

/** What is recorded of an IDEFICS besides. */
export type IdeficsParity = ChatParity & {
  /** Prompts of several pictures, or with text that sees none; each `<image>` stands for the next picture. */
  readonly several: readonly {
    readonly text: string
    /** Names in test/fixtures/images. */
    readonly pictures: readonly string[]
    readonly ids: readonly number[]
    readonly answers: readonly {
      readonly options: GenerationOptions
      readonly ids: readonly number[]
    }[]
  }[]
}

export function loadIdefics(name: IdeficsName): IdeficsParity {
  return load<IdeficsParity>(name)
}

/** What is recorded of an Idefics3 besides. */
export type Idefics3Parity = Parity & {
  readonly chat: ChatParity['chat']
  readonly system: NonNullable<ChatParity['system']>
  /** A question about two pictures: the one of the other prompts, and `images`, relative to test/fixtures. */
  readonly several: {
    readonly text: string
    readonly images: readonly [string]
    readonly ids: readonly number[]
    readonly answer: readonly number[]
  }
  /**
   * The sha256 of the pixel_values of pictures in test/fixtures/images, by `size.longest_edge`; first the checkpoint's
   * own, null where pictures keep their size.
   */
  readonly pictures: readonly {
    readonly longestEdge: number | null
    readonly sha256: Readonly<Record<string, string>>
  }[]
}

export function loadIdefics3(name: Idefics3Name): Idefics3Parity {
  return load<Idefics3Parity>(name)
}

/** What is recorded of a LLaVA-OneVision besides. */
export type OnevisionParity = Omit<Idefics3Parity, 'pictures' | 'several'> & {
  /** As of an Idefics3; `sha256` of the pixel_values of each picture. */
  readonly several: Idefics3Parity['several'] & { readonly sha256: readonly string[] }
  /** Of pictures in test/fixtures/images, by `detail`: the sha256 of the pixel_values, and how many tokens they have. */
  readonly pictures: Readonly<
    Record<
      'high' | 'auto',
      Readonly<Record<string, { readonly sha256: string; readonly tokens: number }>>
    >
  >
}

export function loadOnevision(name: OnevisionName): OnevisionParity {
  return load<OnevisionParity>(name)
}

/** What both have whose pictures are tiles. */
export type TiledParity = Parity & Pick<Idefics3Parity, 'several'>

export function loadTiled(name: Idefics3Name | OnevisionName): TiledParity {
  return load<TiledParity>(name)
}

/** The Hugging Face folder of a small checkpoint. */
export function checkpointFolder(name: CheckpointName | PartName): string {
  return path.join(FIXTURES, 'checkpoints', name)
}

/**
 * What was recorded of image-text matching. Tensors, by the place of a picture or a text in the
 * matches: `image_embeds.P` [1, N + 1, Dv], `query_output.P` [1, Q, Dq] without a text,
 * `image_vectors.P` [Q, D], `text.T` [D].
 */
export type ItmParity = {
  readonly name: ItmName
  readonly about: string
  readonly queryTokens: number
  /** Each picture with each text: `logits` before the softmax, no and yes. */
  readonly matches: readonly {
    readonly image: string
    readonly text: string
    readonly ids: readonly number[]
    readonly logits: readonly [number, number]
    readonly itm: number
    readonly itc: number
  }[]
  readonly tensors: Record<string, Tensor>
}

/** Everything recorded for a checkpoint of image-text matching. */
export function loadItm(name: ItmName): ItmParity {
  return load<ItmParity>(name)
}

/** What was recorded of a vision tower with layer scale, that no family has: test/reference/layer_scale.py. */
export function loadLayerScale(): {
  readonly name: string
  /** `pixel_values`, and `state.I` [B, N, D] after I layers, not normalized. */
  readonly tensors: Record<string, Tensor>
} {
  return load<{ readonly name: string; readonly tensors: Record<string, Tensor> }>('layer-scale')
}

/** Everything recorded for a checkpoint. */
export function loadParity(name: ParityName): Parity {
  return load<Parity>(name)
}

function load<Recorded extends { readonly tensors: Record<string, Tensor> }>(
  name: CheckpointName | PartName,
): Omit<Recorded, 'tensors'> & { readonly tensors: Record<string, Tensor> } {
  const file = path.join(FIXTURES, 'parity', name)
  const header: Omit<Recorded, 'tensors'> & {
    tensors: Record<string, { shape: number[]; offset: number }>
  } = JSON.parse(readFileSync(`${file}.json`, 'utf8'))
  const bytes = readFileSync(`${file}.bin`)
  const tensors: Record<string, Tensor> = {}
  for (const [tensor, { shape, offset }] of Object.entries(header.tensors)) {
    const length = shape.reduce((a, b) => a * b, 1)
    const copy = bytes.subarray(offset, offset + length * 4)
    tensors[tensor] = { shape, data: new Float32Array(new Uint8Array(copy).buffer) }
  }
  return { ...header, tensors }
}

/** One tensor by name. @throws {RangeError} if it was not recorded for this checkpoint. */
export function tensorOf(
  parity: { readonly name: string; readonly tensors: Record<string, Tensor> },
  name: string,
): Tensor {
  const tensor = parity.tensors[name]
  if (tensor === undefined) {
    throw new RangeError(`${parity.name} has no tensor ${name}`)
  }
  return tensor
}

/** Largest difference divided by the largest absolute value expected: the relative error of a seam. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`expected ${expected.length} numbers, got ${actual.length}`)
  }
  let worst = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    // Math.max keeps a NaN, so one cannot pass.
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return worst / largest
}
