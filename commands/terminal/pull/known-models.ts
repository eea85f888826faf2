/**
 * Which models are known, and what they need.
 *
 * Their kinds were compared with transformers with small random weights, none with published ones. Licenses
 * are those that the repositories state, and of a language model inside where that is stricter.
 */

import { SHAPES } from './known-shapes.ts'
import type { Shape } from './picture-work.ts'

export type KnownModel = {
  readonly repository: string
  readonly license: string
  /** Whether the license allows commercial use; null: with conditions of its own. */
  readonly commercial: boolean | null
  /** Weights, in millions. */
  readonly parameters: number
  /**
   * Of an int4 package, in bytes: weights of the language model in 4 bits, of the vision tower in 8. Those of SmolVLM,
   * LLaVA and their kin, of instructblip-vicuna-7b and of the model for matching are what the converter estimates for their shapes.
   */
  readonly packageBytes: number
  /** What it reads and writes, as ISO 639 codes. */
  readonly languages: readonly string[]
  readonly about: string
  /**
   * To describe a picture with an int4 package on the two AVX-512 cores of bench/results/describe*.json, in seconds: 21
   * tokens, of a SmolVLM and a LLaVA-OneVision 50 about a picture of one tile; null: not measured.
   */
  readonly secondsPerPicture: number | null
  /** The same for a picture that is cut into 13 tiles; null: the model cuts none, or it was not measured. */
  readonly secondsPerTiledPicture: number | null
  readonly shape: Shape
}

const EN = ['en'] as const
const EN_ZH = ['en', 'zh'] as const

/** The first that fits the machine is recommended; so the one that writes no text is the last. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    repository: 'HuggingFaceTB/SmolVLM2-500M-Video-Instruct',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 507,
    packageBytes: 0.4e9,
    languages: EN,
    about: 'reads text, sees several pictures',
    secondsPerPicture: 1.7,
    secondsPerTiledPicture: 11.4,
    shape: SHAPES.smolvlm500m,
  },
  {
    repository: 'HuggingFaceTB/SmolVLM2-256M-Video-Instruct',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 256,
    packageBytes: 0.23e9,
    languages: EN,
    about: 'the smallest of its kind',
    secondsPerPicture: 1.4,
    secondsPerTiledPicture: 9.6,
    shape: SHAPES.smolvlm256m,
  },
  {
    repository: 'HuggingFaceTB/SmolVLM2-2.2B-Instruct',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 2250,
    packageBytes: 1.6e9,
    languages: EN,
    about: 'the same, larger',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.smolvlm2b,
  },
  {
    repository: 'llava-hf/llava-onevision-qwen2-0.5b-ov-hf',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 894,
    packageBytes: 0.95e9,
    languages: EN_ZH,
    about: 'sees large pictures in detail',
    secondsPerPicture: 4.6,
    secondsPerTiledPicture: 53.9,
    shape: SHAPES.onevision05b,
  },
  {
    repository: 'llava-hf/llava-onevision-qwen2-7b-ov-hf',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 8030,
    packageBytes: 5.3e9,
    languages: EN_ZH,
    about: 'the same, larger; slow',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.onevision7b,
  },
  {
    repository: 'Salesforce/instructblip-flan-t5-xl',
    license: 'MIT',
    commercial: true,
    parameters: 4020,
    packageBytes: 3e9,
    languages: EN,
    about: 'short answers',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.flanT5,
  },
  {
    repository: 'Salesforce/blip2-flan-t5-xl',
    license: 'MIT',
    commercial: true,
    parameters: 3940,
    packageBytes: 3e9,
    languages: EN,
    about: 'short answers and captions',
    secondsPerPicture: 2.2,
    secondsPerTiledPicture: null,
    shape: SHAPES.flanT5,
  },
  {
    repository: 'Salesforce/blip2-opt-2.7b',
    license: 'MIT; OPT: research only',
    commercial: false,
    parameters: 3740,
    packageBytes: 3.1e9,
    languages: EN,
    about: 'captions',
    secondsPerPicture: 1.7,
    secondsPerTiledPicture: null,
    shape: SHAPES.opt,
  },
  {
    repository: 'HuggingFaceM4/Idefics3-8B-Llama3',
    license: 'Apache-2.0; Llama 3.1',
    commercial: null,
    parameters: 8460,
    packageBytes: 5.5e9,
    languages: EN,
    about: 'reads documents; slow',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.idefics3,
  },
  {
    repository: 'llava-hf/llava-1.5-7b-hf',
    license: 'Llama 2',
    commercial: null,
    parameters: 7060,
    packageBytes: 4.1e9,
    languages: EN,
    about: 'long answers; slow',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.llava7b,
  },
  {
    repository: 'Salesforce/instructblip-vicuna-7b',
    license: 'other; Vicuna: as its Llama',
    commercial: null,
    parameters: 7910,
    packageBytes: 5.2e9,
    languages: EN,
    about: 'short answers; slow',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.vicuna,
  },
  {
    repository: 'HuggingFaceM4/idefics-9b-instruct',
    license: 'other; LLaMA: research only',
    commercial: false,
    parameters: 8930,
    packageBytes: 5.5e9,
    languages: EN,
    about: 'conversations; slow',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.idefics,
  },
  {
    repository: 'Salesforce/blip2-itm-vit-g',
    license: 'MIT',
    commercial: true,
    parameters: 1170,
    packageBytes: 1.4e9,
    languages: EN,
    about: 'for matching, beside another model; writes no text',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
    shape: SHAPES.matching,
  },
]
