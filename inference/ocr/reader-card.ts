/** The card of a text reader: `reader.json` beside its weights. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../config/errors.ts'
import type { Characters } from './recognize.ts'

/** Makes a folder the package of a reader. */
export const READER_CARD_FILE = 'reader.json'

const fileSchema = z.object({ bytes: z.int().positive(), sha256: z.string() })
const perChannel = z.tuple([z.number(), z.number(), z.number()])

const cardSchema = z.object({
  name: z.string(),
  license: z.string(),
  source: z.string(),
  files: z.object({
    'detection.onnx': fileSchema,
    'recognition.onnx': fileSchema,
    'characters.txt': fileSchema,
  }),
  detection: z.object({
    /** Per channel, blue first, of values in [0, 1]. */
    mean: perChannel,
    std: perChannel,
    threshold: z.number(),
    boxThreshold: z.number(),
    unclipRatio: z.number(),
  }),
  recognition: z.object({
    /** Of a line as the recognizer takes it, in pixels. */
    height: z.int().positive(),
  }),
  /** A head for Cyrillic on the recognizer, trained by this project; not every reader has one. */
  cyrillic: z.object({ 'cyrillic.onnx': fileSchema, 'cyrillic.txt': fileSchema }).optional(),
})

export type ReaderCard = z.infer<typeof cardSchema>

/** @throws {ConfigError} naming the folder or the field. */
export function readReaderCard(folder: string): ReaderCard {
  const file = path.join(folder, READER_CARD_FILE)
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ConfigError([`${folder} has no text reader: ${file} cannot be read.`], { cause })
  }
  const { data, error } = cardSchema.safeParse(json)
  if (error) {
    const fields = error.issues.map((issue) => `${file}: ${issue.path.join('.')} ${issue.message}`)
    throw new ConfigError(fields)
  }
  return data
}

/** The characters by class of the networks: CTC's blank, those of the list, a space. */
export function readCharacters(folder: string, { cyrillic }: ReaderCard): Characters {
  return {
    general: listed(path.join(folder, 'characters.txt')),
    ...(cyrillic && { cyrillic: listed(path.join(folder, 'cyrillic.txt')) }),
  }
}

function listed(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  return ['', ...lines.filter((line) => line !== ''), ' ']
}

/**
 * The graph of the recognizer. That of a head for Cyrillic is appended to it: protobuf merges a
 * message that follows another one into it, so the layers that both share run once.
 */
export function readRecognizer(folder: string, { cyrillic }: ReaderCard): Uint8Array {
  const names = ['recognition.onnx', ...(cyrillic ? ['cyrillic.onnx'] : [])]
  return Buffer.concat(names.map((name) => readFileSync(path.join(folder, name))))
}
