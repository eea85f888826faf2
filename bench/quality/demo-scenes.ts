/** Reads the unseen pictures by the training's own hands, with their conversations: training/eval. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

const EVAL_FOLDER = path.join(import.meta.dirname, '..', '..', 'training', 'eval')

const fileSchema = z.object({
  format: z.literal(2),
  scenes: z.array(
    z.object({
      scene: z.object({
        background: z.string(),
        objects: z.array(
          z.object({
            shape: z.string(),
            /** Null: it has many. */
            color: z.string().nullable(),
            /** Null: people would not agree. */
            size: z.string().nullable(),
            /** The part of the picture, 0 to 8 in reading order. */
            cell: z.int(),
          }),
        ),
      }),
      caption: z.string(),
      /** Where its picture is in the file of pictures: offset and length, bytes. */
      image: z.tuple([z.int(), z.int()]),
      /** Question, its only right answer, its kind, and whether it depends on the ones before. */
      conversation: z.array(z.tuple([z.string(), z.string(), z.string(), z.boolean()])),
    }),
  ),
})

type Row = z.infer<typeof fileSchema>['scenes'][number]

/** A scene that no training used. */
export type UnseenScene = Pick<Row, 'scene' | 'caption' | 'conversation'> & {
  /** A WebP file. */
  readonly picture: Uint8Array
}

/** @returns the scenes in their order, at most `limit` of them. */
export function readUnseenScenes(limit = Infinity): UnseenScene[] {
  const json: unknown = JSON.parse(readFileSync(path.join(EVAL_FOLDER, 'scenes.json'), 'utf8'))
  const pictures = readFileSync(path.join(EVAL_FOLDER, 'images.bin'))
  return fileSchema
    .parse(json)
    .scenes.slice(0, limit)
    .map(({ image: [offset, length], ...row }) => ({
      ...row,
      picture: pictures.subarray(offset, offset + length),
    }))
}

/** What a caption says, sorted: each object with its size, color, shape and place; the background. */
export function captionStatements(caption: string): string[] {
  const [objects = '', background = ''] = caption.split(/ on an? (?=[a-z]+ background$)/)
  return [...objects.split(/, | and /), background].toSorted()
}
