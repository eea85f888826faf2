/**
 * Merges the options of a request and the card's defaults to complete, validated settings.
 *
 * Defaults that no card states are here, and equal those of transformers' GenerationConfig.
 */

import { randomInt } from 'node:crypto'
import { InputError } from '../../config/errors.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { SettingProblem } from '../contract/errors.ts'
import type { GenerationOptions } from '../contract/types.ts'

export type GenerationSettings = Required<Omit<GenerationOptions, 'logprobs'>> & {
  /** Null: none are wanted. */
  readonly logprobs: number | null
}

type CardDefaults = ModelCard['defaults']['describe']

// Source: transformers 5.18.0, generation/configuration_utils.py, `GenerationConfig`.
const MAX_NEW_TOKENS = 20
const TOP_K = 50
/** Seeds are integers in [0, SEEDS). */
const SEEDS = 2 ** 32
/** As OpenAI's API has it. */
const MAX_LOGPROBS = 20
/** A limit on memory: each beam has its own KV cache. */
const MAX_BEAMS = 32

/**
 * Completes the options of a request.
 *
 * Options take precedence over the card's defaults. A request that sets `beams` or `sample` ignores
 * the card's search defaults except the length, so that `beams: 1` alone is plain greedy search.
 *
 * @param stopIds the model's stop ids, unless the options set others.
 * @throws {InputError} `generation/settings` with every option out of its range.
 */
export function resolveSettings(
  options: GenerationOptions,
  defaults: CardDefaults,
  stopIds: readonly number[],
): GenerationSettings {
  const searches = options.beams !== undefined || options.sample !== undefined
  const card: CardDefaults = searches ? { maxNewTokens: defaults.maxNewTokens } : defaults
  const settings: GenerationSettings = {
    maxNewTokens: options.maxNewTokens ?? card.maxNewTokens ?? MAX_NEW_TOKENS,
    minNewTokens: options.minNewTokens ?? card.minNewTokens ?? 0,
    beams: options.beams ?? card.beams ?? 1,
    lengthPenalty: options.lengthPenalty ?? card.lengthPenalty ?? 1,
    earlyStopping: options.earlyStopping ?? false,
    sample: options.sample ?? false,
    temperature: options.temperature ?? 1,
    topK: options.topK ?? TOP_K,
    topP: options.topP ?? 1,
    seed: options.seed ?? randomInt(SEEDS),
    repetitionPenalty: options.repetitionPenalty ?? card.repetitionPenalty ?? 1,
    noRepeatNgramSize: options.noRepeatNgramSize ?? card.noRepeatNgramSize ?? 0,
    stopIds: options.stopIds ?? stopIds,
    stopStrings: options.stopStrings ?? [],
    logprobs: options.logprobs ?? null,
  }
  check(settings)
  return settings
}

function check(settings: GenerationSettings): void {
  const problems: SettingProblem[] = []
  const whole = (name: keyof GenerationSettings, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const value = settings[name]
    if (
      typeof value !== 'number' ||
      !Number.isSafeInteger(value) ||
      value < least ||
      value > most
    ) {
      const range = most === Number.MAX_SAFE_INTEGER ? { least } : { least, most }
      problems.push({ setting: name, must: 'whole', ...range, value: String(value) })
    }
  }
  const positive = (name: keyof GenerationSettings) => {
    const value = settings[name]
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      problems.push({ setting: name, must: 'positive', value: String(value) })
    }
  }
  whole('maxNewTokens', 1)
  whole('minNewTokens', 0)
  whole('beams', 1, settings.logprobs === null ? MAX_BEAMS : 1)
  if (settings.logprobs !== null) {
    whole('logprobs', 0, MAX_LOGPROBS)
  }
  whole('topK', 0)
  whole('seed', 0, SEEDS - 1)
  whole('noRepeatNgramSize', 0)
  positive('temperature')
  positive('repetitionPenalty')
  if (!Number.isFinite(settings.lengthPenalty)) {
    const value = String(settings.lengthPenalty)
    problems.push({ setting: 'lengthPenalty', must: 'number', value })
  }
  if (!(settings.topP > 0 && settings.topP <= 1)) {
    problems.push({ setting: 'topP', must: 'share', value: String(settings.topP) })
  }
  if (settings.stopStrings.includes('')) {
    problems.push({ setting: 'stopStrings', must: 'text', value: '' })
  }
  if (problems.length > 0) {
    throw new InputError('generation/settings', { problems })
  }
}
