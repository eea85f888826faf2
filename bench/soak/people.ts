/** The people of the soak: what each of their interactions is, and its outcome. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { APIMessage } from 'discord.js'
import { ComponentType } from 'discord.js'
import { Member } from 'loopback-discord/client'
import { type CommandOptions, toForm, withFiles } from 'loopback-discord/client-form'
import { EN } from '../../commands/i18n/en.ts'

const SAMPLES = path.join(import.meta.dirname, '..', '..', 'sandbox', 'samples')
export const PICTURES = ['hearts', 'lone-triangle', 'mixed', 'two-stars', 'scattered'].map(
  (name) => ({
    name: `${name}.webp`,
    bytes: new Uint8Array(readFileSync(path.join(SAMPLES, `${name}.webp`))),
  }),
)
const QUESTIONS = ['what color is the star?', 'how many shapes are there?', 'is there a heart?']
const LOADING = 128
/** More people than can ever wait at once. */
const PLACES = 1000

/** Messages that a person sees before the answer. */
const PROGRESS = new Set([
  '',
  EN.waiting.loading,
  ...Array.from({ length: PLACES }, (_, i) => EN.waiting.place(i + 1)),
])

/** The outcome of all interactions. */
export type Outcome = {
  readonly answered: number
  /** With an error sentence instead of an answer, such as a failed download. */
  readonly ofThemSorry: number
  readonly unanswered: number
  readonly answeredTwice: number
}

/** All of them; one connection receives the events for all. */
export class People {
  readonly #url: string
  readonly #names: readonly string[]
  readonly #channels: readonly string[]
  readonly #ears: Member
  readonly #used: string[] = []

  private constructor(
    url: string,
    ears: Member,
    names: readonly string[],
    channels: readonly string[],
  ) {
    this.#url = url
    this.#ears = ears
    this.#names = names
    this.#channels = channels
  }

  static async gather(url: string, names: readonly string[], channels: readonly string[]) {
    const ears = await Member.connect(url, names[0] ?? '')
    await ears.commands('describe')
    return new People(url, ears, names, channels)
  }

  close(): void {
    this.#ears.close()
  }

  /** How many interactions there were. */
  get used(): number {
    return this.#used.length
  }

  /** The next person does the next thing: describes, asks, or presses a suggested question. */
  async act(turn: number): Promise<void> {
    const channel = this.#channels[turn % this.#channels.length] ?? ''
    const who = this.#names[turn % this.#names.length] ?? ''
    const last = turn % 5 === 4 ? this.#suggestion(channel) : undefined
    const id =
      (last &&
        (await this.#post('components', { who, channel, payload: last }).catch(() => null))) ??
      (turn % 5 === 2 && turn >= 2 * this.#channels.length
        ? await this.#command(who, channel, 'ask', { question: QUESTIONS[turn % 3] ?? '' })
        : await this.#command(who, channel, 'describe', { image: PICTURES[turn % 5]! }))
    this.#used.push(id)
  }

  /** Their outcome, by what the channels show. */
  outcome(): Outcome {
    const shown = new Map<string, Map<string, APIMessage>>()
    for (const { message } of this.#ears.events) {
      const id = message?.interaction_metadata?.id
      if (!message || id === undefined) {
        continue
      }
      const messages = shown.get(id) ?? new Map<string, APIMessage>()
      shown.set(id, messages.set(message.id, message))
    }
    const all = this.#used.map((id) => [...(shown.get(id)?.values() ?? [])].filter(isFinal))
    return {
      answered: all.filter((messages) => messages.length === 1).length,
      ofThemSorry: all.filter(
        ([one, ...more]) => one?.components?.length === 0 && more.length === 0,
      ).length,
      unanswered: all.filter((messages) => messages.length === 0).length,
      answeredTwice: all.filter((messages) => messages.length > 1).length,
    }
  }

  /** A button below the newest answer of a channel. */
  #suggestion(channel: string) {
    const told = this.#ears.events.findLast(
      ({ message }) => message?.channel_id === channel && (message.components?.length ?? 0) > 0,
    )
    const button = (told?.message?.components ?? [])
      .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
      .find((part) => 'custom_id' in part && part.custom_id.includes(':question:'))
    return button && 'custom_id' in button
      ? { message_id: told?.message?.id, custom_id: button.custom_id }
      : undefined
  }

  #command(who: string, channel: string, name: string, given: CommandOptions): Promise<string> {
    const { values, files } = withFiles(given)
    return this.#post('commands', { who, channel, payload: { name, options: values } }, files)
  }

  async #post(
    kind: string,
    { who, channel, payload }: { who: string; channel: string; payload: object },
    files: Parameters<typeof toForm>[1] = [],
  ): Promise<string> {
    const query = new URLSearchParams({ as: who, channel, locale: 'en-US' })
    const response = await fetch(`${this.#url}/sandbox/${kind}?${query.toString()}`, {
      method: 'POST',
      body: toForm(payload, files),
    })
    if (!response.ok) {
      throw new Error(`${response.status}: ${await response.text()}`)
    }
    const { id }: { readonly id: string } = JSON.parse(await response.text())
    return id
  }
}

/** Whether a message is an answer or a sentence, not progress. */
export function isFinal({ flags, content }: APIMessage): boolean {
  return ((flags ?? 0) & LOADING) === 0 && !PROGRESS.has(content)
}
