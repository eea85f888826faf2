/** The message of a case in the log channel. Its text and reasons stay after a decision. */

import { ButtonStyle, ComponentType, SnowflakeUtil, time } from 'discord.js'
import { MAX_CONTENT, quoted } from '../../../commands/answer-text.ts'
import { termsText } from '../../../commands/moderation/terms-text.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { CASE_DECISIONS, caseCustomId } from '../../discord/custom-id.ts'
import { allows } from './case.ts'
import { caseWordLines } from './case-words.ts'
import { type Case, ITSELF, type Step } from './case-record.ts'
import type { Reason } from '../hashes/reasons.ts'

const SHOWN_COPIES = 6
const MAX_CAPTION = 160
const MAX_APPEAL = 300

/** The URL of a message. */
export function linkTo(guildId: string, at: { channelId: string; messageId: string }): string {
  return `https://discord.com/channels/${guildId}/${at.channelId}/${at.messageId}`
}

/** The message body, without its files. */
export function caseBody(record: Case, text: Catalog) {
  return {
    content: caseLines(record, text).join('\n').slice(0, MAX_CONTENT),
    components: rows(record, text),
    allowed_mentions: { parse: [] },
  }
}

function caseLines(record: Case, text: Catalog): string[] {
  const { case: words } = text.moderation
  const { state, memberId, joinedAt, captions, steps, reasons } = record
  const status = record.automatic && state === 'confirmed' ? words.automatic : words.states[state]
  const made = time(Math.floor(SnowflakeUtil.timestampFrom(memberId) / 1000), 'R')
  const joined = joinedAt === null ? '' : words.joined(time(Math.floor(joinedAt / 1000), 'R'))
  const strongest = reasons.toSorted((a, b) => b.weight - a.weight)
  return [
    `${words.title(caseName(record))} — ${status}`,
    words.member(`<@${memberId}>`, memberId, made, joined),
    whereLine(record, words),
    ...seenLines(captions, steps, words),
    ...caseWordLines(record.words, text),
    words.why,
    ...strongest.map((reason) => `- ${reasonLine(reason, text)}`),
    ...(record.prints.length === 0 ? [words.onlyHere] : []),
    ...historyLines(record, text),
    ...problemLines(record, words),
  ]
}

/** What people call a case. */
export function caseName({ number, id }: Pick<Case, 'number' | 'id'>): string {
  return number === null ? id : String(number)
}

type CaseWords = Catalog['moderation']['case']

/** Discord shows the link of a message with the name of its channel. */
function whereLine({ guildId, copies }: Case, words: CaseWords): string {
  const links = copies.slice(0, SHOWN_COPIES).map((copy) => linkTo(guildId, copy))
  const more = copies.length > SHOWN_COPIES ? words.more(copies.length - SHOWN_COPIES) : ''
  return words.where(links.join(', ') + more, copies.length)
}

function seenLines(
  captions: readonly (string | null)[],
  steps: readonly Step[],
  words: CaseWords,
): string[] {
  const waits = steps.some(({ id, done }) => id === 'describe' && !done)
  if (waits) {
    return [words.looking]
  }
  return captions.map((caption) =>
    caption === null ? words.cannotSee : words.sees(quoted(caption, MAX_CAPTION) || words.noWords),
  )
}

function reasonLine(reason: Reason, text: Catalog): string {
  const { kind, count = 0, seconds = 0, by = '', words: compared = 'unread' } = reason
  const words = text.moderation.case
  switch (kind) {
    case 'rule':
      return ruleLine(reason, text)
    case 'burst':
      return words.reasons.burst(count, seconds)
    case 'hash':
      return words.reasons.hash(compared)
    case 'resembles':
      return words.reasons.resembles(count, compared)
    case 'marked':
    case 'reported':
      return words.reasons[kind](`<@${by}>`)
    default:
      return words.reasons[kind](count)
  }
}

function ruleLine(
  { name = '', score = 0, terms, text, count }: Reason,
  { moderationRules }: Catalog,
): string {
  if (text !== undefined) {
    return moderationRules.matchReason(quoted(name), score, quoted(text))
  }
  return terms === undefined
    ? moderationRules.reason(quoted(name), score)
    : moderationRules.wordsReason(quoted(name), score, termsText(terms), count ?? null)
}

