/** What a case is found by in the store. */

import { DAY_MS } from '../../../config/durations.ts'
import { userTag } from '../../store/keys.ts'
import { type Case, ITSELF } from './case-record.ts'

/** Replaces the id of a user who deleted their data. */
export const DELETED_USER = '0'

/** The tags of cases. */
export const caseTags = {
  ofMember: (guildId: string, memberId: string) => `member:${guildId}/${memberId}`,
  ofNumber: (guildId: string, number: number) => `number:${guildId}/${number}`,
  /** @param day when it was opened, in days since the epoch, by UTC. */
  ofDay: (guildId: string, day: number) => `day:${guildId}/${day}`,
  /** Cases with words that a message of the log channel shows; or any message of the channel. */
  ofLog: (guildId: string, messageId: string) => `log:${guildId}/${messageId}`,
  ofLogChannel: (guildId: string, channelId: string) => `log-channel:${guildId}/${channelId}`,
  /** All cases with words that a message of a log channel shows. */
  withWords: 'words',
  /** Cases that a rule opened. */
  ofRule: (guildId: string, rule: string) => `rule:${guildId}/${rule}`,
  /** Cases of a rule that staff decided. */
  ofJudgedRule: (guildId: string, rule: string) => `judged:${guildId}/${rule}`,
}

/** @returns the tags of a case, with one for each person whom it names. */
export function indexCase(record: Case): readonly string[] {
  const { guildId, memberId, number, createdAt, log, words } = record
  const rules = record.reasons.flatMap(({ rule }) => (rule === undefined ? [] : [rule]))
  const isJudged = judgmentOf(record) !== null
  return [
    ...Array.from(peopleIn(record), userTag),
    caseTags.ofMember(guildId, memberId),
    caseTags.ofDay(guildId, dayOf(createdAt)),
    ...(log === null || words === null
      ? []
      : [
          caseTags.ofLog(guildId, log.messageId),
          caseTags.ofLogChannel(guildId, log.channelId),
          caseTags.withWords,
        ]),
    ...(number === null ? [] : [caseTags.ofNumber(guildId, number)]),
    ...rules.map((rule) => caseTags.ofRule(guildId, rule)),
    ...(isJudged ? rules.map((rule) => caseTags.ofJudgedRule(guildId, rule)) : []),
  ]
}

/** Days since the epoch, by UTC. @param at milliseconds since the epoch. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

/** Whether staff agreed with a case; null: not decided. A removal by the bot is not a decision; undoing it is a no. */
export function judgmentOf({ state, events }: Pick<Case, 'state' | 'events'>): boolean | null {
  if (state === 'confirmed' || state === 'dismissed') {
    const byStaff = events.some(
      ({ by, what }) => by !== ITSELF && (what === 'confirm' || what === 'dismiss'),
    )
    return byStaff ? state === 'confirmed' : null
  }
  const judged = events.some(({ what }) => what === 'confirm' || what === 'dismiss')
  return state === 'undone' && !judged ? false : null
}

function peopleIn({ memberId, events, reasons }: Case): ReadonlySet<string> {
  const people = new Set([memberId])
  for (const { by } of [...events, ...reasons]) {
    if (by !== undefined && by !== ITSELF && by !== DELETED_USER) {
      people.add(by)
    }
  }
  return people
}
