/**
 * Reads pictures as they are posted in searchable channels, for /find, and has a model for matching look
 * at them where there is one. Answers to people go first: where there is no time for a picture, it is
 * not found.
 */

import type { Client, Message, PartialMessage } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { HOUR_MS, MINUTE_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import type { ImageSource, Model, RequestOptions } from '../../inference/contract/types.ts'
import { judgeForMatching } from '../../inference/domain/judge-picture.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import { isRestrictedForward } from '../discord/picture-access.ts'
import { placeIn, prefixOf } from '../discord/place.ts'
import { DeletedError, type Deletions, type TrackedWork } from '../memory/deletions.ts'
import type { GuildSettingsStore } from '../memory/guild-settings.ts'
import type { UserStore } from '../memory/user-store.ts'
import { MAX_PICTURES, type Pictures } from '../pictures/pictures.ts'
import { isBlank, wordsIn } from '../pictures/words.ts'
import { isSearchable } from './channels.ts'
import { packVectors, spaceOf } from './picture-vectors.ts'
import { MAX_WORDS, searchableKey } from './searchable.ts'
import type { SearchableRecords } from './searchable-records.ts'

/** How long a picture may wait until it is read. */
const READ_LIMIT_MS = 5 * MINUTE_MS
/** Discord sends updates of old messages too, for other reasons than a new picture. */
const UPDATES_MS = HOUR_MS

type Deps = {
  readonly client: Client
  readonly model: Pick<Model, 'card' | 'matcher' | 'read' | 'describe' | 'embedImage'>
  readonly pictures: Pictures
  readonly searchable: SearchableRecords
  readonly deletions: Deletions
  readonly settings: GuildSettingsStore
  readonly users: UserStore
}

export class Indexing {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Reads the pictures of a message that are not read yet, if its channel is searchable. */
  async onMessage(message: Message): Promise<void> {
    const { client, users } = this.#deps
    const { author, channelId, guildId } = message
    const isOwn = author.id === client.user?.id
    if (!message.inGuild() || isOwn || picturesIn(message).length === 0) {
      return
    }
    const place = { guildId, channelId }
    if (
      !(await this.#isSearchable(message)) ||
      isRestrictedForward({ client, place }, message) ||
      (await users.hasOptedOut(author.id))
    ) {
      return
    }
    for (const picture of picturesIn(message).slice(0, MAX_PICTURES)) {
      await this.#index(message, picture)
    }
  }

  /** As `onMessage`, for the preview of a link or a picture that came by an edit. */
  async onMessageUpdate(message: Message | PartialMessage): Promise<void> {
    const shownAt = message.editedTimestamp ?? message.createdTimestamp
    if (message.guildId !== null && Date.now() - shownAt < UPDATES_MS) {
      await this.onMessage(message.partial ? await message.fetch() : message)
    }
  }

  /** Deletes what is stored of channels that are not searchable any more. */
  async deleteUnsearchable(guildId: string): Promise<void> {
    const { client, searchable, settings } = this.#deps
    const channelIds = new Set<string>()
    for await (const key of searchable.keys(`${guildId}/`)) {
      channelIds.add(placeIn(key).channelId)
    }
    const current = await settings.of(guildId)
    for (const channelId of channelIds) {
      if (!(await isSearchable(client, current, channelId))) {
        await searchable.deleteAll(prefixOf({ guildId, channelId }))
      }
    }
  }

  async #index(message: Message<true>, picture: FoundPicture): Promise<void> {
    const { deletions, searchable } = this.#deps
    const { author, channelId, guildId, id } = message
    const key = searchableKey({ guildId, channelId }, id, picture.key)
    if (await searchable.get(key)) {
      return
    }
    const subjects = [
      `message/${id}`,
      `picture/${id}/${picture.key}`,
      `channel/${channelId}`,
      `guild/${guildId}`,
      `user/${author.id}`,
    ] as const
    try {
      await deletions.track({ startedBy: id, subjects }, (tracked) =>
        this.#readAndStore(message, picture, { key, tracked }),
      )
    } catch (error) {
      // It is gone, or no picture, or there was no time: nobody asked.
      if (!(error instanceof DeletedError || error instanceof InputError)) {
        throw error
      }
    }
  }

  async #readAndStore(
    message: Message<true>,
    picture: FoundPicture,
    { key, tracked }: { readonly key: string; readonly tracked: TrackedWork },
  ): Promise<void> {
    const { model, pictures, searchable, settings } = this.#deps
    const { author, guildId, createdTimestamp } = message
    const source = await pictures.source(picture, tracked.signal)
    try {
      const options: RequestOptions = {
        urgency: 'background',
        tenant: guildId,
        user: author.id,
        deadline: Date.now() + READ_LIMIT_MS,
        signal: tracked.signal,
      }
      const words = await wordsIn(model, source, options)
      const looked = await this.#lookAt(source, options)
      const isStored = (!isBlank(words) || looked !== null) && (await this.#isSearchable(message))
      const record = {
        author: author.id,
        picture: picture.key,
        spoiler: picture.spoiler,
        words: firstOf([...words.lines, ...words.codes]),
        at: createdTimestamp,
        meaning: looked && { space: looked.space, mean: looked.mean },
      }
      const ttlMs = await settings.ttlMs(guildId)
      await tracked.write(async () => {
        const vectors = looked?.vectors ?? null
        if (isStored) {
          await searchable.set(key, record, { vectors, ttlMs })
          // The managers may have turned it off just before, and what was stored was deleted.
          await ((await this.#isSearchable(message)) ? undefined : searchable.delete(key))
        }
      })
    } finally {
      await pictures.settle([source], !tracked.signal.aborted)
    }
  }

  /** What a picture shows, as vectors; null where no model can tell, or there was no time. */
  async #lookAt(source: ImageSource, options: RequestOptions) {
    const { model } = this.#deps
    const { matcher } = model
    if (matcher === null) {
      return null
    }
    try {
      // A matcher that knows one kind of pictures gives meaningless vectors of others.
      const { verdict } = await judgeForMatching(model, source, options)
      return verdict === 'outside'
        ? null
        : { space: spaceOf(matcher), ...packVectors(await model.embedImage(source, options)) }
    } catch (error) {
      if (error instanceof InputError) {
        return null // the words are there, and nobody asked
      }
      throw error
    }
  }

  async #isSearchable({ guildId, channelId }: Message<true>): Promise<boolean> {
    const { client, settings } = this.#deps
    return isSearchable(client, await settings.of(guildId), channelId)
  }
}

/** The first lines that have MAX_WORDS characters together. */
function firstOf(lines: readonly string[]): string[] {
  let room = MAX_WORDS
  return lines.flatMap((line) => {
    const part = line.slice(0, Math.max(0, room))
    room -= line.length
    return part === '' ? [] : [part.toWellFormed()]
  })
}
