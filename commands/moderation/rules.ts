/** Answers `/moderation rule …` and `/moderation reposts`, whose options are in rule-options.ts. */

import { AttachmentBuilder, type ChatInputCommandInteraction } from 'discord.js'
import { InputError } from '../../config/errors.ts'
import {
  DEFAULT_PRECISION,
  MAX_RULES,
  MIN_REVIEWED,
  type Rule,
  RULE_ACTIONS,
  RULE_LIMITS,
  topScore,
  WORD_LISTS,
} from './rule.ts'
import type { Catalog } from '../i18n/words.ts'
import { MAX_CONTENT, plainText, quoted, shortened } from '../answer-text.ts'
import type { RuleRecord, RuleScore, RulesService, RuleSubject, RuleWish } from './rules-service.ts'
import { isRefused, problemsOf, type QuestionProblem, textProblemsOf } from './rule-question.ts'
import type { SubcommandAnswer, SubcommandContext } from '../definition/subcommand.ts'
import { termsText } from './terms-text.ts'

/** Terms of one rule that a test names. */
const MAX_SHOWN_TERMS = 12

/** Whether a subcommand changes rules, so that only managers may use it. */
export function changesRules(name: string): boolean {
  return name === 'add' || name === 'remove'
}

/** `/moderation rule NAME` */
export async function runRule(context: SubcommandContext, name: string): Promise<SubcommandAnswer> {
  const { interaction, services, text, guildId } = context
  const { rules } = services.moderation
  const words = text.moderationRules
  const ruleName = () => interaction.options.getString('name', true)
  switch (name) {
    case 'add':
      return { content: await add(context) }
    case 'remove':
      if (!(await rules.remove(guildId, ruleName()))) {
        throw new InputError('rule/unknown', { name: quoted(ruleName()) })
      }
      return { content: words.removed }
    case 'test':
      return { content: await test(context) }
    case 'words':
      return exported(context)
    case 'stats':
      return stats(await rules.stats(guildId, ruleName()), context)
    default:
      return { content: await list(context) }
  }
}

/** `/moderation reposts` */
export async function runReposts(context: SubcommandContext): Promise<SubcommandAnswer> {
  const { interaction, services, text, guildId } = context
  const { id } = interaction.options.getChannel('channel', true)
  const on = await services.moderation.duplicatePosts.toggle(guildId, id)
  const { reposts } = text.moderationRules
  return { content: on ? reposts.on(`<#${id}>`) : reposts.off(`<#${id}>`) }
}

async function add({ interaction, services, text, guildId }: SubcommandContext): Promise<string> {
  const words = text.moderationRules
  const { rules } = services.moderation
  const wish = wishOf(interaction)
  const { subject } = wish
  const problems = subject === null ? [] : problemsWith(subject, rules)
  const refused = problems.find(isRefused)
  if (refused) {
    throw refusalOf(refused)
  }
  const { outcome, rule } = await rules.put(guildId, wish)
  const name = quoted(wish.name)
  const { onlyAnswers } = rules.limits()
  const { knows } = (rule.kind === 'match' ? rules.matchLimits() : rules.limits()) ?? {
    knows: null,
  }
  return [
    words[outcome](name),
    ...(wish.action === 'remove' ? [words.mayRemove(MIN_REVIEWED, wish.precision)] : []),
    ...problems.flatMap((problem) => {
      const { warnings } = words
      return problem.kind === 'meaning'
        ? [warnings.meaning(problem.word)]
        : problem.kind === 'start'
          ? [warnings.start]
          : []
    }),
    ...(onlyAnswers && rule.kind === 'question' ? [words.warnings.onlyAnswers] : []),
    ...(knows && rule.kind !== 'words' ? [words.warnings.onlyKnows(knows)] : []),
    words.offerTest(wish.name.replaceAll('`', '')),
  ].join('\n')
}

