/**
 * `npm run pull` without a model: which ones are known, and what they need.
 *
 * Their kinds were compared with transformers with small random weights, none with published ones. Licenses
 * are those that the repositories state, and of a language model inside where that is stricter.
 */

import { totalmem } from 'node:os'
import { formatGb } from '../../../inference/download/disk.ts'
import { printJson } from '../run.ts'
import { botMemory } from './memory.ts'

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
   * tokens, of a SmolVLM 50 about a picture of one tile; null: not measured.
   */
  readonly secondsPerPicture: number | null
  /** The same for a picture that is cut into 13 tiles; null: the model cuts none, or it was not measured. */
  readonly secondsPerTiledPicture: number | null
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
  },
  {
    repository: 'llava-hf/llava-onevision-qwen2-0.5b-ov-hf',
    license: 'Apache-2.0',
    commercial: true,
    parameters: 894,
    packageBytes: 0.95e9,
    languages: EN_ZH,
    about: 'sees large pictures in detail',
    secondsPerPicture: null,
    secondsPerTiledPicture: null,
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
  },
]

/** Memory of a machine, or of what a container may use of it, in bytes. */
export type Memory = {
  readonly machineBytes: number
  /** What nothing uses now. */
  readonly freeBytes: number
}

/** What this process may use; a container's limit counts. */
function memoryHere(): Memory {
  const limit = process.constrainedMemory()
  const machineBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { machineBytes, freeBytes: Math.min(process.availableMemory(), machineBytes) }
}

/** A known model, and what it is on a machine. */
export type ListedModel = KnownModel & {
  /** Of a checkpoint with 16 bits a weight; one with 32 has twice as many. */
  readonly downloadBytes: number
  /** Of a busy bot with an int4 package, estimated. */
  readonly memoryBytes: number
  readonly fits: boolean
  readonly recommended: boolean
}

const CHECKPOINT_BYTES = 2

export function listedModels(memory: Memory): readonly ListedModel[] {
  const best = recommended(memory)
  return KNOWN_MODELS.map((model) => ({
    ...model,
    downloadBytes: model.parameters * 1e6 * CHECKPOINT_BYTES,
    memoryBytes: botMemory(model.packageBytes),
    fits: isWithin(memory.machineBytes, model),
    recommended: model === best,
  }))
}

/** The first that there is room for now; where there is for none, that the machine would have room for. */
export function recommended({ machineBytes, freeBytes }: Memory): KnownModel | null {
  return firstWithin(freeBytes) ?? firstWithin(machineBytes) ?? null
}

function firstWithin(bytes: number): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => isWithin(bytes, model))
}

function isWithin(bytes: number, { packageBytes }: KnownModel): boolean {
  return botMemory(packageBytes) <= bytes
}

/** @param json as one object. */
export function printKnownModels(json: boolean): void {
  const memory = memoryHere()
  if (json) {
    printJson({ ...memory, models: listedModels(memory) })
  } else {
    process.stdout.write(knownModelsText(memory))
  }
}

export function knownModelsText(memory: Memory): string {
  const models = listedModels(memory)
  const rows = models.map((model) => [
    model.repository,
    model.license,
    formatGb(model.downloadBytes),
    formatGb(model.packageBytes),
    `${formatGb(model.memoryBytes)}${model.fits ? '' : ' (!)'}`,
    seconds(model),
    model.languages.join(', '),
    model.about,
  ])
  const head = ['model', 'license', 'download', 'package', 'memory', 'a picture', 'languages', '']
  const best = models.find((model) => model.recommended)
  return `${aligned([head, ...rows])}
A download is one of 16 bits a weight; some checkpoints have 32, so twice as much. Packages are in int4. Memory is
that of a busy bot, estimated; (!) is more than the ${formatGb(memory.machineBytes)} of this machine, of which ${formatGb(memory.freeBytes)}
are free. Times are for a description of 21 tokens (SmolVLM2: 50, of a picture in one tile and in 13) on two
AVX-512 cores, not on this machine, with random weights of these shapes; ? was not measured. These kinds of models
were compared with transformers by small random weights. None was run with its published weights here.
${best === undefined ? '' : `\nFor this machine: npm run pull -- ${best.repository} --precision int4\n`}`
}

/** For example `1.7–11.4 s`. */
function seconds({ secondsPerPicture: one, secondsPerTiledPicture: tiled }: KnownModel): string {
  if (one === null) {
    return '?'
  }
  return tiled === null ? `${one} s` : `${one}–${tiled} s`
}

/** Columns as wide as their longest text. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((text, i) => text.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
