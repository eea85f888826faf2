/**
 * For channels that want it (`/moderation reposts`): a picture that was posted there before is answered
 * with a link to its first posting. It has no other effect, and does not depend on the moderation mode.
 *
 * The words of two pictures are read when their hashes are near each other, and not stored.
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
import { canReadContent, picturesIn } from '../../discord/message-pictures.ts'
import { errorCode, ERROR_CODES } from '../../discord/api-errors.ts'
import type { Place } from '../../discord/place.ts'
import type { Deletions } from '../../memory/deletions.ts'
import type { Comparable, Pictures } from '../../pictures/pictures.ts'
import { KeyedMutex } from '../../store/keyed-mutex.ts'
import type { Collection, Store } from '../../store/types.ts'
import { linkTo } from '../cases/message.ts'
import type { Detector } from '../detector.ts'
import type { PictureWords } from '../hashes/picture-words.ts'
import type { WordSketch } from '../hashes/word-sketch.ts'
import { compareWords, relationOf } from '../hashes/word-verdict.ts'
import { isSameInDetail, type PostedPicture, PostedPictures } from './posted-pictures.ts'

const SETTING_LIFE_MS = 400 * DAY_MS
/** Hashes that differ in more bits are those of other pictures. */
export const DISTANCE = 6
/** Pictures whose words are compared with those of a new one; the likeliest first. */
const MAX_COMPARED = 4
const MAX_CHANNELS = 20
/** Pictures that are known to have been examined; older ones are examined again. */
const MAX_EXAMINED = 10_000

type Setting = { readonly channels: readonly string[]; readonly at: number }

type Deps = {
  readonly detector: Pick<Detector, 'caseOf'>
  readonly pictures: Pictures
  readonly words: PictureWords
  readonly deletions: Deletions
}

export class DuplicatePosts {
  readonly settings: Collection<Setting>
  readonly posted: PostedPictures
  readonly #deps: Deps
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
    this.posted = new PostedPictures(store)
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
    const subjects = [
      `guild/${guildId}`,
      `channel/${channelId}`,
      `message/${message.id}`,
      ...picturesIn(message).map(({ key }) => `picture/${message.id}/${key}` as const),
    ] as const
    await this.#deps.deletions.write({ startedBy: message.id, subjects }, () =>
      this.#mutex.run(channelId, async () => {
        // Its pictures were deleted if it was turned off in the meantime.
        const isOn = (await this.#channels(guildId)).includes(channelId)
        await (isOn ? this.#compare(message) : undefined)
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

  /** The keys of the pictures of a message that there are records about; empty ones: not noted. */
  async keysOf(place: Place, messageId: string): Promise<string[]> {
    return (await this.posted.ofMessage(place, messageId)).map(({ picture }) => picture)
  }

  /**
   * Deletes the records about the pictures of a message.
   *
   * @param keys of the pictures; default: all. A record that does not say which picture it is about goes
   *   with any.
   */
  async forgetMessage(place: Place, messageId: string, keys?: readonly string[]): Promise<void> {
    const { guildId, channelId } = place
    for (const posted of await this.posted.ofMessage(place, messageId)) {
      const isOne = !keys || posted.picture === '' || keys.includes(posted.picture)
      if (isOne && guildId !== null) {
        await this.posted.delete({ guildId, channelId }, posted)
      }
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
      await this.posted.deleteChannel({ guildId, channelId })
    }
  }

  /** Deletes everything of a server. */
  async forgetGuild(guildId: string): Promise<void> {
    await this.settings.delete(guildId)
    await this.posted.deleteGuild(guildId)
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
          await this.#mutex.run(channelId, () => this.posted.deleteChannel({ guildId, channelId }))
        }
        return on
      },
    }
  }

  async #channels(guildId: string): Promise<readonly string[]> {
    const stored = await this.settings.get(guildId)
    if (stored && Date.now() - stored.at > DAY_MS) {
      await this.settings.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return stored?.channels ?? []
  }

  async #compare(message: Message<true>): Promise<void> {
    let first: PostedPicture | undefined
    const pictures = this.#unexamined(message)
    for (const comparable of await this.#deps.pictures.fingerprintAll(pictures)) {
      const { whole: hash, detail } = comparable.print
      const same = await this.posted.near(message, hash, 0)
      if (!same.some(({ messageId }) => messageId === message.id)) {
        first ??= await this.#firstOf(message, comparable)
        // Duplicates too: they remain if the first posting is deleted.
        await this.posted.add(message, {
          hash,
          detail,
          messageId: message.id,
          picture: comparable.picture.key,
          at: message.createdTimestamp,
        })
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

  /** The oldest posting of the picture that still exists. */
  async #firstOf(
    message: Message<true>,
    { picture, print }: Comparable,
  ): Promise<PostedPicture | undefined> {
    const near = (await this.posted.near(message, print.whole, DISTANCE))
      .filter(({ messageId }) => messageId !== message.id)
      .map((first) => ({ first, inDetail: isSameInDetail(first, print) }))
      .toSorted((a, b) => Number(b.inDetail) - Number(a.inDetail) || a.first.at - b.first.at)
    let own: Promise<WordSketch | null> | undefined
    let compared = 0
    for (const { first, inDetail } of near) {
      const shown = await this.#shown(message, first)
      if (shown === undefined) {
        await this.posted.delete(message, first)
      } else if (compared < MAX_COMPARED) {
        compared += 1
        own ??= this.#wordsOf(message, picture)
        const { verdict } = compareWords(await own, await this.#wordsOfFirst(shown, first))
        if (relationOf(verdict, inDetail) === 'same') {
          await this.posted.renew(message, first)
          return first
        }
      } else {
        return undefined
      }
    }
    return undefined
  }

  /** The message of a posting; undefined: it was deleted, or the picture was edited out of it. */
  async #shown(
    { channel }: Message<true>,
    { messageId, picture }: PostedPicture,
  ): Promise<Message<true> | undefined> {
    try {
      const posted = await channel.messages.fetch({ message: messageId, force: true })
      const pictures = picturesIn(posted)
      const isShown =
        picture === '' ? pictures.length > 0 : pictures.some(({ key }) => key === picture)
      return isShown || !canReadContent(posted) ? posted : undefined
    } catch (error) {
      if (errorCode(error) === ERROR_CODES.unknownMessage) {
        return undefined
      }
      throw error
    }
  }

  async #wordsOfFirst(shown: Message<true>, { hash }: PostedPicture): Promise<WordSketch | null> {
    const pictures = await this.#deps.pictures.fingerprintAll(picturesIn(shown))
    const same = pictures.find(({ print }) => print.whole === hash)
    return same ? this.#wordsOf(shown, same.picture) : null
  }

  #wordsOf({ guildId, author }: Message<true>, picture: FoundPicture): Promise<WordSketch | null> {
    return this.#deps.words.ofPicture(picture, { guildId, memberId: author.id })
  }
}
