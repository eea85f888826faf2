/**
 * The answers of `/find`, a page at a time. What was found is in memory for a while, by its keys only; each
 * page reads the records again, so that what was deleted meanwhile is not shown.
 */

import { randomBytes } from 'node:crypto'
import {
  type ButtonInteraction,
  ButtonStyle,
  type Client,
  ComponentType,
  type InteractionEditReplyOptions,
  time,
} from 'discord.js'
import { LRUCache } from 'lru-cache'
import { plainMessage, plainText, quoted } from '../../commands/answer-text.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { MINUTE_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import { findCustomId, readFindCustomId } from '../discord/custom-id.ts'
import { messageLink } from '../discord/place.ts'
import type { Access } from './access.ts'
import type { Found } from './found.ts'
import type { NoMeaning } from './meaning-search.ts'
import { postedPicture } from './posted-picture.ts'
import { postedAt, type SearchablePicture } from './searchable.ts'
import type { SearchableRecords } from './searchable-records.ts'
import { wordScorer } from './word-scorer.ts'

const ON_PAGE = 5
/** Of what is shown of one picture, in UTF-16 units, before escaping. */
const MAX_EXCERPT = 90
const MAX_SHOWN_WORDS = 100
/** Answers whose pages can be turned, and for how long. */
const MAX_ANSWERS = 1000
const LIFE_MS = 15 * MINUTE_MS

type Deps = { readonly client: Client; readonly searchable: Pick<SearchableRecords, 'get'> }

/** What an answer is about. */
type Answer = {
  readonly userId: string
  readonly words: string
  readonly hits: readonly Found[]
  /** Of all pictures, those without a place in `hits` too. */
  readonly count: number
  /** Why it was not searched by what pictures show; null: it was. */
  readonly no: NoMeaning | null
  /** Pictures that were searched by their words only, although others were searched by what they show. */
  readonly unseen: number
}

export class FindPages {
  readonly #deps: Deps
  readonly #answers = new LRUCache<string, Answer>({
    max: MAX_ANSWERS,
    ttl: LIFE_MS,
    ttlAutopurge: true,
  })

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async first(
    answer: Answer,
    access: Pick<Access, 'mayFind'>,
    text: Catalog,
  ): Promise<InteractionEditReplyOptions> {
    const key = randomBytes(12).toString('base64url')
    if (pagesOf(answer) > 1) {
      this.#answers.set(key, answer)
    }
    return this.#message(answer, { key, page: 0, access, text })
  }

  /** @throws {InputError} `find/expired` if the pages are no longer in memory. */
  async pressed(
    { customId, user }: ButtonInteraction,
    access: Pick<Access, 'mayFind'>,
    text: Catalog,
  ): Promise<InteractionEditReplyOptions> {
    const { key, page } = readFindCustomId(customId) ?? { key: '', page: 0 }
    const answer = this.#answers.get(key)
    if (answer?.userId !== user.id || page >= pagesOf(answer)) {
      throw new InputError('find/expired')
    }
    return this.#message(answer, { key, page, access, text })
  }

  async #message(answer: Answer, shown: Page): Promise<InteractionEditReplyOptions> {
    const { page, access, text } = shown
    const { hits, words, no, count, unseen } = answer
    const { find } = text
    const query = quoted(words, MAX_SHOWN_WORDS)
    const title =
      hits.length === 0
        ? no === null
          ? find.noneFits(query)
          : find.none(query)
        : no === null
          ? find.fits(count, query)
          : find.found(count, query)
    const start = page * ON_PAGE
    const all = await Promise.all(
      hits.slice(start, start + ON_PAGE).map(async (hit, i) => {
        const picture = (await access.mayFind(postedAt(hit.key).place.channelId))
          ? await this.#deps.searchable.get(hit.key)
          : undefined
        return picture ? this.#line({ hit, picture, number: start + i + 1 }, words, text) : []
      }),
    )
    const lines = all.flat()
    const isLast = page + 1 >= pagesOf(answer)
    const notes = [
      ...(hits.length > 0 && lines.length === 0 ? [find.gone] : []),
      ...(isLast && count > hits.length ? [`-# ${find.more(count - hits.length)}`] : []),
      ...(unseen > 0 && isLast ? [`-# ${find.unseen(unseen)}`] : []),
      ...noteOf(no, hits.length === 0, text),
    ]
    const content = [title, ...lines.map((line) => line.content), ...notes].join('\n')
    return {
      ...plainMessage(content),
      embeds: lines.flatMap(({ embed }) => embed ?? []),
      components: buttonsOf(answer, shown),
    }
  }

  async #line(
    { hit, picture, number }: { hit: Found; picture: SearchablePicture; number: number },
    words: string,
    { find }: Catalog,
  ) {
    const { place, messageId } = postedAt(hit.key)
    const link = messageLink(place, messageId)
    const posted = await postedPicture(this.#deps.client, hit.key, picture)
    const when = time(Math.floor(picture.at / 1000), 'R')
    const around = hit.byWords ? (wordScorer(words)?.excerpt(picture.words) ?? null) : null
    const excerpt = around === null ? null : quoted(plainText(around), MAX_EXCERPT)
    const { probability } = hit
    const content = [
      `**${number}.** ${link} ${when} <@${picture.author}>`,
      ...(excerpt === null ? [] : [`> ${picture.spoiler ? `||${excerpt}||` : excerpt}`]),
      ...(probability === undefined
        ? []
        : [
            `-# ${probability === null ? find.mayShow : find.shows(Math.round(probability * 100))}`,
          ]),
    ].join('\n')
    // Discord shows the small picture of an embed without a spoiler.
    const isShown = posted !== null && !picture.spoiler && !posted.spoiler
    const embed = isShown ? { title: `${number}`, url: link, thumbnail: { url: posted.url } } : null
    return { content, embed }
  }
}

type Page = {
  readonly key: string
  /** From 0. */
  readonly page: number
  readonly access: Pick<Access, 'mayFind'>
  readonly text: Catalog
}

function pagesOf({ hits }: Pick<Answer, 'hits'>): number {
  return Math.ceil(hits.length / ON_PAGE)
}

/** What is said where pictures were not searched by what they show. */
function noteOf(no: NoMeaning | null, isEmpty: boolean, { find }: Catalog): string[] {
  return no === null ? [] : [`-# ${onlyWordsNote(no, isEmpty, find.onlyWords)}`]
}

/** Complete where nothing was found; beside pictures, one short line. */
function onlyWordsNote(
  no: NoMeaning,
  isEmpty: boolean,
  text: Catalog['find']['onlyWords'],
): string {
  switch (no.why) {
    case 'busy':
      return text.busy
    case 'unseen':
      return text.unseen
    case 'language':
      return text.language(no.languages)
    case 'words':
      return text.words(no.words.map((word) => quoted(word)))
    default:
      return isEmpty ? text.matcher : text.matcherBesideHits
  }
}

function buttonsOf(answer: Answer, { key, page, text: { find } }: Page) {
  const pages = pagesOf(answer)
  if (pages < 2) {
    return []
  }
  const button = (emoji: string, to: number, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    customId: findCustomId(key, Math.max(0, to)),
    emoji: { name: emoji },
    label,
    disabled: to < 0 || to >= pages,
  })
  const components = [button('◀️', page - 1, find.previous), button('▶️', page + 1, find.next)]
  return [{ type: ComponentType.ActionRow as const, components }]
}
