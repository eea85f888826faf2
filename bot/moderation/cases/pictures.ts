/** The pictures of a case: from memory or from Discord, as evidence, and in the model's words. */

import { catalogFor } from '../../../commands/i18n/catalog.ts'
import { plainText } from '../../../commands/answer-text.ts'
import { hasCode, InputError } from '../../../config/errors.ts'
import type { ImageSource, Model, RequestOptions } from '../../../inference/contract/types.ts'
import { picturesIn } from '../../discord/message-pictures.ts'
import type { Case } from './case-record.ts'
import { caseWordsOf } from './case-words.ts'
import type { ModerationActions, File } from './discord-actions.ts'
import {
  type EvidenceFile,
  evidenceFile,
  type EvidenceMemory,
  MAX_EVIDENCE,
  type PictureFile,
  pictureFileOf,
} from '../../pictures/evidence.ts'
import { type Fingerprint, fingerprintOf } from '../../pictures/fingerprint.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import { type Words, wordsIn } from '../../pictures/words.ts'
import type { PictureWords } from '../hashes/picture-words.ts'
import type { WordSketch } from '../hashes/word-sketch.ts'

/** Deadline of a description, milliseconds. */
const DESCRIBE_LIMIT_MS = 10 * 60_000
const MAX_ALT_TEXT = 1000

type Deps = {
  readonly actions: ModerationActions
  readonly memory: EvidenceMemory
  readonly model: Pick<Model, 'describe' | 'read'>
  readonly pictures: Pictures
  readonly words: PictureWords
}

/** A picture of a case, with the sketch of its words; null: not read. */
export type SketchedPicture = { readonly print: Fingerprint; readonly sketch: WordSketch | null }

type SeenPicture = { readonly caption: string | null; readonly words: Words | null }

/** What a case says of its pictures. */
type Seen = Pick<Case, 'words'> & { readonly captions: (string | null)[] }

export class CasePictures {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The pictures for the log channel; those that cannot be decoded are left out. */
  async evidence(record: Case): Promise<File[]> {
    const { case: words } = catalogFor(record.locale).moderation
    const { pictures } = this.#deps
    const description = words.evidence(words.unseen)
    const made: { readonly from: PictureFile; readonly evidence: EvidenceFile }[] = []
    for (const from of await this.#of(record)) {
      try {
        const about = { number: made.length + 1, description }
        made.push({ from, evidence: await evidenceFile(from.bytes, about, pictures.decoder) })
      } catch (error) {
        if (!(error instanceof InputError)) {
          throw error
        }
      }
    }
    this.#deps.memory.shrink(record.id, made)
    return made.map(({ evidence }) => evidence)
  }

  /**
   * Describes each picture and reads its words, at the lowest urgency; the descriptions become the
   * evidence's alternative text.
   *
   * @returns a null caption for a picture that the model does not know; no captions if the pictures no
   *   longer exist.
   */
  async describe(record: Case, signal: AbortSignal): Promise<Seen> {
    const seen: SeenPicture[] = []
    for (const file of await this.#of(record)) {
      const options = {
        urgency: 'bulk',
        tenant: record.guildId,
        signal,
        deadline: Date.now() + DESCRIBE_LIMIT_MS,
      } as const
      seen.push(await this.#describeFile(file, options))
    }
    const captions = seen.map(({ caption }) => caption)
    if (captions.length > 0) {
      await this.#updateAltText(record, captions)
    }
    return { captions, words: caseWordsOf(seen.flatMap(({ words }) => words ?? [])) }
  }

  /** The case's pictures that can be compared, and their words. */
  async sketches(record: Case): Promise<SketchedPicture[]> {
    const { pictures, words } = this.#deps
    const { guildId, memberId } = record
    const sketched: SketchedPicture[] = []
    for (const file of await this.#of(record)) {
      const print = await fingerprintOf(file.bytes, (bytes, side) =>
        pictures.decoder.brightness(bytes, side, { owner: memberId }),
      )
      if (print) {
        sketched.push({ print, sketch: await words.ofFile(file, { guildId, memberId }) })
      }
    }
    return sketched
  }

  /** Describes a picture; a damaged file as its evidence shows it. */
  async #describeFile(file: PictureFile, options: RequestOptions): Promise<SeenPicture> {
    const { model, pictures } = this.#deps
    const describe = async ({ bytes, hash }: PictureFile) => {
      // Not from the owner: the message may be deleted already.
      const source = { key: hash, bytes: async () => bytes }
      try {
        // Staff read what is there, not what the operator has members told.
        const { text, judgment } = await model.describe(source, { ...options, system: '' })
        const caption = judgment.verdict === 'outside' ? null : text
        return { caption, words: await wordsOrNone(model, source, options) }
      } finally {
        await pictures.settle([source])
      }
    }
    try {
      return await describe(file)
    } catch (error) {
      if (!hasCode(error, 'image/damaged')) {
        throw error
      }
      const about = { number: 1, description: '' }
      const { data } = await evidenceFile(file.bytes, about, pictures.decoder)
      return describe(pictureFileOf(data))
    }
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

  async #updateAltText({ log, locale }: Case, captions: readonly (string | null)[]): Promise<void> {
    if (log === null) {
      return
    }
    const { case: words } = catalogFor(locale).moderation
    const message = await this.#deps.actions.message(log.channelId, log.messageId)
    const attachments = [...(message?.attachments.values() ?? [])].map(({ id }, i) => ({
      id,
      description: plainText(words.evidence(captions[i] ?? words.cannotSee), MAX_ALT_TEXT),
    }))
    if (attachments.length > 0) {
      await this.#deps.actions.edit(log.channelId, log.messageId, { attachments })
    }
  }
}

/** A case is described whether or not its words can be read. */
async function wordsOrNone(
  model: Pick<Model, 'read'>,
  source: ImageSource,
  options: RequestOptions,
): Promise<Words | null> {
  try {
    return await wordsIn(model, source, options)
  } catch (error) {
    if (error instanceof InputError) {
      return null
    }
    throw error
  }
}
