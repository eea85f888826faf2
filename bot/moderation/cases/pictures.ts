/** The pictures of a case: from memory or from Discord, as evidence, and in the model's words. */

import { catalogueFor } from '../../../commands/i18n/catalogue.ts'
import type { Model } from '../../../inference/types.ts'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { Case } from './case.ts'
import type { Deeds, File } from './discord-actions.ts'
import {
  evidenceFile,
  type EvidenceMemory,
  MAX_EVIDENCE,
  type PictureFile,
} from '../../pictures/evidence.ts'
import type { Pictures } from '../../pictures/pictures.ts'

/** A description that is not there by then is given up, milliseconds. */
const DESCRIBE_LIMIT_MS = 10 * 60_000
const MAX_ALT_TEXT = 1000

type Parts = {
  readonly deeds: Deeds
  readonly memory: EvidenceMemory
  readonly model: Pick<Model, 'describe'>
  readonly pictures: Pictures
}

export class CasePictures {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The pictures for the log channel. */
  async evidence(found: Case): Promise<File[]> {
    const { case: words } = catalogueFor(found.locale).moderation
    const description = words.evidence(words.unseen)
    const files: File[] = []
    for (const [i, { bytes }] of (await this.#of(found)).entries()) {
      files.push(await evidenceFile(bytes, { number: i + 1, description }))
    }
    return files
  }

  /**
   * What the model says of each, after everyone who waits for an answer; it becomes the evidence's
   * alternative text.
   *
   * @returns none if the pictures are gone.
   */
  async describe(found: Case, signal: AbortSignal): Promise<string[]> {
    const { model, pictures } = this.#parts
    const captions: string[] = []
    const files = await this.#of(found)
    // Not from the owner: the message may be deleted already.
    const sources = files.map(({ bytes, hash }) => ({ key: hash, bytes: async () => bytes }))
    try {
      for (const source of sources) {
        const { text } = await model.describe(source, {
          urgency: 'bulk',
          tenant: found.guildId,
          signal,
          deadline: Date.now() + DESCRIBE_LIMIT_MS,
        })
        captions.push(text)
      }
    } finally {
      await pictures.settle(sources)
    }
    if (captions.length > 0) {
      await this.#putIntoWords(found, captions)
    }
    return captions
  }

  forget(caseId: string): void {
    this.#parts.memory.forget(caseId)
  }

  /** From memory, from the first copy that is still there, or else from the evidence itself. */
  async #of({ id, copies, log }: Case): Promise<readonly PictureFile[]> {
    const { memory, deeds, pictures: owner } = this.#parts
    const kept = memory.of(id)
    if (kept) {
      return kept
    }
    for (const { channelId, messageId } of [...copies, ...(log ? [log] : [])]) {
      const message = await deeds.message(channelId, messageId)
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

  async #putIntoWords({ log, locale }: Case, captions: readonly string[]): Promise<void> {
    if (log === null) {
      return
    }
    const { case: words } = catalogueFor(locale).moderation
    const message = await this.#parts.deeds.message(log.channelId, log.messageId)
    const attachments = [...(message?.attachments.values() ?? [])].map(({ id }, i) => ({
      id,
      description: words.evidence(captions[i] ?? '').slice(0, MAX_ALT_TEXT),
    }))
    if (attachments.length > 0) {
      await this.#parts.deeds.edit(log.channelId, log.messageId, { attachments })
    }
  }
}
