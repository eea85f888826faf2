/** A case as staff see it in the log channel. It keeps its text and reasons whatever is decided. */

import { ButtonStyle, ComponentType, SnowflakeUtil, time } from 'discord.js'
import { escaped, MAX_CONTENT, shortened } from '../../../commands/answer-text.ts'
import type { Catalogue } from '../../../commands/i18n/words.ts'
import { ACTIONS, allows, type Case, ITSELF, type Step } from './case.ts'
import { NEEDED_WEIGHT, type Reason, weightOf } from '../hashes/reasons.ts'

const VERSION = 'mod1'
const SHOWN_COPIES = 6
const MAX_CAPTION = 160
const MAX_APPEAL = 300

/** What can be pressed. */
const BUTTONS = [...ACTIONS, 'history', 'enforce', 'appeal', 'form'] as const
export type Button = (typeof BUTTONS)[number]

/** The id of a button, which names its case. */
export function buttonId({ guildId, id }: Pick<Case, 'guildId' | 'id'>, button: Button): string {
  return [VERSION, guildId, id, button].join(':')
}

/** @returns null for an id that is none of ours. */
export function readButtonId(customId: string) {
  const [version, guildId, id, name, ...rest] = customId.split(':')
  const button = BUTTONS.find((one) => one === name)
  return version === VERSION && guildId && id && button && rest.length === 0
    ? { guildId, id, button }
    : null
}

/** Where a message is, for a reader. */
export function linkTo(guildId: string, at: { channelId: string; messageId: string }): string {
  return `https://discord.com/channels/${guildId}/${at.channelId}/${at.messageId}`
}

/** The message body, without its files. */
export function caseBody(found: Case, text: Catalogue) {
  return {
    content: caseLines(found, text).join('\n').slice(0, MAX_CONTENT),
    components: rows(found, text),
    allowed_mentions: { parse: [] },
  }
}

function caseLines(found: Case, text: Catalogue): string[] {
  const { case: words, buttons } = text.moderation
  const { id, state, memberId, joinedAt, captions, steps, reasons, events, appeal } = found
  const status = found.automatic && state === 'confirmed' ? words.automatic : words.states[state]
  const made = time(Math.floor(SnowflakeUtil.timestampFrom(memberId) / 1000), 'R')
  const joined = joinedAt === null ? '' : words.joined(time(Math.floor(joinedAt / 1000), 'R'))
  return [
    `${words.title(id)} — ${status}`,
    words.member(`<@${memberId}>`, memberId, made, joined),
    whereLine(found, words),
    ...seenLines(captions, steps, words),
    words.why(weightOf(reasons), NEEDED_WEIGHT),
    ...reasons.map((reason) => `- ${reasonLine(reason, text)} (+${reason.weight})`),
    ...doneLines(found, words),
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
    ...(appeal === null ? [] : [words.appeal(escaped(shortened(appeal, MAX_APPEAL)))]),
  ]
}

type CaseWords = Catalogue['moderation']['case']

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
  return captions.map((caption) =>
    words.sees(escaped(shortened(caption, MAX_CAPTION)) || words.noWords),
  )
}

function reasonLine(reason: Reason, text: Catalogue): string {
  const { kind, count = 0, seconds = 0, by = '' } = reason
  const words = text.moderation.case
  switch (kind) {
    case 'rule':
      return text.moderationRules.reason(escaped(reason.name ?? ''), reason.score ?? 0)
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

/** What was done, and what could not be. */
function doneLines({ steps, timeoutUntil }: Case, words: CaseWords): string[] {
  const well = (name: string) =>
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
    ...(well('list') ? [words.listed] : []),
    ...(well('allow') ? [words.allowed] : []),
    ...(deletions.length > 0 ? [words.deleted(deleted.length, deletions.length)] : []),
    ...(well('timeout') ? [words.timedOut(until)] : []),
    ...(well('tell') ? [words.told] : []),
    ...(well('unlist') ? [words.unlisted] : []),
    ...(well('lift') ? [words.lifted] : []),
    ...(well('apologise') ? [words.apologised] : []),
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

function rows(found: Case, { moderation: { buttons } }: Catalogue): object[] {
  const acting = ACTIONS.map((action) => ({
    type: ComponentType.Button,
    style: STYLES[action],
    label: buttons[action],
    custom_id: buttonId(found, action),
    disabled: !allows(found, action),
  }))
  const history = {
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    label: buttons.history,
    custom_id: buttonId(found, 'history'),
  }
  return [
    { type: ComponentType.ActionRow, components: acting },
    { type: ComponentType.ActionRow, components: [history] },
  ]
}

/** What the member is told of what was done; with a button to answer once. */
export function tellingBody(
  found: Case,
  server: string,
  { moderation: { told, buttons } }: Catalogue,
) {
  const { timeoutUntil } = found
  const until =
    timeoutUntil === null ? [] : [told.until(time(Math.floor(timeoutUntil / 1000), 'R'))]
  return {
    content: [told.removed(escaped(server)), ...until, told.answer].join('\n\n'),
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Secondary,
            label: buttons.appeal,
            custom_id: buttonId(found, 'appeal'),
          },
        ],
      },
    ],
    allowed_mentions: { parse: [] },
  }
}
