/**
 * For channels that want it (`/moderation reposts`): a picture that was posted there before is answered
 * with a link to its first posting. It has no other effect, and does not depend on the moderation mode.
 *
 * For each picture its hash and message id are stored, not who posted it, and not its words: those of
 * both pictures are read when their hashes are near each other.
 */

import type { Message } from 'discord.js'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import { plainMessage } from '../../../commands/answer-text.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import { catalogFor } from '../../../commands/i18n/catalog.ts'
import type { DuplicatePostService } from '../../../commands/moderation/rules-service.ts'
import { InputError } from '../../../config/errors.ts'
import { picturesIn } from '../../discord/message-pictures.ts'
import { errorCode, ERROR_CODES } from '../../discord/api-errors.ts'
import type { Place } from '../../discord/place.ts'
import type { Deletions } from '../../memory/deletions.ts'
import { KeyedMutex } from '../../store/keyed-mutex.ts'
import type { Collection, Store } from '../../store/types.ts'
import { linkTo } from '../cases/message.ts'
import { HashIndex } from './hash-index.ts'
import {
  type Fingerprint,
  isDetailHash,
  isHash,
  isSimilarInDetail,
} from '../../pictures/fingerprint.ts'
import type { Comparable, Pictures } from '../../pictures/pictures.ts'
import type { Detector } from '../detector.ts'
import type { PictureWords } from './picture-words.ts'
import type { WordSketch } from './word-sketch.ts'
import { compareWords, relationOf } from './word-verdict.ts'

const SETTING_LIFE_MS = 400 * DAY_MS
/** A picture expires 180 days after it was last posted. */
const PICTURE_LIFE_MS = 180 * DAY_MS
/** Hashes that differ in more bits are those of other pictures. */
export const DISTANCE = 6
/** Pictures whose words are compared with those of a new one; the likeliest first. */
const MAX_COMPARED = 4
const MAX_CHANNELS = 20
/** Pictures of one channel; further ones are not stored until others expire. */
const MAX_PICTURES = 20_000
/** Pictures that are known to have been examined; older ones are examined again. */
const MAX_EXAMINED = 10_000
/** Channels whose pictures are in memory at once. */
const MAX_LOADED = 20

const firstSchema = z.object({
  hash: z.string().refine(isHash),
  /** Empty for a record of an older version: it matches nothing, and expires. */
  detail: z.string().refine(isDetailHash).default(''),
  messageId: z.string(),
  at: z.number(),
})
type First = Readonly<z.infer<typeof firstSchema>>
type Setting = { readonly channels: readonly string[]; readonly at: number }

type Deps = {
  readonly detector: Pick<Detector, 'caseOf'>
  readonly pictures: Pictures
  readonly words: PictureWords
  readonly deletions: Deletions
}

/** A picture that is compared with those of its channel. */
type Compared = {
  readonly key: string
  readonly index: HashIndex<First>
  readonly comparable: Comparable
}

export class DuplicatePosts {
  readonly settings: Collection<Setting>
  readonly pictures: Collection<First>
  readonly #deps: Deps
  readonly #loaded = new LRUCache<string, Promise<HashIndex<First>>>({ max: MAX_LOADED })
  /** Pictures that were examined, by message: each update of a message comes here again. */
  readonly #examined = new LRUCache<string, true>({ max: MAX_EXAMINED })
  /** By channel: of two equal pictures posted at once, the second is compared with the first. */
  readonly #mutex = new KeyedMutex()

  constructor(store: Store, deps: Deps) {
    this.#deps = deps
    const setting = z.object({ channels: z.array(z.string()), at: z.number() })
    this.settings = store.collection<Setting>({
      name: 'moderation-reposts',
      whenFull: 'refuse',
      ttlMs: SETTING_LIFE_MS,
      decode: (data) => setting.parse(data),
    })
    this.pictures = store.collection<First>({
      name: 'moderation-first',
      ttlMs: PICTURE_LIFE_MS,
      whenNotAuthentic: 'skip',
      readableKeyParts: 3, // server, channel, message; then the hash
      decode: (data) => firstSchema.parse(data),
    })
  }

