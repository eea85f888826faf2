/** The stored cases, and which of them a member, a number, a day, a rule or a log channel has. */

import type { Collection, Store } from '../../store/types.ts'
import { caseTags, indexCase } from './case-index.ts'
import { type Case, CASE_LIFE_MS, caseSchema } from './case-record.ts'

/** A message of a log channel that shows words of a case. */
export type ShownWords = NonNullable<Case['log']> & { readonly guildId: string }

export class CaseRecords {
  readonly all: Collection<Case>

  constructor(store: Store) {
    this.all = store.collection<Case>({
      name: 'moderation-cases',
      ttlMs: CASE_LIFE_MS,
      decode: (data) => caseSchema.parse(data),
      index: indexCase,
    })
  }

  of(guildId: string, id: string): Promise<Case | undefined> {
    return this.all.get(`${guildId}/${id}`)
  }

  /** All cases of a member. */
  ofMember(guildId: string, memberId: string): Promise<Case[]> {
    return this.#with(caseTags.ofMember(guildId, memberId))
  }

  /** The case that people know by a number. */
  async ofNumber(guildId: string, number: number): Promise<Case | undefined> {
    return (await this.#with(caseTags.ofNumber(guildId, number)))[0]
  }

  /** Cases that were opened on some days. @param from day since the epoch by UTC; `to` too. */
  async ofDays(guildId: string, from: number, to: number): Promise<Case[]> {
    const cases: Case[] = []
    for (let day = from; day <= to; day++) {
      cases.push(...(await this.#with(caseTags.ofDay(guildId, day))))
    }
    return cases
  }

  /** Cases of a rule that staff decided: at most as many as people looked at. */
  ofJudgedRule(guildId: string, rule: string): Promise<Case[]> {
    return this.#with(caseTags.ofJudgedRule(guildId, rule))
  }

  /** How many cases a rule opened. */
  async countOfRule(guildId: string, rule: string): Promise<number> {
    return (await Array.fromAsync(this.all.keysWith(caseTags.ofRule(guildId, rule)))).length
  }

  async #with(tag: string): Promise<Case[]> {
    return (await Array.fromAsync(this.all.entriesWith(tag))).map(([, record]) => record)
  }

  /** The messages that show words of cases, in all log channels or in one. */
  async *shownWords(place?: Omit<ShownWords, 'messageId'>): AsyncGenerator<ShownWords, void> {
    const tag = place ? caseTags.ofLogChannel(place.guildId, place.channelId) : caseTags.withWords
    for await (const [, { guildId, log }] of this.all.entriesWith(tag)) {
      if (log) {
        yield { guildId, ...log }
      }
    }
  }

  /** Forgets the words of cases whose message in the log channel is gone. */
  async forgetWords(tags: readonly string[]): Promise<void> {
    for (const tag of tags) {
      for await (const key of this.all.keysWith(tag)) {
        await this.forgetWordsOf(key)
      }
    }
  }

  /** Forgets the words of one case. @param key of its record. */
  async forgetWordsOf(key: string): Promise<void> {
    await this.all.update(key, (old) => (old?.words ? { ...old, words: null } : old))
  }
}
