/**
 * Reads the words of pictures for moderation, as sketches. Answers to people go first: a reading is
 * less urgent, and where it does not end in time, pictures are compared without their words.
 */

import type { Logger } from 'pino'
import type { FoundPicture } from '../../../commands/picture.ts'
import { InputError } from '../../../config/errors.ts'
import type { ImageSource, Model, RequestOptions } from '../../../inference/contract/types.ts'
import type { PictureFile } from '../../pictures/evidence.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import { wordsIn } from '../../pictures/words.ts'
import { sketchOf, type WordSketch } from './word-sketch.ts'

/** How long a picture on a list may stay before it is compared without its words, milliseconds. */
const READ_LIMIT_MS = 15_000

/** For whom: the fair queue of the model serves servers and members in turn. */
export type Reading = {
  readonly guildId: string
  readonly memberId: string
  /** Default: `background`; staff wait for what is `normal`. */
  readonly urgency?: Extract<RequestOptions['urgency'], 'normal' | 'background'>
  readonly signal?: AbortSignal
}

type Deps = {
  readonly model: Pick<Model, 'read'>
  readonly pictures: Pictures
  readonly log: Logger
}

export class PictureWords {
  readonly #deps: Deps

  constructor({ model, pictures, log }: Deps) {
    this.#deps = { model, pictures, log }
  }

  /** The words of a picture. @returns null: they could not be read, or not all of them. */
  ofPicture(picture: FoundPicture, reading: Reading): Promise<WordSketch | null> {
    return this.#sketch(() => this.#deps.pictures.source(picture, reading.signal), reading)
  }

  /** As `ofPicture`, of a file whose message may be deleted already. */
  ofFile({ bytes, hash }: PictureFile, reading: Reading): Promise<WordSketch | null> {
    return this.#sketch(() => Promise.resolve({ key: hash, bytes: async () => bytes }), reading)
  }

  async #sketch(
    open: () => Promise<ImageSource>,
    { guildId, memberId, urgency = 'background', signal }: Reading,
  ): Promise<WordSketch | null> {
    const { model, pictures, log } = this.#deps
    try {
      const source = await open()
      try {
        const { lines, complete } = await wordsIn(model, source, {
          urgency,
          tenant: guildId,
          user: memberId,
          deadline: Date.now() + READ_LIMIT_MS,
          ...(signal && { signal }),
        })
        return complete ? sketchOf(lines) : null
      } finally {
        await pictures.settle([source])
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof InputError)) {
        log.error({ err: error }, 'the words of a picture could not be read')
      }
      return null // what decides without words is stricter
    }
  }
}
