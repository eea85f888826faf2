/**
 * Reads a checkpoint's `config.json`: its shape, or every reason why it cannot be converted.
 *
 * Defaults are those of transformers 5.18, Blip2Config (models/blip_2/configuration_blip_2.py); of its
 * parts, see read-parts.ts, read-opt.ts and read-t5.ts.
 */

import type { Blip2Config } from './config.ts'
import type { Blip2Card } from './card.ts'
import type { LanguageConfig } from './language-config.ts'
import { readImageToken, readTextQformer, readVision } from './read-parts.ts'
import { LLAMA_KINDS, readLlama, readLlamaTokens } from '../common/read-llama.ts'
import { readOpt } from './read-opt.ts'
import { readT5 } from './read-t5.ts'
import { checkArchitecture, checkQuantization } from '../common/architecture.ts'
import { Fields, readJson } from '../common/read-json.ts'
import type { WeightIndex } from '../common/family.ts'
import { resolveTied } from '../common/ties.ts'

const CONFIG_FILE = 'config.json'

/** What differs between the kinds of models that are read here. */
export type ModelKind = {
  /** The classes with the same weights; the first is named where another one is refused. */
  readonly architectures: readonly string[]
  /** Whether the Q-Former reads the prompt, too. */
  readonly readsPrompt: boolean
}

export const BLIP2: ModelKind = {
  architectures: ['Blip2ForConditionalGeneration', 'Blip2Model'],
  readsPrompt: false,
}

/** Where older files of a T5 have its embeddings, when not once for both of its parts. */
const EMBED_COPIES = ['encoder', 'decoder'].map(
  (part) => `language_model.${part}.embed_tokens.weight`,
)

const LLAMA_PLACE = {
  module: 'language_model.model',
  headTensor: 'language_model.lm_head.weight',
} as const

export type CheckpointConfig = {
  /** Which language model it is. */
  readonly type: LanguageConfig['type']
  readonly model: Blip2Config
  readonly tokens: Blip2Card['tokens']
  /** config.json wants the logits made by the token embeddings. */
  readonly tied: boolean
}

/** Null, with the reasons in `problems`, where the checkpoint is not one we convert. */
export function readConfig(
  folder: string,
  problems: string[],
  kind: ModelKind = BLIP2,
): CheckpointConfig | null {
  const before = problems.length
  const json = readJson(folder, CONFIG_FILE, problems)
  if (json === null) {
    return null
  }
  const fields = new Fields(json, `${CONFIG_FILE}: `, problems)
  checkArchitecture(fields, kind.architectures)
  checkQuantization(fields)
  const text = readText(fields.section('text_config'))
  const reader = readTextQformer(
    fields.section('qformer_config'),
    fields.count('num_query_tokens', 32),
  )
  const { vocab, maxPositions, ...qformer } = reader
  const config = {
    type: text.type,
    model: {
      vision: readVision(fields.section('vision_config')),
      qformer,
      instruction: kind.readsPrompt ? { vocab, maxPositions } : null,
      text: text.model,
    },
    tokens: { ...text.tokens, image: readImageToken(fields) },
    tied: text.tied,
  }
  return problems.length === before ? config : null
}

/**
 * Decides which tensors embed tokens and make the logits.
 *
 * @param weights null where there are none yet: then they are tied as config.json says.
 */
export function resolveTies(config: CheckpointConfig, weights: WeightIndex | null): Blip2Config {
  const { model } = config
  // A T5's are tied whatever config.json says, unless the weights have another head.
  const tied = config.tied || (model.text.kind === 't5' && weights !== null)
  const { headTensor } = model.text
  let { embedTensor } = model.text
  if (weights !== null && !weights.has(embedTensor)) {
    embedTensor = EMBED_COPIES.find((copy) => weights.has(copy)) ?? embedTensor
  }
  const tensors = resolveTied({ embedTensor, headTensor }, tied, weights)
  return { ...model, text: { ...model.text, ...tensors } }
}

/** @returns what the language model's own file reads, and whether its embeddings are tied. */
function readText(fields: Fields): LanguageConfig {
  const type = fields.json['model_type'] ?? 'opt'
  if (type === 't5') {
    return readT5(fields)
  }
  const llama = LLAMA_KINDS.find((kind) => kind === type)
  if (llama !== undefined) {
    return {
      type: llama,
      model: { kind: 'llama', ...readLlama(fields, LLAMA_PLACE, llama) },
      tokens: readLlamaTokens(fields),
      tied: fields.flag('tie_word_embeddings', false),
    }
  }
  if (type !== 'opt') {
    const names = ['opt', 't5', ...LLAMA_KINDS].map((kind) => `"${kind}"`).join(', ')
    fields.problem(
      'model_type',
      `is ${JSON.stringify(type)}; supported language models are ${names}.`,
    )
    return readOpt(new Fields({}, '', []))
  }
  return readOpt(fields)
}
