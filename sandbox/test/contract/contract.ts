/**
 * What a case of the contract is: something that Discord documents, asked of the sandbox by
 * discord.js's own client.
 *
 * Every case names the page of github.com/discord/discord-api-docs (`developers/`, commit c98d64b)
 * and the anchor that it follows, so that each can be checked against it.
 */

import assert from 'node:assert/strict'
import { DiscordAPIError } from 'discord.js'
import type { Stage } from './stage.ts'

/** A page without its ending, and an anchor: `resources/message#create-message`. */
export type Source = `${string}#${string}`

/** One case. */
export type Case = {
  readonly title: string
  readonly source: Source
  readonly run: (stage: Stage) => Promise<void>
}

/** Writes a case down. */
export type Contract = (title: string, source: Source, run: Case['run']) => void

/** What is expected of a refusal. */
export type Refusal = {
  readonly status: number
  readonly code: number
  /** Path of a field that the answer must complain about, such as `embeds.0.title`. */
  readonly field?: string
}

/** Collects the cases that `write` writes down. */
export function casesOf(write: (contract: Contract) => void): readonly Case[] {
  const cases: Case[] = []
  write((title, source, run) => cases.push({ title, source, run }))
  return cases
}

/**
 * Expects the API to refuse what `act` sends.
 *
 * Requests sent meanwhile are marked as wrong on purpose: the official description may forbid them.
 */
export async function refused(
  { sandbox }: Pick<Stage, 'sandbox'>,
  { status, code, field }: Refusal,
  act: () => Promise<unknown>,
): Promise<DiscordAPIError> {
  const error: unknown = await sandbox.wrongly(() =>
    act().then(
      () => null,
      (reason) => reason,
    ),
  )
  assert.ok(error instanceof DiscordAPIError, `expected ${code}, got ${String(error)}`)
  assert.deepEqual({ code: error.code, status: error.status }, { code, status }, error.message)
  if (field !== undefined) {
    const complaint = 'errors' in error.rawError ? error.rawError.errors : undefined
    const found = field.split('.').reduce<unknown>(child, complaint)
    const text = JSON.stringify(error.rawError)
    assert.ok(Array.isArray(child(found, '_errors')), `expected ${field} in ${text}`)
  }
  return error
}

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