  /** Answers a message whose picture was posted in its channel before. */
  async onMessage(message: Message<true>): Promise<void> {
    if (message.author.bot) {
      return
    }
    const { guildId, channelId } = message
    if (!(await this.#channels(guildId)).includes(channelId)) {
      return
    }
    if ((await this.#deps.detector.caseOf(message)) !== null) {
      return // it is in a case already
    }
    const key = `${guildId}/${channelId}`
    const subjects = [`guild/${guildId}`, `channel/${channelId}`, `message/${message.id}`] as const
    await this.#deps.deletions.write({ startedBy: message.id, subjects }, () =>
      this.#mutex.run(key, async () => {
        // Its pictures were deleted if it was turned off in the meantime.
        const isOn = (await this.#channels(guildId)).includes(channelId)
        await (isOn ? this.#compare(message, key) : undefined)
      }),
    )
  }

  /** The channels where it is on. @param server null: of all servers. */
  async *places(server: string | null): AsyncGenerator<Place, void> {
    const guilds = server === null ? this.settings.keys() : [server]
    for await (const guildId of guilds) {
      const channels = await this.#channels(guildId)
      yield* channels.map((channelId) => ({ guildId, channelId }))
    }
  }

  /** Whether there are records about the pictures of a message. */
  async hasMessage({ guildId, channelId }: Place, messageId: string): Promise<boolean> {
    const { done } = await this.pictures.keys(`${guildId}/${channelId}/${messageId}/`).next()
    return done !== true
  }

  /** Deletes the records about the pictures of a message. */
  async forgetMessage({ guildId, channelId }: Place, messageId: string): Promise<void> {
    const key = `${guildId}/${channelId}`
    const index = await this.#loaded.get(key)
    for await (const [name, first] of this.pictures.entries(`${key}/${messageId}/`)) {
      await this.pictures.delete(name)
      const known = index?.near(first.hash, 0) ?? []
      known
        .filter(({ value }) => value.messageId === messageId)
        .forEach(({ value }) => index?.remove(value))
    }
  }

  /** A channel was deleted: its records go, and its setting. */
  async forgetChannel({ guildId, channelId }: Place): Promise<void> {
    if (guildId !== null) {
      await this.settings.update(guildId, (old) =>
        old?.channels.includes(channelId)
          ? { ...old, channels: old.channels.filter((id) => id !== channelId) }
          : old,
      )
      await this.#deletePictures(`${guildId}/${channelId}`)
    }
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    await this.settings.delete(guildId)
    await this.pictures.deleteAll(`${guildId}/`)
    const ofGuild = [...this.#loaded.keys()].filter((key) => key.startsWith(`${guildId}/`))
    for (const key of ofGuild) {
      this.#loaded.delete(key)
    }
  }

  /** The service that the commands use. */
  service(): DuplicatePostService {
    return {
      channels: (guildId) => this.#channels(guildId),
      toggle: async (guildId, channelId) => {
        let on = false
        await this.settings.update(guildId, (old) => {
          const before = old?.channels ?? []
          on = !before.includes(channelId)
          const channels = on ? [...before, channelId] : before.filter((id) => id !== channelId)
          if (channels.length > MAX_CHANNELS) {
            throw new InputError('moderation/too-many', { most: MAX_CHANNELS })
          }
          return { channels, at: Date.now() }
        })
        if (!on) {
          const key = `${guildId}/${channelId}`
          await this.#mutex.run(key, () => this.#deletePictures(key))
        }
        return on
      },
    }
  }

  async #deletePictures(key: string): Promise<void> {
    await this.pictures.deleteAll(`${key}/`)
    this.#loaded.delete(key)
  }

  async #channels(guildId: string): Promise<readonly string[]> {
    const stored = await this.settings.get(guildId)
    if (stored && Date.now() - stored.at > DAY_MS) {
      await this.settings.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return stored?.channels ?? []
  }

  async #compare(message: Message<true>, key: string): Promise<void> {
    const index = await this.#indexOf(key)
    let first: First | undefined
    const pictures = this.#unexamined(message)
    for (const comparable of await this.#deps.pictures.fingerprintAll(pictures)) {
      const { whole } = comparable.print
      const isKnown = index.near(whole, 0).some(({ value }) => value.messageId === message.id)
      if (!isKnown) {
        first ??= await this.#firstOf(message, { key, index, comparable })
        // Duplicates too: they remain if the first posting is deleted.
        await this.#store(message, { key, index, comparable })
      }
    }
    if (first) {
      const { reposts } = catalogFor(message.guild.preferredLocale).moderationRules
      const link = linkTo(message.guildId, {
        channelId: message.channelId,
        messageId: first.messageId,
      })
      await message.reply({
        ...plainMessage(reposts.found(link, Math.floor(first.at / 1000))),
        failIfNotExists: false,
        nonce: `r${message.id}`, // two processes may answer
        enforceNonce: true,
      })
    }
  }

