/** The direct messages to the member of a case: what was done and why, and that it was taken back. */

import { ButtonStyle, ComponentType, time } from 'discord.js'
import { quoted } from '../../../commands/answer-text.ts'
import type { Catalog } from '../../../commands/i18n/words.ts'
import { caseCustomId } from '../../discord/custom-id.ts'
import { ruleNames } from '../hashes/reasons.ts'
import type { Case } from './case-record.ts'

/** Says what was done, with a button to appeal once. */
export function noticeBody(
  record: Case,
  server: string,
  { moderation: { told, buttons } }: Catalog,
) {
  const { timeoutUntil } = record
  const rules = ruleNames(record).map((name) => quoted(name))
  const isRemoved = hasRemoved(record)
  const what =
    rules.length > 0
      ? [told.rule(quoted(server), rules, isRemoved)]
      : [told.scam(quoted(server), isRemoved), told.account]
  const until =
    timeoutUntil === null ? [] : [told.until(time(Math.floor(timeoutUntil / 1000), 'R'))]
  return {
    content: [what.join(' '), ...until, told.answer].join('\n\n'),
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

/** Says that the decision was taken back, and what that changes. */
export function apologyBody(record: Case, server: string, { moderation: { told } }: Catalog) {
  const isRule = ruleNames(record).length > 0
  const isLifted = record.steps.some(({ id, done, problem }) => id === 'lift' && done && !problem)
  return {
    content: [
      isRule ? told.undoneRule(quoted(server)) : told.undoneScam(quoted(server)),
      ...(isLifted ? [told.lifted] : []),
      ...(hasRemoved(record) ? [told.notRestored] : []),
    ].join(' '),
    allowed_mentions: { parse: [] },
  }
}

/** Whether the bot removed a message. */
function hasRemoved({ steps }: Case): boolean {
  return steps.some(({ id, done, problem }) => id.startsWith('delete/') && done && problem === null)
}
