/**
 * Opens a case and changes its record (case-record.ts). Pure functions: each returns the next record,
 * and applying a change twice has the same result.
 *
 * A step is planned before it is carried out and marked afterwards. Each step can be carried out twice
 * safely (executor.ts), so a process may end between any two writes.
 */

import type { Action, Case, Problem, Step, StepChange } from './case-record.ts'
import { MINUTE_MS } from '../../../config/durations.ts'
import type { ModerationSettings } from '../../../commands/moderation/settings.ts'
import { type Posting, sharePicture } from '../hashes/postings.ts'
import { ruleConsequences } from '../hashes/reasons.ts'

/** Messages of one case. */
const MAX_COPIES = 60
/** The timeout of the button on a server whose removals do not time members out. */
const USUAL_TIMEOUT_MINUTES = 60

/** Steps that wait until a known picture is removed: the sweep for other copies, and the description. */
const AFTERWARDS = ['sweep', 'describe'] as const

export type Seed = Pick<
  Case,
  | 'id'
  | 'guildId'
  | 'memberId'
  | 'joinedAt'
  | 'locale'
  | 'copies'
  | 'prints'
  | 'reasons'
  | 'matched'
> &
  Partial<Pick<Case, 'number'>>

/** Steps that no decision plans or cancels. */
const UNDECIDED: readonly string[] = ['post', ...AFTERWARDS]

function planned(...ids: readonly string[]): Step[] {
  return ids.map((id) => ({ id, done: false, problem: null, at: null }))
}

function deletion({ channelId, messageId }: Case['copies'][number]): string {
  return `delete/${channelId}/${messageId}`
}

/** A new case. In the mode `act`, a picture that staff confirmed before is removed at once. */
export function openCase(seed: Seed, settings: ModerationSettings, now: number): Case {
  const acts = settings.mode === 'act' && seed.matched !== null
  const opened: Case = {
    ...seed,
    number: seed.number ?? null,
    createdAt: now,
    captions: [],
    words: null,
    state: 'open',
    removes: false,
    automatic: acts,
    steps: planned('post', ...(acts ? [] : AFTERWARDS)),
    log: null,
    timeoutUntil: null,
    events: [],
    appeal: null,
  }
  return acts
    ? { ...withRemoval(opened, settings, now, ...AFTERWARDS), state: 'confirmed' }
    : opened
}

/** The case with copies that were found later. */
export function withCopies(record: Case, copies: Case['copies']): Case {
  const known = new Set(record.copies.map(({ messageId }) => messageId))
  const added = copies.filter(({ messageId }) => !known.has(messageId))
  if (added.length === 0 || known.size >= MAX_COPIES) {
    return record
  }
  const steps =
    record.removes && record.state === 'confirmed' ? planned(...added.map(deletion)) : []
  return { ...record, copies: [...record.copies, ...added], steps: [...record.steps, ...steps] }
}

/**
 * The case with pictures that were added to one of its messages later. If staff confirmed one of them
 * before, an open case is removed and closed, as if the picture had been there from the start.
 */
export function withPictures(
  record: Case,
  posting: Pick<Posting, 'messageId' | 'prints' | 'reasons' | 'matched'>,
  settings: ModerationSettings,
  now: number,
): Case {
  const prints = posting.prints.filter((print) => !sharePicture([print], record.prints))
  if (
    prints.length === 0 ||
    !record.copies.some(({ messageId }) => messageId === posting.messageId)
  ) {
    return record
  }
  const reasons = posting.reasons.filter(
    ({ kind }) => !record.reasons.some((reason) => reason.kind === kind),
  )
  const next: Case = {
    ...record,
    prints: [...record.prints, ...prints],
    reasons: [...reasons, ...record.reasons],
    matched: record.matched ?? posting.matched,
  }
  const acts = settings.mode === 'act' && posting.matched !== null && record.state === 'open'
  return acts ? { ...withRemoval(next, settings, now), automatic: true, state: 'confirmed' } : next
}

/** Plans to delete all copies, time the member out and notify them. */
function withRemoval(
  record: Case,
  { timeoutMinutes }: Pick<ModerationSettings, 'timeoutMinutes'>,
  now: number,
  ...later: readonly string[]
): Case {
  const timeout = timeoutMinutes > 0 ? ['timeout'] : []
  return {
    ...record,
    removes: true,
    timeoutUntil: timeout.length > 0 ? now + timeoutMinutes * MINUTE_MS : null,
    steps: [
      ...record.steps,
      ...planned(...record.copies.map(deletion), ...timeout, 'tell', ...later).filter(
        ({ id }) => !record.steps.some((step) => step.id === id),
      ),
    ],
  }
}

/** The case of a rule that already removed messages, with one more message to delete. */
export function withDeletion(record: Case, messageId: string): Case {
  const active = record.state === 'open' || record.state === 'confirmed'
  const steps = record.copies
    .filter((copy) => copy.messageId === messageId)
    .map(deletion)
    .filter((id) => !record.steps.some((step) => step.id === id))
  return active ? { ...record, steps: [...record.steps, ...planned(...steps)] } : record
}

