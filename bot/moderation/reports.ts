/** The context menu of a message: staff mark a scam picture or allow it, members report a message to staff. */

import { InputError } from '../../config/errors.ts'
import type { Message, MessageContextMenuCommandInteraction } from 'discord.js'
import { z } from 'zod'
import { isActive } from '../../commands/moderation/settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import type { Comparable, Pictures } from '../pictures/pictures.ts'
import type { Collection, Store } from '../store/types.ts'
import { linkTo } from './cases/message.ts'
import { decided, withMark } from './cases/case.ts'
import type { Action, Case } from './cases/case-record.ts'
import type { CaseExecutor } from './cases/executor.ts'
import type { GuildModeration } from './settings.ts'
import { demandStaff, isExempt } from './staff.ts'
import { hashEntryOf } from './hashes/hash-entry.ts'
import type { HashList } from './hashes/hash-list.ts'
import type { PictureWords } from './hashes/picture-words.ts'
import type { Detector } from './detector.ts'

/** How often a member may report. */
const COOLDOWN_MS = 60_000

type Deps = {
  readonly guilds: GuildModeration
  readonly hashList: HashList
  readonly detector: Detector
  readonly pictures: Pictures
  readonly words: PictureWords
  readonly executor: CaseExecutor
}

export class Reports {
  /** Members who reported something within the cooldown. */
  readonly cooldowns: Collection<{ at: number }>
  readonly #deps: Deps

  constructor(store: Store, deps: Deps) {
    this.#deps = deps
    this.cooldowns = store.collection({
      name: 'moderation-reports',
      ttlMs: COOLDOWN_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
  }

  /** Staff confirm what a message shows: its case is opened and decided. */
  async mark(interaction: MessageContextMenuCommandInteraction): Promise<string | undefined> {
    const message = await this.#target(interaction, 'staff')
    await this.#comparable(message)
    const reason = { kind: 'marked', weight: 6, by: interaction.user.id } as const
    const record = await this.#deps.detector.openCase(message, [reason])
    if (!record) {
      throw new InputError('image/gone')
    }
    const { guildId, id } = record
    await this.#deps.executor.change(guildId, id, (old) => old && withMark(old, reason))
    return this.#decide(record, 'confirm', interaction.user.id)
  }

  /** Staff allow a picture: its case is dismissed. Without an open case, the picture alone is listed as dismissed. */
  async allow(interaction: MessageContextMenuCommandInteraction): Promise<void> {
    const message = await this.#target(interaction, 'staff')
    const { guildId } = message
    const { settings } = await this.#deps.guilds.of(guildId)
    const caseId = await this.#deps.detector.caseOf(message)
    const record =
      caseId === null ? undefined : await this.#deps.executor.records.of(guildId, caseId)
    if (record?.state === 'open') {
      await this.#decide(record, 'dismiss', interaction.user.id)
      return
    }
    const comparable = await this.#comparable(message)
    const decision = {
      verdict: 'dismissed',
      by: interaction.user.id,
      caseId: null,
      note: '',
    } as const
    const of = message.author.id
    const reading = { guildId, memberId: of, urgency: 'normal' } as const
    const sketches = await Promise.all(
      comparable.map(({ picture }) => this.#deps.words.ofPicture(picture, reading)),
    )
    for (const [i, { print }] of comparable.entries()) {
      const sketch = sketches[i] ?? null
      const words = sketch === null ? null : { sketch, of }
      await this.#deps.hashList.putOne(
        guildId,
        hashEntryOf(print, { ...decision, words, distance: settings.distance }),
      )
    }
  }

  /** A member reports a message to staff, at most once per cooldown. */
  async report(interaction: MessageContextMenuCommandInteraction): Promise<void> {
    const message = await this.#target(interaction, 'anyone')
    const { settings } = await this.#deps.guilds.of(message.guildId)
    if (message.author.id === interaction.user.id) {
      throw new InputError('report/own-message')
    }
    if (isExempt(message, settings)) {
      throw new InputError('moderation/exempt')
    }
    let tooSoon = false
    await this.cooldowns.update(`${message.guildId}/${interaction.user.id}`, (old) => {
      tooSoon = old !== undefined
      return old ?? { at: Date.now() }
    })
    if (tooSoon) {
      throw new InputError('report/cooldown')
    }
    await this.reportMessage(message, interaction.user.id)
  }

  /** Opens a case for a reported message. */
  async reportMessage(message: Message<true>, by: string): Promise<void> {
    await this.#deps.detector.openCase(message, [{ kind: 'reported', weight: 3, by }])
  }

  /** @throws {InputError} if none of its pictures can be on a list. */
  async #comparable(message: Message<true>): Promise<readonly Comparable[]> {
    const comparable = await this.#deps.pictures.fingerprintAll(picturesIn(message))
    if (comparable.length === 0) {
      throw new InputError('image/plain')
    }
    return comparable
  }

  async #target(
    interaction: MessageContextMenuCommandInteraction,
    who: 'staff' | 'anyone',
  ): Promise<Message<true>> {
    const message = interaction.targetMessage
    if (!message.inGuild()) {
      throw new InputError('place/server-only')
    }
    const { settings } = await this.#deps.guilds.of(message.guildId)
    if (who === 'staff') {
      demandStaff(interaction, settings)
    }
    if (!isActive(settings)) {
      throw new InputError('moderation/not-active')
    }
    if (picturesIn(message).length === 0) {
      throw new InputError('image/none-in-message')
    }
    return message
  }

  /** @returns a link to the case. */
  async #decide({ guildId, id }: Case, action: Action, by: string): Promise<string | undefined> {
    const { settings } = await this.#deps.guilds.of(guildId)
    const choice = { action, by, now: Date.now() }
    await this.#deps.executor.change(guildId, id, (old) => old && decided(old, choice, settings))
    await this.#deps.executor.carryOut(guildId, id)
    const log = (await this.#deps.executor.records.of(guildId, id))?.log
    return log ? linkTo(guildId, log) : undefined
  }
}
