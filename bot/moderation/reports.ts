/** What people say of a message by its context menu: a scam picture, none, or something for staff to see. */

import { InputError } from '../../config/errors.ts'
import type { Message, MessageContextMenuCommandInteraction } from 'discord.js'
import { z } from 'zod'
import { isActive } from '../../commands/moderation/settings.ts'
import { picturesIn } from '../discord/message-pictures.ts'
import type { Pictures } from '../pictures/pictures.ts'
import type { Collection, Store } from '../store/types.ts'
import { linkTo } from './cases/message.ts'
import { type Action, type Case, decided } from './cases/case.ts'
import type { CaseWork } from './cases/executor.ts'
import type { GuildModeration } from './settings.ts'
import { demandStaff, isExempt } from './staff.ts'
import { verdictOf, type Verdicts } from './hashes/hash-list.ts'
import type { Detector } from './detector.ts'

/** A member may report once in so long. */
const COOLDOWN_MS = 60_000

type Parts = {
  readonly guilds: GuildModeration
  readonly verdicts: Verdicts
  readonly detector: Detector
  readonly pictures: Pictures
  readonly work: CaseWork
}

export class Pointing {
  /** Who reported something lately. */
  readonly reports: Collection<{ at: number }>
  readonly #parts: Parts

  constructor(store: Store, parts: Parts) {
    this.#parts = parts
    this.reports = store.collection({
      name: 'moderation-reports',
      ttlMs: COOLDOWN_MS,
      decode: (data) => z.object({ at: z.number() }).parse(data),
    })
  }

  /** Staff confirm what a message shows: its case is opened and decided. */
  async mark(use: MessageContextMenuCommandInteraction): Promise<string | undefined> {
    const message = await this.#target(use, 'staff')
    const reason = { kind: 'marked', weight: 6, by: use.user.id } as const
    const found = await this.#parts.detector.openCase(message, [reason])
    if (!found) {
      throw new InputError('image/plain')
    }
    return this.#decide(found, 'confirm', use.user.id)
  }

  /** Staff say that it is none: the case is dismissed, or only the picture where there is none. */
  async allow(use: MessageContextMenuCommandInteraction): Promise<void> {
    const message = await this.#target(use, 'staff')
    const { guildId } = message
    const { settings } = await this.#parts.guilds.of(guildId)
    const caseId = await this.#parts.detector.caseOf(message)
    const found = caseId === null ? undefined : await this.#parts.work.of(guildId, caseId)
    if (found?.state === 'open') {
      await this.#decide(found, 'dismiss', use.user.id)
      return
    }
    const comparable = await this.#parts.pictures.fingerprintAll(picturesIn(message))
    if (comparable.length === 0) {
      throw new InputError('image/plain')
    }
    const said = { verdict: 'dismissed', by: use.user.id, caseId: null, note: '' } as const
    for (const { print } of comparable) {
      await this.#parts.verdicts.putOne(
        guildId,
        verdictOf(print, { ...said, distance: settings.distance }),
      )
    }
  }

  /** A member tells staff of a message, once in a while. */
  async report(use: MessageContextMenuCommandInteraction): Promise<void> {
    const message = await this.#target(use, 'anyone')
    const { settings } = await this.#parts.guilds.of(message.guildId)
    if (message.author.id === use.user.id) {
      throw new InputError('report/own-message')
    }
    if (isExempt(message, settings)) {
      throw new InputError('moderation/exempt')
    }
    let tooSoon = false
    await this.reports.update(`${message.guildId}/${use.user.id}`, (old) => {
      tooSoon = old !== undefined
      return old ?? { at: Date.now() }
    })
    if (tooSoon) {
      throw new InputError('report/cooldown')
    }
    await this.reported(message, use.user.id)
  }

  /** Staff are to see a message: it becomes a case. */
  async reported(message: Message<true>, by: string): Promise<void> {
    await this.#parts.detector.openCase(message, [{ kind: 'reported', weight: 3, by }])
  }

  async #target(
    use: MessageContextMenuCommandInteraction,
    who: 'staff' | 'anyone',
  ): Promise<Message<true>> {
    const message = use.targetMessage
    if (!message.inGuild()) {
      throw new InputError('place/server-only')
    }
    const { settings } = await this.#parts.guilds.of(message.guildId)
    if (who === 'staff') {
      demandStaff(use, settings)
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
    const { settings } = await this.#parts.guilds.of(guildId)
    const choice = { action, by, now: Date.now() }
    await this.#parts.work.change(guildId, id, (old) => old && decided(old, choice, settings))
    await this.#parts.work.carryOut(guildId, id)
    const log = (await this.#parts.work.of(guildId, id))?.log
    return log ? linkTo(guildId, log) : undefined
  }
}
