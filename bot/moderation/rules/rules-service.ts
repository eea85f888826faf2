/** What the commands do with rules: set them up, test them on a picture, and tell how right they were. */

import { randomBytes } from 'node:crypto'
import { quoted } from '../../../commands/answer-text.ts'
import type { Rule } from '../../../commands/moderation/rule.ts'
import type {
  ModelLimits,
  RuleRecord,
  RuleScore,
  RulesService,
  RuleWish,
} from '../../../commands/moderation/rules-service.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import { InputError } from '../../../config/errors.ts'
import type { RequestOptions } from '../../../inference/contract/types.ts'
import type { AnyCard } from '../../../inference/package/model-card.ts'
import { scoringOf } from '../../../inference/package/serve-card.ts'
import { knownQuestion, knownText } from '../../../inference/text/known-question.ts'
import type { FetchPicture } from '../../pictures/download.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import type { CaseExecutor } from '../cases/executor.ts'
import { writeTerms } from '../words/terms.ts'
import { drawRuleChart } from './rule-chart.ts'
import { recordOf } from './rule-record.ts'
import type { RuleScores, ScoringModel } from './rule-scores.ts'
import type { RuleStore } from './rule-store.ts'
import { ruleOf } from './rule-subject.ts'

type Deps = Pick<RulesService, 'dropped' | 'unknown'> & {
  readonly ruleStore: RuleStore
  readonly scores: RuleScores
  readonly model: ScoringModel
  readonly pictures: Pictures
  readonly executor: CaseExecutor
  /** Downloads a file of words, which is not a picture. */
  readonly fetchPicture: FetchPicture
  /** How a model is asked for a server. */
  readonly options: (guildId: string) => RequestOptions
}

export function rulesService(deps: Deps): RulesService {
  const { model, ruleStore, dropped, unknown } = deps
  return {
    limits: () => limitsOf(model.card, knownQuestion),
    matchLimits: () => model.matcher && limitsOf(model.matcher, knownText),
    list: (guildId) => ruleStore.of(guildId),
    dropped,
    unknown,
    put: (guildId, wish) => put(deps, guildId, wish),
    words: (guildId, name) => wordsOf(deps, guildId, name),
    remove: (guildId, name) => ruleStore.remove(guildId, name),
    test: (guildId, picture) => test(deps, guildId, picture),
    stats: async (guildId, name) => record(deps, guildId, await ruleStore.named(guildId, name)),
    chart: ({ reviewed, rule }, words) => drawRuleChart({ reviewed, rule, words }),
  }
}

/** What rules may ask, as the card says. */
function limitsOf(card: AnyCard, known: typeof knownQuestion | typeof knownText): ModelLimits {
  const { languages, domain } = card
  return {
    languages,
    knows: domain?.knows ?? null,
    onlyAnswers: scoringOf(card) === 'answer',
    unknownWords: (text) => known(card, text).unknown,
  }
}

async function put({ ruleStore, fetchPicture }: Deps, guildId: string, wish: RuleWish) {
  const rules = await ruleStore.of(guildId)
  const existing = rules.find(({ name }) => name.toLowerCase() === wish.name.toLowerCase())
  const rule = await ruleOf(wish, existing, fetchPicture)
  const outcome = await ruleStore.put(guildId, rule, randomBytes(6).toString('hex'))
  return { outcome, rule: await ruleStore.named(guildId, wish.name) }
}

/** @throws {InputError} if there is no rule by words of that name. */
async function wordsOf({ ruleStore }: Deps, guildId: string, name: string): Promise<string> {
  const rule = await ruleStore.named(guildId, name)
  if (rule.kind !== 'words') {
    throw new InputError('rule/no-words', { name: quoted(rule.name) })
  }
  return writeTerms(rule.terms)
}

/** @throws {InputError} if no rule has a score: the model knows no such pictures, or there is none. */
async function test(
  { ruleStore, scores: ruleScores, pictures, model, options }: Deps,
  guildId: string,
  picture: FoundPicture,
): Promise<readonly RuleScore[]> {
  await pictures.fingerprint(picture) // as posted pictures are decoded, or it cannot be
  // A person waits for this.
  const rules = await ruleStore.of(guildId)
  const scores = await ruleScores.of(picture, rules, options(guildId))
  if (scores.length > 0 && scores.every(({ score }) => score === null)) {
    throw whyUnjudged(model, rules)
  }
  return scores
}

function whyUnjudged({ card, matcher }: ScoringModel, rules: readonly Rule[]): InputError {
  if (!rules.every(({ kind }) => kind === 'match')) {
    return new InputError('rule/outside-domain', { knows: card.domain?.knows ?? null })
  }
  return matcher === null
    ? new InputError('rule/no-matcher')
    : new InputError('match/outside-domain', { knows: matcher.domain?.knows ?? null })
}

async function record({ executor }: Deps, guildId: string, rule: Rule): Promise<RuleRecord> {
  const { records } = executor
  const judged = await records.ofJudgedRule(guildId, rule.id)
  return { ...recordOf(rule, judged), hits: await records.countOfRule(guildId, rule.id) }
}