const STEPS = [
  'post',
  'describe',
  'sweep',
  'delete',
  'timeout',
  'tell',
  'list',
  'allow',
  'sketch',
  'unlist',
  'lift',
  'apologise',
  'alert',
] as const satisfies readonly (keyof CaseWords['steps'])[]

/** Something that happened, and when, in milliseconds; null: older records do not say. */
type Entry = { readonly at: number | null; readonly line: string }

/** One line for each thing that people or the bot did, in order. What was undone is left out. */
function historyLines(record: Case, text: Catalog): string[] {
  return [...decisionsOf(record, text), ...doneOf(record, text.moderation.case)]
    .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
    .map(({ at, line }) => (at === null ? line : `${line} (${time(Math.floor(at / 1000), 'f')})`))
}

function decisionsOf({ events, appeal }: Case, { moderation }: Catalog): Entry[] {
  const { case: words, buttons } = moderation
  const answered = appeal === null ? [] : [words.appeal(quoted(appeal, MAX_APPEAL))]
  const isTimed = events.some(({ what }) => what === 'appeal')
  return [
    ...events.flatMap(({ at, by, what }) =>
      what === 'appeal'
        ? answered.map((line) => ({ at, line }))
        : [{ at, line: words.by(buttons[what], by === ITSELF ? words.itself : `<@${by}>`) }],
    ),
    ...(isTimed ? [] : answered.map((line) => ({ at: null, line }))),
  ]
}

/** What was carried out. */
function doneOf({ steps, timeoutUntil }: Case, words: CaseWords): Entry[] {
  const succeeded = (name: string) =>
    steps.find(({ id, done, problem }) => id === name && done && !problem)
  const until = time(Math.floor((timeoutUntil ?? 0) / 1000), 'f')
  const lines = [
    [succeeded('unlist') ? undefined : succeeded('list'), words.listed],
    [succeeded('unlist') ? undefined : succeeded('allow'), words.allowed],
    [succeeded('lift') ? undefined : succeeded('timeout'), words.timedOut(until)],
    [succeeded('tell'), words.told],
    [succeeded('unlist'), words.unlisted],
    [succeeded('lift'), words.lifted],
    [succeeded('apologise'), words.apologised],
  ] as const
  const deletions = steps.filter(({ id }) => id.startsWith('delete/'))
  const deleted = deletions.filter(
    ({ done, problem }) => done && (problem === null || problem === 'gone'),
  )
  const lastDeletion = deleted.findLast(({ at }) => at !== null)?.at ?? null
  return [
    ...(deletions.length > 0
      ? [{ at: lastDeletion, line: words.deleted(deleted.length, deletions.length) }]
      : []),
    ...lines.flatMap(([step, line]) => (step ? [{ at: step.at, line }] : [])),
  ]
}

/** The steps that failed. */
function problemLines({ steps }: Case, words: CaseWords): string[] {
  const lines = steps.flatMap(({ id, problem }) => {
    const name = STEPS.find((one) => one === id.split('/')[0]) ?? 'post'
    const silent = problem === null || (name === 'delete' && problem === 'gone')
    const isPosted = name === 'post' && problem === 'unsafe'
    const what = isPosted ? words.steps.evidence : words.steps[name]
    return silent ? [] : [words.not(what, words.problems[problem])]
  })
  return [...new Set(lines)]
}

const STYLES = {
  confirm: ButtonStyle.Danger,
  dismiss: ButtonStyle.Success,
  delete: ButtonStyle.Secondary,
  timeout: ButtonStyle.Secondary,
  undo: ButtonStyle.Secondary,
} as const

function rows(record: Case, { moderation: { buttons } }: Catalog): object[] {
  const acting = CASE_DECISIONS.map((action) => ({
    type: ComponentType.Button,
    style: STYLES[action],
    label: buttons[action],
    custom_id: caseCustomId(record, action),
    disabled: !allows(record, action),
  }))
  const history = {
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    label: buttons.history,
    custom_id: caseCustomId(record, 'history'),
  }
  return [
    { type: ComponentType.ActionRow, components: acting },
    { type: ComponentType.ActionRow, components: [history] },
  ]
}
