/** How the requests of the bench `kills` ended, by what the channels show. */

import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { isFinal } from './people.ts'

/** What people sent; `at` is the kill before which it was. */
export type Sent = {
  readonly id: string
  readonly kind: 'command' | 'message'
  readonly at: number
}

export type Outcome = {
  sent: number
  /** Acknowledged by the bot: a command's response was deferred, a message has a reply. */
  accepted: number
  answered: number
  /** Ended with a sentence instead. */
  told: number
  leftWaiting: number
  /** With more than one message. */
  doubled: number
}

/** An accepted request that has no end, or more than one. */
export type Fault = Sent & { readonly shows: readonly string[] }

export type Outcomes = {
  readonly command: Outcome
  readonly message: Outcome
  /** How many were told each sentence. */
  readonly sentences: Readonly<Record<string, number>>
  readonly faults: readonly Fault[]
}

/** @param events what a member of all channels has seen. */
export function outcomesOf(sent: readonly Sent[], events: Member['events']): Outcomes {
  const shown = shownFor(events)
  const counts = { command: noOutcome(), message: noOutcome() }
  const sentences: Record<string, number> = {}
  const faults: Fault[] = []
  for (const one of sent) {
    const all = [...(shown.get(one.id)?.values() ?? [])]
    const outcome = counts[one.kind]
    outcome.sent += 1
    if (all.length === 0) {
      continue
    }
    outcome.accepted += 1
    const end = all.find(isFinal)
    if (end === undefined) {
      outcome.leftWaiting += 1
    } else if ((end.components?.length ?? 0) > 0) {
      outcome.answered += 1
    } else {
      outcome.told += 1
      sentences[end.content] = (sentences[end.content] ?? 0) + 1
    }
    outcome.doubled += Number(all.length > 1)
    if (end === undefined || all.length > 1) {
      faults.push({ ...one, shows: all.map(({ content }) => content || 'thinking') })
    }
  }
  return { ...counts, sentences, faults }
}

/** The bot's messages for each request, by its id; each message as it was seen last. */
function shownFor(events: Member['events']): Map<string, Map<string, APIMessage>> {
  const shown = new Map<string, Map<string, APIMessage>>()
  for (const { message, type, id } of events) {
    if (type === 'deleted') {
      for (const messages of shown.values()) {
        messages.delete(id ?? '')
      }
    }
    const request = message?.interaction_metadata?.id ?? message?.message_reference?.message_id
    if (message && request !== undefined) {
      const messages = shown.get(request) ?? new Map<string, APIMessage>()
      shown.set(request, messages.set(message.id, message))
    }
  }
  return shown
}

function noOutcome(): Outcome {
  return { sent: 0, accepted: 0, answered: 0, told: 0, leftWaiting: 0, doubled: 0 }
}
