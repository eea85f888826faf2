/**
 * A case: what was found, who decided what, and which steps were carried out. Pure: each change gives
 * the next record, and the same change twice is one.
 *
 * A step is planned before anything is done and marked after. Each can be carried out twice without
 * harm (case-work.ts), so a process may end between any two writes.
 */

import { z } from 'zod'
import { DAY_MS, MINUTE_MS } from '../../../config/durations.ts'
import type { ModerationSettings } from '../../../commands/moderation/settings.ts'
import { type Posting, printSchema, shareOne } from '../hashes/postings.ts'
import { reasonSchema } from '../hashes/reasons.ts'

export const CASE_LIFE_MS = 180 * DAY_MS
/** Messages of one case. */
const MAX_COPIES = 60
/** Where a removal times nobody out, the button still does. */
const USUAL_TIMEOUT_MINUTES = 60

/** Who acted when nobody did: the bot by itself. */
export const ITSELF = 'sightseer'

/** What staff can do with a case. */
export const ACTIONS = ['confirm', 'dismiss', 'delete', 'timeout', 'undo'] as const
export type Action = (typeof ACTIONS)[number]

const stepSchema = z.object({
  /** What is done; `delete` names its message after a slash. */
  id: z.string(),
  done: z.boolean(),
  /** Why it could not be done: a key of the catalogue's problems. */
  problem: z
    .enum(['forbidden', 'gone', 'closed', 'longer', 'unlogged', 'unready', 'failed'])
    .nullable(),
})

/** What can wait until a known picture is removed: looking for other copies, and the model's words. */
const AFTERWARDS = ['sweep', 'describe'] as const

export const caseSchema = z.object({
  /** The id of the message that it was opened with. */
  id: z.string(),
  guildId: z.string(),
  memberId: z.string(),
  joinedAt: z.number().nullable(),
  createdAt: z.number(),
  locale: z.string(),
  copies: z.array(z.object({ channelId: z.string(), messageId: z.string() })),
  prints: z.array(printSchema),
  reasons: z.array(reasonSchema),
  /** The listed hash that it was found by; null: none. */
  matched: z.string().nullable(),
  /** What the model says of each picture; empty until it has looked. */
  captions: z.array(z.string()),
  state: z.enum(['open', 'confirmed', 'dismissed', 'undone']),
  /** Whether copies that come later are removed too. */
  removes: z.boolean(),
  /** Whether the bot removed it by itself. */
  automatic: z.boolean(),
  steps: z.array(stepSchema),
  /** Its message in the log channel. */
  log: z.object({ channelId: z.string(), messageId: z.string() }).nullable(),
  /** Until when the member is timed out by this case. */
  timeoutUntil: z.number().nullable(),
  events: z.array(
    z.object({ at: z.number(), by: z.string(), what: z.enum([...ACTIONS, 'appeal']) }),
  ),
  /** What the member answered. */
  appeal: z.string().nullable(),
})

export type Case = Readonly<z.infer<typeof caseSchema>>
export type Step = Case['steps'][number]
export type Problem = NonNullable<Step['problem']>

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
>

/** Steps that no decision plans or takes back. */
const UNDECIDED: readonly string[] = ['post', ...AFTERWARDS]

function planned(...ids: readonly string[]): Step[] {
  return ids.map((id) => ({ id, done: false, problem: null }))
}

function deletion({ channelId, messageId }: Case['copies'][number]): string {
  return `delete/${channelId}/${messageId}`
}

/** A new case. In the mode `act`, a picture that staff confirmed is removed at once. */
export function openCase(seed: Seed, settings: ModerationSettings, now: number): Case {
  const acts = settings.mode === 'act' && seed.matched !== null
  const fresh: Case = {
    ...seed,
    createdAt: now,
    captions: [],
    state: 'open',
    removes: false,
    automatic: acts,
    steps: planned('post', ...(acts ? [] : AFTERWARDS)),
    log: null,
    timeoutUntil: null,
    events: [],
    appeal: null,
  }
  return acts ? { ...withRemoval(fresh, settings, now, ...AFTERWARDS), state: 'confirmed' } : fresh
}

/** The case with copies found later. */
export function withCopies(found: Case, copies: Case['copies']): Case {
  const known = new Set(found.copies.map(({ messageId }) => messageId))
  const fresh = copies.filter(({ messageId }) => !known.has(messageId))
  if (fresh.length === 0 || known.size >= MAX_COPIES) {
    return found
  }
  const steps = found.removes && found.state === 'confirmed' ? planned(...fresh.map(deletion)) : []
  return { ...found, copies: [...found.copies, ...fresh], steps: [...found.steps, ...steps] }
}

/**
 * The case with pictures that one of its messages was given later. If staff confirmed one of them
 * before, an open case is closed by the removal, as it would have been from the start.
 */
