/** Reads the unseen scenes of the shipped model's training, with their questions: training/eval. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Scene } from './scene-svg.ts'

const EVAL_FOLDER = path.join(import.meta.dirname, '..', '..', 'training', 'eval')

const drawnSchema = z.object({
  scene: z.object({
    background: z.string(),
    objects: z.array(
      z.object({ shape: z.string(), color: z.string(), size: z.string(), cell: z.int() }),
    ),
  }),
  /** Where its picture is in the file of pictures: offset and length, bytes. */
  image: z.tuple([z.int(), z.int()]),
})

const rulesSchema = z.object({ format: z.literal(1), scenes: z.array(drawnSchema) })

const fileSchema = z.object({
  format: z.literal(1),
  scenes: z.array(
    drawnSchema.extend({
      caption: z.string(),
      conversations: z.array(
        z.array(z.tuple([z.string(), z.string(), z.string(), z.string().nullable()]).readonly()),
      ),
    }),
  ),
})

/** One question of a conversation, with its only right answer. */
export type Asked = {
  readonly question: string
  readonly answer: string
  readonly category: string
  /**
   * For a question whose answer depends on the turns before it: the likeliest answer for one who
   * sees the scene but not those turns. Null for any other question.
   */
  readonly guess: string | null
}

/** A scene that no training used. */
export type DrawnScene = {
  readonly scene: Scene
  /** The picture as the training's own renderer draws it, a WebP file. */
  readonly picture: Uint8Array
}

export type UnseenScene = DrawnScene & {
  readonly conversations: readonly (readonly Asked[])[]
}

/** @returns the scenes in their order, at most `limit` of them. */
export function readUnseenScenes(limit = Infinity): UnseenScene[] {
  const json: unknown = JSON.parse(readFileSync(path.join(EVAL_FOLDER, 'scenes.json'), 'utf8'))
  const pictures = readFileSync(path.join(EVAL_FOLDER, 'images.bin'))
  return fileSchema
    .parse(json)
    .scenes.slice(0, limit)
    .map(({ scene, image: [offset, length], conversations }) => ({
      scene,
      picture: pictures.subarray(offset, offset + length),
      conversations: conversations.map((turns) =>
        turns.map(([question, answer, category, guess]) => ({
          question,
          answer,
          category,
          guess,
        })),
      ),
    }))
}

/** @returns other unseen scenes, enough to ask each of them a moderator's question. */
export function readRuleScenes(): DrawnScene[] {
  const json: unknown = JSON.parse(readFileSync(path.join(EVAL_FOLDER, 'rules.json'), 'utf8'))
  const pictures = readFileSync(path.join(EVAL_FOLDER, 'rules.bin'))
  return rulesSchema.parse(json).scenes.map(({ scene, image: [offset, length] }) => ({
    scene,
    picture: pictures.subarray(offset, offset + length),
  }))
}

/** The colored shapes a caption names, sorted: "a small red circle …" gives ["red circle"]. */
export function namedObjects(caption: string): string[] {
  const pattern =
    /\b(red|green|blue|yellow|orange|purple|black|white) (circle|square|triangle|star|heart|cross)\b/g
  return Array.from(caption.matchAll(pattern), ([found]) => found).toSorted()
}

/** What a caption says, sorted: each object with its size, color, shape and place; the background. */
export function captionStatements(caption: string): string[] {
  const [objects = '', background = ''] = caption.split(/ on an? (?=[a-z]+ background$)/)
  return [...objects.split(/, | and /), background].toSorted()
}
