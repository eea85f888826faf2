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
} from './rule.ts'
import type { Catalog } from '../i18n/words.ts'
import { plainText, quoted } from '../answer-text.ts'
import type { RuleRecord, RuleWish } from './rules-service.ts'
import { isRefused, problemsOf, type QuestionProblem } from './rule-question.ts'
import type { SubcommandAnswer, SubcommandContext } from '../definition/subcommand.ts'

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
  const { languages, knows, unknownWords } = rules.limits()
  const problems = problemsOf(wish.question, languages, unknownWords(wish.question))
  const refused = problems.find(isRefused)
  if (refused) {
    throw refusalOf(refused)
  }
  const outcome = await rules.put(guildId, wish)
  const name = quoted(wish.name)
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
    ...(knows ? [words.warnings.onlyKnows(knows)] : []),
    words.offerTest(wish.name.replaceAll('`', '')),
  ].join('\n')
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
    question: options.getString('question', true).trim(),
    threshold: options.getNumber('threshold', true) / 100,
    action: RULE_ACTIONS.find((one) => one === options.getString('action')) ?? 'flag',
    precision: (options.getNumber('precision') ?? DEFAULT_PRECISION) / 100,
    timeoutMinutes: options.getInteger('timeout') ?? 0,
    channels,
    ageRestricted: options.getBoolean('age-restricted') ?? false,
  }
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
    ...all.map(({ name, question, threshold, action, ...where }) =>
      words.line(
        quoted(name),
        quoted(question),
        threshold,
        words.actionShort[action],
        whereOf(where, text),
      ),
    ),
    ...(dropped > 0 ? [words.dropped(dropped)] : []),
    ...(unknown > 0 ? [words.unknownPictures(unknown)] : []),
  ].join('\n')
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
  const lines = scored.map(({ rule: { name, threshold }, score }) =>
    words.tested(quoted(name), score, threshold, score >= threshold),
  )
  return [words.testTitle, ...lines].join('\n')
}

async function stats(
  record: RuleRecord,
  { services, text }: SubcommandContext,
): Promise<SubcommandAnswer> {
  const { stats: words } = text.moderationRules
  const { rule, hits, confirmed, dismissed, counted, precision, suggested, earned } = record
  const may = earned ? words.earned : words.notEarned
  const content = [
    words.title(quoted(rule.name), quoted(rule.question)),
    words.counts(hits, confirmed, dismissed, hits - confirmed - dismissed),
    precision === null
      ? words.unknown
      : words.precision(precision.share, precision.low, precision.high, counted),
    suggested === null
      ? words.noSuggestion(MIN_REVIEWED, rule.precision)
      : words.suggested(suggested, rule.precision),
    rule.action === 'remove' ? may : words.onlyFlags,
  ].join('\n')
  const chart = await services.moderation.rules.chart(record, {
    ...words.chart,
    right: words.right,
    wrong: words.wrong,
    title: words.chart.title(plainText(rule.name)),
  })
  const description = words.alt(binsOf(record) || words.noBins)
  return { content, files: [new AttachmentBuilder(chart, { name: 'rule.png', description })] }
}

/** The chart in words: `90–100%: 12/1`. */
function binsOf({ reviewed }: RuleRecord): string {
  return Array.from({ length: 10 }, (_, i) => {
    const here = reviewed.filter(({ score }) => Math.min(9, Math.floor(score * 10)) === i)
    const right = here.filter((one) => one.right).length
    return here.length === 0 ? '' : `${i * 10}–${i * 10 + 10}%: ${right}/${here.length - right}`
  })
    .filter((bin) => bin !== '')
    .join(', ')
}