export function withPictures(
  found: Case,
  added: Pick<Posting, 'messageId' | 'prints' | 'reasons' | 'matched'>,
  settings: ModerationSettings,
  now: number,
): Case {
  const fresh = added.prints.filter((print) => !shareOne([print], found.prints))
  if (fresh.length === 0 || !found.copies.some(({ messageId }) => messageId === added.messageId)) {
    return found
  }
  const reasons = added.reasons.filter(
    ({ kind }) => !found.reasons.some((reason) => reason.kind === kind),
  )
  const grown: Case = {
    ...found,
    prints: [...found.prints, ...fresh],
    reasons: [...reasons, ...found.reasons],
    matched: found.matched ?? added.matched,
  }
  const acts = settings.mode === 'act' && added.matched !== null && found.state === 'open'
  return acts
    ? { ...withRemoval(grown, settings, now), automatic: true, state: 'confirmed' }
    : grown
}

/** Removes all copies, times the member out and tells them. */
function withRemoval(
  found: Case,
  { timeoutMinutes }: ModerationSettings,
  now: number,
  ...then: readonly string[]
): Case {
  const out = timeoutMinutes > 0 ? ['timeout'] : []
  return {
    ...found,
    removes: true,
    timeoutUntil: out.length > 0 ? now + timeoutMinutes * MINUTE_MS : null,
    steps: [
      ...found.steps,
      ...planned(...found.copies.map(deletion), ...out, 'tell', ...then).filter(
        ({ id }) => !found.steps.some((step) => step.id === id),
      ),
    ],
  }
}

/** Whether an action makes sense now. */
export function allows({ state, steps }: Case, action: Action): boolean {
  const deletes = steps.some(({ id }) => id.startsWith('delete/'))
  const timesOut = steps.some(({ id }) => id === 'timeout')
  const stands = state === 'open' || state === 'confirmed'
  return {
    confirm: state === 'open',
    dismiss: state === 'open',
    delete: stands && !deletes,
    timeout: stands && !timesOut,
    undo: state === 'confirmed' || state === 'dismissed' || (stands && (deletes || timesOut)),
  }[action]
}

/** The case after a decision; the very same record if the action makes no sense any more. */
export function decided(
  found: Case,
  { action, by, now }: { action: Action; by: string; now: number },
  settings: ModerationSettings,
): Case {
  if (!allows(found, action)) {
    return found
  }
  const noted = { ...found, events: [...found.events, { at: now, by, what: action }] }
  return CHANGES[action](noted, settings, now)
}

const CHANGES: Readonly<
  Record<Action, (found: Case, settings: ModerationSettings, now: number) => Case>
> = {
  confirm: (found, settings, now) => {
    const steps = [...found.steps, ...planned('list')]
    const listed: Case = { ...found, state: 'confirmed', steps }
    return settings.mode === 'log' ? listed : withRemoval(listed, settings, now)
  },
  dismiss: (found) => ({
    ...found,
    state: 'dismissed',
    steps: [...found.steps, ...planned('allow')],
  }),
  delete: (found) => ({
    ...found,
    steps: [...found.steps, ...planned(...found.copies.map(deletion)), ...telling(found)],
  }),
  timeout: (found, { timeoutMinutes }, now) => ({
    ...found,
    timeoutUntil: now + (timeoutMinutes || USUAL_TIMEOUT_MINUTES) * MINUTE_MS,
    steps: [...found.steps, ...planned('timeout'), ...telling(found)],
  }),
  undo: (found) => ({
    ...found,
    state: 'undone',
    removes: false,
    steps: [...settled(found), ...undoing(found)],
  }),
}

function telling({ steps }: Case): Step[] {
  return steps.some(({ id }) => id === 'tell') ? [] : planned('tell')
}

/** What was planned and is not done yet is not done at all, but for the case's own message. */
function settled({ steps }: Case): Step[] {
  return steps.filter(({ id, done }) => done || UNDECIDED.includes(id))
}

function undoing(found: Case): Step[] {
  const did = (name: string) => found.steps.some(({ id, done }) => id === name && done)
  const unlist = did('list') || did('allow') || found.matched !== null
  return planned(
    ...(unlist ? ['unlist'] : []),
    ...(did('timeout') ? ['lift'] : []),
    ...(did('tell') ? ['apologise'] : []),
  )
}

/** What a step can come to: `copies` are those to be added. */
export type StepChange = Partial<Pick<Case, 'log' | 'captions' | 'copies'>>

/** The case with a step marked, and whatever came of it. */
export function withStep(
  found: Case,
  id: string,
  problem: Problem | null,
  { copies = [], ...change }: StepChange = {},
): Case {
  if (!found.steps.some((step) => step.id === id && !step.done)) {
    return found // another process was first
  }
  const steps = found.steps.map((step) =>
    step.id === id && !step.done ? { id, done: true, problem } : step,
  )
  return withCopies({ ...found, ...change, steps }, copies)
}

/** The next step to be carried out. The model's words hold nothing else up. */
export function nextStep({ steps }: Case): Step | undefined {
  return steps.find(({ id, done }) => !done && id !== 'describe')
}

/** Whether the model is still to say what it sees. */
export function isUndescribed({ steps }: Case): boolean {
  return steps.some(({ id, done }) => !done && id === 'describe')
}
