/** The message of a case in the log channel. Its text and reasons stay after a decision. */

import { ButtonStyle, ComponentType, SnowflakeUtil, time } from 'discord.js'
import { MAX_CONTENT, quoted } from '../../../commands/answer-text.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { CASE_DECISIONS, caseCustomId } from '../../discord/custom-id.ts'
import { allows, type Case, ITSELF, type Step } from './case.ts'
import { NEEDED_WEIGHT, type Reason, weightOf } from '../hashes/reasons.ts'

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
  const { case: words, buttons } = text.moderation
  const { id, state, memberId, joinedAt, captions, steps, reasons, events, appeal } = record
  const status = record.automatic && state === 'confirmed' ? words.automatic : words.states[state]
  const made = time(Math.floor(SnowflakeUtil.timestampFrom(memberId) / 1000), 'R')
  const joined = joinedAt === null ? '' : words.joined(time(Math.floor(joinedAt / 1000), 'R'))
  return [
    `${words.title(id)} — ${status}`,
    words.member(`<@${memberId}>`, memberId, made, joined),
    whereLine(record, words),
    ...seenLines(captions, steps, words),
    words.why(weightOf(reasons), NEEDED_WEIGHT),
    ...reasons.map((reason) => `- ${reasonLine(reason, text)} (+${reason.weight})`),
    ...doneLines(record, words),
    ...events.flatMap(({ at, by, what }) =>
      what === 'appeal'
        ? []
        : [
            words.by(
              buttons[what],
              by === ITSELF ? words.itself : `<@${by}>`,
              time(Math.floor(at / 1000), 'R'),
            ),
          ],
    ),
    ...(appeal === null ? [] : [words.appeal(quoted(appeal, MAX_APPEAL))]),
  ]
}

type CaseWords = Catalog['moderation']['case']

function whereLine({ guildId, copies }: Case, words: CaseWords): string {
  const links = copies
    .slice(0, SHOWN_COPIES)
    .map((copy) => `<#${copy.channelId}> ${linkTo(guildId, copy)}`)
  const more = copies.length > SHOWN_COPIES ? words.more(copies.length - SHOWN_COPIES) : ''
  return words.where(links.join(', ') + more, copies.length)
}

function seenLines(
  captions: readonly string[],
  steps: readonly Step[],
  words: CaseWords,
): string[] {
  const waits = steps.some(({ id, done }) => id === 'describe' && !done)
  if (waits) {
    return [words.looking]
  }
  return captions.map((caption) => words.sees(quoted(caption, MAX_CAPTION) || words.noWords))
}

function reasonLine(reason: Reason, text: Catalog): string {
  const { kind, count = 0, seconds = 0, by = '' } = reason
  const words = text.moderation.case
  switch (kind) {
    case 'rule':
      return text.moderationRules.reason(quoted(reason.name ?? ''), reason.score ?? 0)
    case 'burst':
      return words.reasons.burst(count, seconds)
    case 'marked':
    case 'reported':
      return words.reasons[kind](`<@${by}>`)
    default:
      return words.reasons[kind](count)
  }
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
  'unlist',
  'lift',
  'apologise',
] as const satisfies readonly (keyof CaseWords['steps'])[]

/** The steps that were carried out, and those that failed. */
function doneLines({ steps, timeoutUntil }: Case, words: CaseWords): string[] {
  const succeeded = (name: string) =>
    steps.some(({ id, done, problem }) => id === name && done && !problem)
  const deletions = steps.filter(({ id }) => id.startsWith('delete/'))
  const deleted = deletions.filter(
    ({ done, problem }) => done && (problem === null || problem === 'gone'),
  )
  const until = time(Math.floor((timeoutUntil ?? 0) / 1000), 'f')
  const problems = new Set(
    steps.flatMap(({ id, problem }) => {
      const name = STEPS.find((one) => one === id.split('/')[0]) ?? 'post'
      const silent = problem === null || (name === 'delete' && problem === 'gone')
      return silent ? [] : [words.not(words.steps[name], words.problems[problem])]
    }),
  )
  return [
    ...(succeeded('list') ? [words.listed] : []),
    ...(succeeded('allow') ? [words.allowed] : []),
    ...(deletions.length > 0 ? [words.deleted(deleted.length, deletions.length)] : []),
    ...(succeeded('timeout') ? [words.timedOut(until)] : []),
    ...(succeeded('tell') ? [words.told] : []),
    ...(succeeded('unlist') ? [words.unlisted] : []),
    ...(succeeded('lift') ? [words.lifted] : []),
    ...(succeeded('apologise') ? [words.apologised] : []),
    ...problems,
  ]
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

/** The direct message to the member, with a button to appeal once. */
export function tellingBody(
  record: Case,
  server: string,
  { moderation: { told, buttons } }: Catalog,
) {
  const { timeoutUntil } = record
  const until =
    timeoutUntil === null ? [] : [told.until(time(Math.floor(timeoutUntil / 1000), 'R'))]
  return {
    content: [told.removed(quoted(server)), ...until, told.answer].join('\n\n'),
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Secondary,
            label: buttons.appeal,
            custom_id: caseCustomId(record, 'appeal'),
          },
        ],
      },
    ],
    allowed_mentions: { parse: [] },
  }
}