/** @throws {InputError} if it needs a model that is not there. */
function problemsWith(
  subject: RuleSubject,
  { limits, matchLimits }: Pick<RulesService, 'limits' | 'matchLimits'>,
): QuestionProblem[] {
  if (subject.kind === 'question') {
    const { languages, unknownWords } = limits()
    return problemsOf(subject.question, languages, unknownWords(subject.question))
  }
  if (subject.kind === 'words') {
    return []
  }
  const matching = matchLimits()
  if (matching === null) {
    throw new InputError('rule/no-matcher')
  }
  return textProblemsOf(subject.text, matching.languages, matching.unknownWords(subject.text))
}

function refusalOf(problem: QuestionProblem): InputError {
  switch (problem.kind) {
    case 'language':
      return new InputError('rule/language', { languages: problem.languages })
    case 'words':
      return new InputError('rule/words', { words: problem.words })
    case 'open':
      return new InputError('rule/open-question')
    default:
      return new InputError('rule/no-question')
  }
}

function wishOf({ options, guild }: ChatInputCommandInteraction): RuleWish {
  const name = options.getString('name', true).trim()
  if (name === '') {
    throw new InputError('rule/empty-name')
  }
  const mentioned = options.getString('channels')
  const channels = [...(mentioned ?? '').matchAll(/<#(\d{15,20})>/g)]
    .map(([, id = '']) => id)
    .filter((id, i, all) => guild?.channels.cache.has(id) === true && all.indexOf(id) === i)
    .slice(0, RULE_LIMITS.channels.max)
  if (mentioned !== null && channels.length === 0) {
    throw new InputError('rule/no-channels')
  }
  return {
    name,
    subject: subjectOf(options),
    threshold: options.getNumber('threshold'),
    action: RULE_ACTIONS.find((one) => one === options.getString('action')) ?? 'flag',
    precision: (options.getNumber('precision') ?? DEFAULT_PRECISION) / 100,
    timeoutMinutes: options.getInteger('timeout') ?? 0,
    channels,
    ageRestricted: options.getBoolean('age-restricted') ?? false,
  }
}

/** @returns null if it says nothing. */
function subjectOf(options: ChatInputCommandInteraction['options']): RuleSubject | null {
  const question = options.getString('question')?.trim() ?? null
  const words = options.getString('words')
  const file = options.getAttachment('file')
  const list = WORD_LISTS.find((one) => one === options.getString('list')) ?? null
  const match = options.getString('match')?.trim() ?? null
  const hasWords = words !== null || file !== null || list !== null
  if ([question !== null, match !== null, hasWords].filter(Boolean).length > 1) {
    throw new InputError('rule/two-subjects')
  }
  if (match !== null) {
    return { kind: 'match', text: match }
  }
  return question !== null
    ? { kind: 'question', question }
    : hasWords
      ? { kind: 'words', list, file, words: words ?? '' }
      : null
}

async function list({ services, text, guildId }: SubcommandContext): Promise<string> {
  const { rules } = services.moderation
  const all = await rules.list(guildId)
  const words = text.moderationRules
  if (all.length === 0) {
    return text.errors['rule/none']
  }
  const dropped = rules.dropped(guildId)
  const unknown = rules.unknown(guildId)
  return [
    words.title(all.length, MAX_RULES),
    ...all.map((rule) =>
      words.line(
        quoted(rule.name),
        whatOf(rule, text),
        words.scores[rule.kind](rule.threshold),
        words.actionShort[rule.action],
        whereOf(rule, text),
      ),
    ),
    ...(dropped > 0 ? [words.dropped(dropped)] : []),
    ...(unknown > 0 ? [words.unknownPictures(unknown)] : []),
    ...(rules.matchLimits() === null && all.some(({ kind }) => kind === 'match')
      ? [text.errors['rule/no-matcher']]
      : []),
  ].join('\n')
}

/** What a rule looks for, in a few words. */
function whatOf(rule: Rule, { moderationRules: words }: Catalog): string {
  switch (rule.kind) {
    case 'words':
      return words.whatWords(rule.terms.length)
    case 'match':
      return words.whatMatch(quoted(rule.text))
    default:
      return words.whatQuestion(quoted(rule.question))
  }
}

/** `/moderation rule words` */
async function exported({
  interaction,
  services,
  text,
  guildId,
}: SubcommandContext): Promise<SubcommandAnswer> {
  const { rules } = services.moderation
  const name = interaction.options.getString('name', true)
  const file = await rules.words(guildId, name)
  const terms = file.split('\n').length - 1
  return {
    content: text.moderationRules.exported(quoted(name), terms),
    files: [new AttachmentBuilder(Buffer.from(file), { name: 'words.txt' })],
  }
}

function whereOf(
  { channels, ageRestricted }: Pick<Rule, 'channels' | 'ageRestricted'>,
  { moderationRules: words }: Catalog,
): string {
  const everywhere = ageRestricted ? words.everywhereToo : words.everywhere
  return channels.length === 0 ? everywhere : channels.map((id) => `<#${id}>`).join(' ')
}

async function test({ interaction, services, text, guildId }: SubcommandContext): Promise<string> {
  const words = text.moderationRules
  const picture = services.pictureOf(interaction.options.getAttachment('image', true))
  const name = interaction.options.getString('name')?.trim().toLowerCase()
  const all = await services.moderation.rules.test(guildId, picture)
  const scored = all.filter(({ rule }) => name === undefined || rule.name.toLowerCase() === name)
  if (name !== undefined && scored.length === 0) {
    throw new InputError('rule/unknown', { name: quoted(name) })
  }
  if (scored.length === 0) {
    return text.errors['rule/none']
  }
  const hasMatcher = services.moderation.rules.matchLimits() !== null
  const lines = scored.map((score) =>
    score.rule.kind === 'match' && !hasMatcher
      ? words.tested.noMatcher(quoted(score.rule.name))
      : testedLine(score, text),
  )
  return shortened([words.testTitle, ...lines].join('\n'), MAX_CONTENT)
}

function testedLine({ rule, score, terms }: RuleScore, { moderationRules }: Catalog): string {
  const { tested: words } = moderationRules
  const name = quoted(rule.name)
  const { threshold, kind } = rule
  if (score === null) {
    return words.outside(name)
  }
  const isHit = score >= threshold
  return kind === 'words'
    ? words.words(name, score, threshold, isHit, termsText(terms.slice(0, MAX_SHOWN_TERMS)))
    : words[kind](name, score, threshold, isHit)
}

async function stats(
  record: RuleRecord,
  { services, text }: SubcommandContext,
): Promise<SubcommandAnswer> {
  const { stats: words, scores } = text.moderationRules
  const { rule, hits, confirmed, dismissed, counted, precision, suggested, earned } = record
  const may = earned ? words.earned : words.notEarned
  const content = [
    words.title(quoted(rule.name), whatOf(rule, text)),
    words.counts(hits, confirmed, dismissed, hits - confirmed - dismissed),
    precision === null
      ? words.unknown
      : words.precision(precision.share, precision.low, precision.high, counted),
    suggested === null
      ? words.noSuggestion(MIN_REVIEWED, rule.precision)
      : words.suggested(scores[rule.kind](suggested), rule.precision),
    rule.action === 'remove' ? may : words.onlyFlags,
  ].join('\n')
  const chart = await services.moderation.rules.chart(record, {
    ...words.chart,
    across: words.chart.across[rule.kind],
    right: words.right,
    wrong: words.wrong,
    title: words.chart.title(plainText(rule.name)),
  })
  const description = words.alt(binsOf(record) || words.noBins)
  return { content, files: [new AttachmentBuilder(chart, { name: 'rule.png', description })] }
}

/** The chart in words: `90–100%: 12/1`, or by points `10–12: 12/1`. */
function binsOf({ rule, reviewed }: RuleRecord): string {
  const top = topScore(rule, reviewed)
  const step = rule.kind === 'words' ? top / 10 : 10
  const unit = rule.kind === 'words' ? '' : '%'
  return Array.from({ length: 10 }, (_, i) => {
    const here = reviewed.filter(({ score }) => Math.min(9, Math.floor((score / top) * 10)) === i)
    const right = here.filter((one) => one.right).length
    return here.length === 0
      ? ''
      : `${i * step}–${(i + 1) * step}${unit}: ${right}/${here.length - right}`
  })
    .filter((bin) => bin !== '')
    .join(', ')
}
