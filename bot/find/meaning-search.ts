/**
 * Finds pictures by what they show. The vectors of the pictures narrow them down: their means to
 * MAX_COMPARED, all vectors of these to MAX_RANKED. Those are downloaded again, and the model tells
 * whether the words fit each.
 */

import type { Client } from 'discord.js'
import { mayBeIn } from '../../commands/i18n/question-language.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import type { Model, RequestOptions } from '../../inference/contract/types.ts'
import type { AnyCard } from '../../inference/package/model-card.ts'
import { knownText } from '../../inference/text/known-question.ts'
import type { Pictures } from '../pictures/pictures.ts'
import type { Access } from './access.ts'
import { Best, type Candidate } from './picture-index/best.ts'
import { largestCosine, spaceOf, unpacked } from './picture-vectors.ts'
import { postedPicture } from './posted-picture.ts'
import type { SearchableRecords } from './searchable-records.ts'

export const MAX_COMPARED = 100
export const MAX_RANKED = 20
/** Pictures that are downloaded at once. */
const AT_ONCE = 4
/** A person waits; what was not ranked by then comes last. */
const RANK_LIMIT_MS = 20_000
/** The probability that words and picture fit, from which a picture is shown. */
export const FITS = 0.5
/** Of each key together, that of a picture that was not ranked: always below `FITS`. */
const UNRANKED_WEIGHT = FITS / 2

type Deps = {
  readonly client: Client
  readonly model: Pick<Model, 'matcher' | 'embedText' | 'match'>
  readonly pictures: Pick<Pictures, 'source' | 'settle'>
  readonly searchable: SearchableRecords
}

/** Why pictures are not searched by what they show. */
export type NoMeaning =
  | { readonly why: 'no-matcher' | 'busy' | 'unseen' }
  | { readonly why: 'language'; readonly languages: readonly string[] }
  | { readonly why: 'words'; readonly words: readonly string[] }

/** The score is 0 to 1. */
export type MeaningHit = Candidate & {
  /** The probability that the words fit, 0 to 1; null: there was no time to ask. */
  readonly probability: number | null
}

export type MeaningResult = {
  readonly hits: readonly MeaningHit[]
  readonly no: NoMeaning | null
  /** Pictures that the model has not looked at, where others were searched. */
  readonly unseen: number
}

type Query = {
  readonly words: string
  readonly guildId: string
  /** Null: all channels. */
  readonly channelId: string | null
  readonly access: Pick<Access, 'among'>
  readonly userId: string
}

export class MeaningSearch {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The pictures that fit, the best first. */
  async search(query: Query): Promise<MeaningResult> {
    const { matcher } = this.#deps.model
    const no = noMeaning(matcher, query.words)
    if (matcher === null || no !== null) {
      return withoutHits(no ?? { why: 'no-matcher' })
    }
    try {
      // Compared in the spellings in which they were checked.
      const { text: words } = knownText(matcher, query.words)
      return await this.#search({ ...query, words }, spaceOf(matcher))
    } catch (error) {
      if (error instanceof InputError) {
        return withoutHits({ why: 'busy' })
      }
      throw error
    }
  }

  async #search(query: Query, space: string): Promise<MeaningResult> {
    const { words, guildId, userId } = query
    const { model, searchable } = this.#deps
    const deadline = Date.now() + RANK_LIMIT_MS
    const options: RequestOptions = { tenant: guildId, user: userId, deadline }
    const text = await model.embedText(words, options)
    const nearest = new Best(MAX_COMPARED)
    let [seen, unseen] = [0, 0]
    for await (const index of searchable.loaded.partsOf(guildId, space)) {
      const channelIds = await query.access.among(index.channels, query.channelId)
      index.nearest(text, channelIds, nearest)
      const count = index.count(channelIds)
      seen += count.seen
      unseen += count.unseen
    }
    if (seen === 0 && unseen > 0) {
      return withoutHits({ why: 'unseen' })
    }
    const near = nearest.inOrder().map(({ key }) => key)
    const hits = await inTurn(await this.#compared(near, text), (one) =>
      this.#rank(one, words, options),
    )
    const fitting = hits.filter((hit) => hit !== null).toSorted((a, b) => b.score - a.score)
    return { hits: fitting, no: null, unseen }
  }

  /** Compares the text with all vectors of each picture. @returns the best, the best first. */
  async #compared(keys: readonly string[], text: Float32Array): Promise<Compared[]> {
    const { searchable } = this.#deps
    const all = await Promise.all(
      keys.map(async (key) => {
        const vectors = await searchable.vectorsOf(key)
        return vectors === undefined
          ? []
          : [{ key, cosine: largestCosine(unpacked(vectors), text) }]
      }),
    )
    return all
      .flat()
      .toSorted((a, b) => b.cosine - a.cosine)
      .slice(0, MAX_RANKED)
  }

  /** @returns null if the words do not fit the picture, or it is gone. */
  async #rank(
    { key, cosine }: Compared,
    words: string,
    options: RequestOptions,
  ): Promise<MeaningHit | null> {
    const { client, model, pictures, searchable } = this.#deps
    const picture = await searchable.get(key)
    const posted = picture && (await postedPicture(client, key, picture))
    if (!picture || !posted) {
      return null
    }
    try {
      const source = await pictures.source(posted)
      try {
        const [match] = await model.match(source, [words], options)
        const probability = match?.itm ?? 0
        return probability < FITS ? null : { key, at: picture.at, score: probability, probability }
      } finally {
        await pictures.settle([source])
      }
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error
      }
      return hasCode(error, 'queue/deadline', 'queue/full')
        ? {
            key,
            at: picture.at,
            score: Math.max(0, cosine) * UNRANKED_WEIGHT,
            probability: null,
          }
        : null // it cannot be downloaded any more
    }
  }
}

function withoutHits(no: NoMeaning): MeaningResult {
  return { hits: [], no, unseen: 0 }
}

type Compared = { readonly key: string; readonly cosine: number }

/** Why a model cannot be asked; null: it can. */
export function noMeaning(matcher: AnyCard | null, words: string): NoMeaning | null {
  if (matcher === null) {
    return { why: 'no-matcher' }
  }
  const { languages } = matcher
  if (languages !== undefined && !mayBeIn(languages, words)) {
    return { why: 'language', languages }
  }
  const { unknown } = knownText(matcher, words)
  return unknown.length === 0 ? null : { why: 'words', words: unknown }
}

/** Does work for each item, a few at once. @returns the results in order. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const one = async () => {
    for (const [i, item] of left) {
      results[i] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return results
}