  /** The pictures of a message that were not examined before. */
  #unexamined(message: Message<true>): FoundPicture[] {
    return picturesIn(message).filter(({ key }) => {
      const name = `${message.id}/${key}`
      const isKnown = this.#examined.has(name)
      this.#examined.set(name, true)
      return !isKnown
    })
  }

  /** The oldest posting of the picture whose message still exists. */
  async #firstOf(
    message: Message<true>,
    { key, index, comparable: { picture, print } }: Compared,
  ): Promise<First | undefined> {
    const near = index
      .near(print.whole, DISTANCE)
      .map(({ value: first }) => ({ first, inDetail: isSimilar(first, print) }))
      .filter(({ first }) => first.messageId !== message.id)
      .toSorted((a, b) => Number(b.inDetail) - Number(a.inDetail) || a.first.at - b.first.at)
    let own: Promise<WordSketch | null> | undefined
    let compared = 0
    for (const { first, inDetail } of near) {
      const posted = await this.#posted(message, first)
      if (posted === undefined) {
        index.remove(first)
        await this.pictures.delete(recordKey(key, first))
      } else if (compared < MAX_COMPARED) {
        compared += 1
        own ??= this.#wordsOf(message, picture)
        const { verdict } = compareWords(await own, await this.#wordsOfFirst(posted, first))
        if (relationOf(verdict, inDetail) === 'same') {
          // Renews it, unless it was deleted in the meantime.
          await this.pictures.update(recordKey(key, first), (old) => old)
          return first
        }
      } else {
        return undefined
      }
    }
    return undefined
  }

  /** The message of a posting; undefined: it was deleted. */
  async #posted(
    { channel }: Message<true>,
    { messageId }: First,
  ): Promise<Message<true> | undefined> {
    try {
      return await channel.messages.fetch({ message: messageId, force: true })
    } catch (error) {
      if (errorCode(error) === ERROR_CODES.unknownMessage) {
        return undefined
      }
      throw error
    }
  }

  async #wordsOfFirst(posted: Message<true>, { hash }: First): Promise<WordSketch | null> {
    const pictures = await this.#deps.pictures.fingerprintAll(picturesIn(posted))
    const shown = pictures.find(({ print }) => print.whole === hash)
    return shown ? this.#wordsOf(posted, shown.picture) : null
  }

  #wordsOf({ guildId, author }: Message<true>, picture: FoundPicture): Promise<WordSketch | null> {
    return this.#deps.words.ofPicture(picture, { guildId, memberId: author.id })
  }

  async #store(message: Message<true>, { key, index, comparable }: Compared): Promise<void> {
    if (index.size < MAX_PICTURES) {
      const { whole: hash, detail } = comparable.print
      const first = { hash, detail, messageId: message.id, at: message.createdTimestamp }
      index.add(hash, first)
      await this.pictures.set(recordKey(key, first), first)
    }
  }

  #indexOf(key: string): Promise<HashIndex<First>> {
    const loaded = this.#loaded.get(key)
    if (loaded !== undefined) {
      return loaded
    }
    const loading = this.#load(key)
    this.#loaded.set(key, loading)
    loading.catch(() => this.#loaded.delete(key))
    return loading
  }

  async #load(key: string): Promise<HashIndex<First>> {
    const index = new HashIndex<First>()
    for await (const [, first] of this.pictures.entries(`${key}/`)) {
      index.add(first.hash, first)
    }
    return index
  }
}

function isSimilar({ hash, detail }: First, print: Fingerprint): boolean {
  return isSimilarInDetail({ whole: hash, detail }, print)
}

function recordKey(key: string, { messageId, hash }: First): string {
  return `${key}/${messageId}/${hash}`
}
