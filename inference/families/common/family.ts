/**
 * A model family: what differs between kinds of vision-language models, and nothing else. Each has
 * a folder beside this one and a line in families/index.ts; the rest of the program knows only this
 * file and runner.ts.
 */

import type { z } from 'zod'
import type { Storage } from '../../blocks/layers.ts'
import type { LayeredTower } from '../../blocks/vision/layered-tower.ts'
import type { DecodingCall } from '../../image/decoding/job.ts'
import type { PixelSpec, PixelValues, Preprocessing } from '../../image/pixel-values.ts'
import type { Detail } from '../../image/tiles.ts'
import type { KvCaches, KvShape } from '../../kv/kv-cache.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { BaseCard } from './card-base.ts'
import type { TemplateGap } from './chat-template.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { Encode, Turn } from '../../text/prompt.ts'
import type { Matcher, ModelRunner } from './runner.ts'

/** Folders of a checkpoint, by what a family reads from them. */
export type CheckpointPlaces = {
  /** config.json, whose `model_type` is the family's. */
  readonly config: string
  /** The settings of the image processor. */
  readonly preprocessing: string
  readonly tokenizer: string
}

export type Family = {
  /** The `family` of its cards. */
  readonly name: string
  /** What older packages call it. */
  readonly formerNames: readonly string[]
  /** Folders of a checkpoint that have further tokenizers. Default: none. */
  readonly tokenizerFolders?: readonly string[]
  /** The schema of its cards; it also reads those of older packages. */
  readonly card: z.ZodType<BaseCard>
  /** The `model_type` of its config.json. */
  readonly modelType: string
  /** The class in `architectures` there, where families share the type. Absent: all other classes. */
  readonly architecture?: string
  /**
   * Reads the small files of a checkpoint.
   *
   * @param problems gets a sentence for everything that cannot be converted; null then.
   */
  read(folders: CheckpointPlaces, problems: string[]): FamilyCheckpoint | null
  /**
   * Most pictures that a prompt can have. Absent: one; and one it must be where the bridge reads the
   * prompt.
   *
   * @param detail of each of them.
   */
  pictures?(card: BaseCard, detail: Detail): number
  /** Its models were trained on instructions, not on captions and short answers alone. Default false. */
  readonly followsInstructions?: boolean
  /** The text of a question after past turns, oldest first, in the card's format. */
  questionText(card: BaseCard, question: string, history: readonly Turn[]): string
  /** @throws {ConfigError} if the card and the graphs contradict each other. */
  open(card: BaseCard, parts: RunnerParts): Promise<ModelRunner>
  /**
   * Opens a matcher alone, for features that another model's vision tower makes. Absent: its models
   * compare no texts with pictures.
   *
   * @throws {ConfigError} if the card and the graphs contradict each other.
   */
  openMatcher?(card: BaseCard, parts: MatcherParts): Promise<Matcher>
}

/** A checkpoint whose small files are in order. */
export type FamilyCheckpoint = {
  readonly license: {
    /** For the person who pulls the model, after the license that it states; null: nothing to add. */
    readonly note: string | null
    /** What the card says where the checkpoint states no license. */
    readonly unstated: string
  }
  /** What the configuration says about the language model's token ids. */
  readonly tokens: {
    readonly bos?: number
    readonly pad?: number
    readonly vocabSize: number
    /** Stands for a picture in a prompt, where the tokenizer has to find it. */
    readonly image?: number
    /** transformers takes the steps of tokenizer.json as they are. Default false. */
    readonly isLiteral?: boolean
  }
  /**
   * Further tokenizers, by their files in the package: the folders that they are read from, in the
   * checkpoint or beside the main tokenizer, and how many ids the model has of them. Default: none.
   */
  readonly tokenizers?: Readonly<
    Record<string, { readonly folder: string; readonly vocabSize: number }>
  >
  /** The card's prompt formats; `sightseer.json` in the checkpoint may override each. */
  readonly prompts: Readonly<Record<string, string>>
  /** Where they are not those of the checkpoint's chat template. Absent: its models have none. */
  readonly templateGap?: TemplateGap | null
  /** What the graphs and the card will be. @param weights null: not there yet, so it is estimated. */
  plan(weights: WeightIndex | null, storages: Storages): FamilyPlan
}

/** Which tensors a checkpoint has. */
export type WeightIndex = {
  has(tensor: string): boolean
  /** Whether both are there and hold the same bytes. */
  equal(a: string, b: string): boolean
}

/** How the weights of each part are stored. */
export type Storages = {
  readonly vision: Storage
  readonly bridge: Storage
  readonly decoder: Storage
}

export type FamilyPlan = {
  /** By name, in the order in which a request needs them. */
  readonly graphs: Readonly<Record<string, GraphPlan>>
  /** What the family says on the card. */
  readonly card: Pick<BaseCard, 'family' | 'tokens' | 'defaults'> &
    Readonly<Record<string, unknown>>
  /** The card's `about` where the checkpoint has none of its own. @param name of the model. */
  about(name: string): string
  /** How to calibrate the vision tower with pictures. */
  readonly calibration: {
    readonly tower: LayeredTower
    readonly preprocessing: Preprocessing
  }
}

/**
 * Decodes a picture file, in another process.
 *
 * @throws {InputError} if the file cannot be used.
 * @throws the signal's reason once it is aborted.
 */
export type DecodePixels = (
  bytes: Uint8Array,
  spec: PixelSpec,
  call?: DecodingCall,
) => Promise<PixelValues>

/** What a matcher is made of. */
export type MatcherParts = Pick<RunnerParts, 'sessions' | 'encode'>

/** What a runner is made of. */
export type RunnerParts = {
  readonly sessions: Sessions
  /** Makes the place for the keys and values of a decoder. The runner closes it. */
  readonly openCaches: (shape: KvShape) => Promise<KvCaches>
  /** Most positions of a row in one run of a decoder; longer input is run in pieces. */
  readonly longestRun: number
  readonly encode: Encode
  /** Opens another tokenizer of the package. @param file its name. */
  readonly openTokenizer: (file: string) => Promise<Encode>
  readonly pixelValues: DecodePixels
}