/** Whether an action is possible in the current state. */
export function allows({ state, steps }: Case, action: Action): boolean {
  const deletes = steps.some(({ id }) => id.startsWith('delete/'))
  const timesOut = steps.some(({ id }) => id === 'timeout')
  const active = state === 'open' || state === 'confirmed'
  return {
    confirm: state === 'open',
    dismiss: state === 'open',
    delete: active && !deletes,
    timeout: active && !timesOut,
    undo: state === 'confirmed' || state === 'dismissed' || (active && (deletes || timesOut)),
  }[action]
}

/** The case after a decision; the same object if the action is no longer possible. */
export function decided(
  record: Case,
  { action, by, now }: { action: Action; by: string; now: number },
  settings: ModerationSettings,
): Case {
  if (!allows(record, action)) {
    return record
  }
  const logged = { ...record, events: [...record.events, { at: now, by, what: action }] }
  return CHANGES[action](logged, settings, now)
}

const CHANGES: Readonly<
  Record<Action, (record: Case, settings: ModerationSettings, now: number) => Case>
> = {
  confirm: (record, settings, now) => {
    const confirmed: Case = { ...record, state: 'confirmed' }
    const rule = ruleConsequences(record)
    if (rule === null) {
      const listed: Case = { ...confirmed, steps: [...record.steps, ...listing(record, 'list')] }
      const done = settings.mode === 'log' ? listed : withRemoval(listed, settings, now)
      // Words are read last, so that no removal waits for the model.
      return { ...done, steps: [...done.steps, ...listing(record, 'sketch')] }
    }
    return settings.mode === 'log' || !rule.removes
      ? confirmed
      : withRemoval(confirmed, { timeoutMinutes: rule.timeoutMinutes }, now)
  },
  dismiss: (record) => ({
    ...record,
    state: 'dismissed',
    steps: [...record.steps, ...listing(record, 'allow', 'sketch')],
  }),
  delete: (record) => ({
    ...record,
    steps: [...record.steps, ...planned(...record.copies.map(deletion)), ...telling(record)],
  }),
  timeout: (record, { timeoutMinutes }, now) => ({
    ...record,
    timeoutUntil: now + (timeoutMinutes || USUAL_TIMEOUT_MINUTES) * MINUTE_MS,
    steps: [...record.steps, ...planned('timeout'), ...telling(record)],
  }),
  undo: (record) => ({
    ...record,
    state: 'undone',
    removes: false,
    steps: [...withoutPending(record), ...undoing(record)],
  }),
}

/**
 * The case with the member's answer, which staff are told of by a message of its own; the same object
 * if they answered before.
 */
export function withAppeal(record: Case, appeal: string, now: number): Case {
  return record.appeal === null
    ? {
        ...record,
        appeal,
        events: [...record.events, { at: now, by: record.memberId, what: 'appeal' }],
        steps: [...record.steps, ...planned('alert')],
      }
    : record
}

/** The case after staff marked its picture as a scam: it is no longer about a rule alone. */
export function withMark(record: Case, mark: Case['reasons'][number]): Case {
  if (record.reasons.some(({ kind }) => kind === 'marked')) {
    return record
  }
  const marked: Case = { ...record, reasons: [mark, ...record.reasons] }
  const isListed = record.steps.some(({ id }) => id === 'list')
  return record.state === 'confirmed' && !isListed
    ? { ...marked, steps: [...record.steps, ...listing(record, 'list', 'sketch')] }
    : marked
}

/** The case with the words of its pictures to be read once more, for the list. */
export function withSketch(record: Case): Case {
  const steps = record.steps.filter(({ id }) => id !== 'sketch')
  return { ...record, steps: [...steps, ...listing(record, 'sketch')] }
}

/** Steps about the list of pictures; none for a case without a picture that can be on it. */
function listing({ prints }: Case, ...ids: readonly string[]): Step[] {
  return prints.length > 0 ? planned(...ids) : []
}

function telling({ steps }: Case): Step[] {
  return steps.some(({ id }) => id === 'tell') ? [] : planned('tell')
}

/** The steps without those that are planned and not done; steps that no decision plans stay. */
function withoutPending({ steps }: Case): Step[] {
  return steps.filter(({ id, done }) => done || UNDECIDED.includes(id))
}

function undoing(record: Case): Step[] {
  const isDone = (name: string) => record.steps.some(({ id, done }) => id === name && done)
  const unlist = isDone('list') || isDone('allow') || record.matched !== null
  return planned(
    ...(unlist ? ['unlist'] : []),
    ...(isDone('timeout') ? ['lift'] : []),
    ...(isDone('tell') ? ['apologise'] : []),
  )
}

/** The case with a step marked as done, and what it changed. @param now when it was done. */
export function withStep(
  record: Case,
  id: string,
  problem: Problem | null,
  { copies = [], ...change }: StepChange = {},
  now: number | null = null,
): Case {
  if (!record.steps.some((step) => step.id === id && !step.done)) {
    return record // another process was first
  }
  const steps = record.steps.map((step) =>
    step.id === id && !step.done ? { id, done: true, problem, at: now } : step,
  )
  return withCopies({ ...record, ...change, steps }, copies)
}

/** The next step to carry out. No other step waits for the model's description. */
export function nextStep({ steps }: Case): Step | undefined {
  return steps.find(({ id, done }) => !done && id !== 'describe')
}

/** Whether the model's description is still missing. */
export function isUndescribed({ steps }: Case): boolean {
  return steps.some(({ id, done }) => !done && id === 'describe')
}
