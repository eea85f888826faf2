/** The pictures of a case: from memory or from Discord, as evidence, and in the model's words. */

import { catalogFor } from '../../../commands/i18n/catalog.ts'
import { plainText } from '../../../commands/answer-text.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { Case } from './case.ts'
import type { ModerationActions, File } from './discord-actions.ts'
import {
  evidenceFile,
  type EvidenceMemory,
  MAX_EVIDENCE,
  type PictureFile,
} from '../../pictures/evidence.ts'
import type { Pictures } from '../../pictures/pictures.ts'

/** Deadline of a description, milliseconds. */
const DESCRIBE_LIMIT_MS = 10 * 60_000
const MAX_ALT_TEXT = 1000

type Deps = {
  readonly actions: ModerationActions
  readonly memory: EvidenceMemory
  readonly model: Pick<Model, 'describe'>
  readonly pictures: Pictures
}

export class CasePictures {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The pictures for the log channel. */
  async evidence(record: Case): Promise<File[]> {
    const { case: words } = catalogFor(record.locale).moderation
    const { pictures } = this.#deps
    const description = words.evidence(words.unseen)
    const files: File[] = []
    for (const [i, { bytes }] of (await this.#of(record)).entries()) {
      files.push(await evidenceFile(bytes, { number: i + 1, description }, pictures.decoder))
    }
    return files
  }

  /**
   * Describes each picture, at the lowest urgency; the descriptions become the evidence's alternative
   * text.
   *
   * @returns an empty list if the pictures no longer exist.
   */
  async describe(record: Case, signal: AbortSignal): Promise<string[]> {
    const { model, pictures } = this.#deps
    const captions: string[] = []
    const files = await this.#of(record)
    // Not from the owner: the message may be deleted already.
    const sources = files.map(({ bytes, hash }) => ({ key: hash, bytes: async () => bytes }))
    try {
      for (const source of sources) {
        const { text } = await model.describe(source, {
          urgency: 'bulk',
          tenant: record.guildId,
          signal,
          deadline: Date.now() + DESCRIBE_LIMIT_MS,
        })
        captions.push(text)
      }
    } finally {
      await pictures.settle(sources)
    }
    if (captions.length > 0) {
      await this.#updateAltText(record, captions)
    }
    return captions
  }

  forget(caseId: string): void {
    this.#deps.memory.forget(caseId)
  }

  /** From memory, from the first copy that still exists, or else from the posted evidence. */
  async #of({ id, copies, log }: Case): Promise<readonly PictureFile[]> {
    const { memory, actions, pictures: owner } = this.#deps
    const stored = memory.of(id)
    if (stored) {
      return stored
    }
    for (const { channelId, messageId } of [...copies, ...(log ? [log] : [])]) {
      const message = await actions.message(channelId, messageId)
      const pictures = message ? picturesIn(message).slice(0, MAX_EVIDENCE) : []
      const fetched = await Promise.allSettled(pictures.map((picture) => owner.file(picture)))
      const files = fetched.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []))
      if (files.length > 0) {
        memory.keep(id, files)
        return files
      }
    }
    return []
  }

  async #updateAltText({ log, locale }: Case, captions: readonly string[]): Promise<void> {
    if (log === null) {
      return
    }
    const { case: words } = catalogFor(locale).moderation
    const message = await this.#deps.actions.message(log.channelId, log.messageId)
    const attachments = [...(message?.attachments.values() ?? [])].map(({ id }, i) => ({
      id,
      description: plainText(words.evidence(captions[i] ?? ''), MAX_ALT_TEXT),
    }))
    if (attachments.length > 0) {
      await this.#deps.actions.edit(log.channelId, log.messageId, { attachments })
    }
  }
}
