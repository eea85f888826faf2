/**
 * The custom_id of every button and form of the bot, below answers and below moderation's cases.
 *
 * Each starts with a version, so that an id of an earlier release is refused instead of misread.
 */

const ANSWER_VERSION = 's1'
const CASE_VERSION = 'mod1'

/** The ids and keys that the bot makes. Forged ids with other characters do not reach the store. */
const KEY = /^[\w.-]{1,64}$/
const NUMBER = /^\d{1,2}$/

/** What a button or form of an answer does. */
const ANSWER_ACTIONS = ['ask', 'again', 'delete', 'repost', 'question', 'form', 'text'] as const
export type AnswerAction = (typeof ANSWER_ACTIONS)[number]

/**
 * @param key of the answer's record.
 * @param number tells buttons of the same action apart, such as suggested questions.
 */
export function answerCustomId(key: string, action: AnswerAction, number = 0): string {
  return [ANSWER_VERSION, key, action, number].join(':')
}

/** @returns null for an id that `answerCustomId` did not make. */
export function readAnswerCustomId(customId: string) {
  const [version, key = '', name, number = '', ...rest] = customId.split(':')
  const action = ANSWER_ACTIONS.find((one) => one === name)
  const isMade = KEY.test(key) && NUMBER.test(number) && rest.length === 0
  return version === ANSWER_VERSION && action && isMade
    ? { key, action, number: Number(number) }
    : null
}

/** The button that confirms `/privacy delete`. Only the person sees it. */
export const PRIVACY_DELETE_ID = 'p1:delete'

const FIND_VERSION = 'f1'

/** A button that shows a page of what `/find` found. @param page from 0. */
export function findCustomId(key: string, page: number): string {
  return [FIND_VERSION, key, page].join(':')
}

/** @returns null for an id that `findCustomId` did not make. */
export function readFindCustomId(customId: string) {
  const [version, key = '', page = '', ...rest] = customId.split(':')
  const isMade = KEY.test(key) && NUMBER.test(page) && rest.length === 0
  return version === FIND_VERSION && isMade ? { key, page: Number(page) } : null
}

/** What staff can decide about a case. */
export const CASE_DECISIONS = ['confirm', 'dismiss', 'delete', 'timeout', 'undo'] as const

/** What a button or form of a case does: a decision, or one of the rest. */
const CASE_ACTIONS = [...CASE_DECISIONS, 'history', 'enforce', 'appeal', 'form'] as const
export type CaseAction = (typeof CASE_ACTIONS)[number]

export function caseCustomId(
  { guildId, id }: { readonly guildId: string; readonly id: string },
  action: CaseAction,
): string {
  return [CASE_VERSION, guildId, id, action].join(':')
}

/** @returns null for an id that `caseCustomId` did not make. */
export function readCaseCustomId(customId: string) {
  const [version, guildId = '', id = '', name, ...rest] = customId.split(':')
  const action = CASE_ACTIONS.find((one) => one === name)
  const isMade = KEY.test(guildId) && KEY.test(id) && rest.length === 0
  return version === CASE_VERSION && action && isMade ? { guildId, id, action } : null
}
