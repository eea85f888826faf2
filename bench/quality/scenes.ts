/**
 * How often the demo model is right on scenes of its training's own kind that it has never seen.
 *
 * Both renderers draw the same unseen scenes. The controls tell seeing from guessing: where the
 * answer hangs on the history, it is found with the history, and without it no better than by
 * the likeliest guess of one who sees the scene ("guessed history"); with another scene's picture,
 * or a black one, nothing better than guessing from the question is left.
 */

import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { readConfig } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { measureAgreement } from './agreement.ts'
import { type Asked, namedObjects, readUnseenScenes, type UnseenScene } from './demo-scenes.ts'
import { guessWithoutPicture } from './guess.ts'
import { writeResults } from '../report/results.ts'
import { renderScene } from './scene-svg.ts'
import { createTally, formatTable, percent, type Tally } from '../report/tally.ts'

/** How the question was asked, in the order of the table's columns. */
const CONDITIONS = [
  'own renderer',
  'second renderer',
  'with history',
  'no history',
  'guessed history',
  'wrong picture',
  'no picture',
  'question only',
] as const
type Condition = (typeof CONDITIONS)[number]
type Tallies = Readonly<Record<Condition, Tally>>

export async function runScenesBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string' }, limit: { type: 'string' } },
  })
  const scenes = readUnseenScenes(values.limit === undefined ? Infinity : Number(values.limit))
  const config = readConfig(process.env)
  const folder = findModel(values.model ?? 'demo', config.modelsFolder)
  const model = await openModel(folder)
  try {
    const tallies = await askEverything(model, scenes)
    const captions = await captionEverything(model, scenes)
    process.stdout.write(report(tallies, captions))
    const agreement = await measureAgreement(path.join(folder, 'checkpoint'), scenes)
    process.stdout.write(agreement.table)
    const file = writeResults('scenes', {
      model: model.card.name,
      precision: model.card.precision,
      answers: Object.fromEntries(CONDITIONS.map((name) => [name, shares(tallies[name])])),
      captions,
      agreement: agreement.shares,
    })
    process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
  } finally {
    await model.close()
  }
}

async function askEverything(model: Model, scenes: readonly UnseenScene[]): Promise<Tallies> {
  const tallies = {
    'own renderer': createTally(),
    'second renderer': createTally(),
    'with history': createTally(),
    'no history': createTally(),
    'guessed history': createTally(),
    'wrong picture': createTally(),
    'no picture': createTally(),
    'question only': createTally(),
  }
  const own = await drawAll(scenes, ({ picture }) => picture)
  const second = await drawAll(scenes, ({ scene }, index) => renderScene(scene, index))
  const black = await imageSourceOf(await blackPicture())
  const guess = guessWithoutPicture(scenes)
  for (const [index, { conversations }] of scenes.entries()) {
    const pictures = [
      ['own renderer', own[index]!],
      ['second renderer', second[index]!],
      ['wrong picture', own[(index + 1) % own.length]!],
      ['no picture', black],
    ] as const
    for (const { turn, history } of conversations.flatMap(withHistory)) {
      for (const [condition, picture] of pictures) {
        const right = await answersRightly(model, picture, turn, history)
        tallies[condition].add(turn.category, right)
        if (turn.guess !== null && condition === 'own renderer') {
          tallies['with history'].add(turn.category, right)
        }
      }
      if (turn.guess !== null) {
        const right = await answersRightly(model, own[index]!, turn, [])
        tallies['no history'].add(turn.category, right)
        tallies['guessed history'].add(turn.category, turn.guess === turn.answer)
      }
      tallies['question only'].add(turn.category, guess(index, turn) === turn.answer)
    }
  }
  return tallies
}

function withHistory(turns: readonly Asked[]) {
  return turns.map((turn, number) => ({ turn, history: turns.slice(0, number) }))
}

/** The pictures of all scenes. */
async function drawAll(
  scenes: readonly UnseenScene[],
  draw: (scene: UnseenScene, index: number) => Uint8Array | Promise<Uint8Array>,
): Promise<ImageSource[]> {
  const pictures: ImageSource[] = []
  for (const [index, scene] of scenes.entries()) {
    pictures.push(await imageSourceOf(await draw(scene, index)))
  }
  return pictures
}

async function answersRightly(
  model: Model,
  picture: ImageSource,
  turn: Asked,
  history: readonly Asked[],
): Promise<boolean> {
  const { text } = await model.ask(picture, turn.question, { history })
  return text === turn.answer
}

/** Shares of captions that name every object, and nothing else, with its color and shape. */
async function captionEverything(model: Model, scenes: readonly UnseenScene[]) {
  const right = { own: 0, second: 0 }
  for (const [index, { scene, picture }] of scenes.entries()) {
    const expected = scene.objects.map(({ color, shape }) => `${color} ${shape}`).toSorted()
    const own = await model.describe(picture)
    const second = await model.describe(await renderScene(scene, index))
    right.own += same(namedObjects(own.text), expected) ? 1 : 0
    right.second += same(namedObjects(second.text), expected) ? 1 : 0
  }
  return { own: right.own / scenes.length, second: right.second / scenes.length }
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index])
}

async function blackPicture(): Promise<Uint8Array> {
  const black = { width: 128, height: 128, channels: 3, background: '#000' } as const
  return sharp({ create: black }).png().toBuffer()
}

function shares(tally: Tally): Record<string, number | null> {
  const rows = tally.categories().map((category) => [category, tally.share(category)] as const)
  return { ...Object.fromEntries(rows), all: tally.share() }
}

function report(
  tallies: Tallies,
  captions: { readonly own: number; readonly second: number },
): string {
  const columns = CONDITIONS.map((name) => tallies[name])
  const own = tallies['own renderer']
  const rows = own
    .categories()
    .map((category) => [
      category,
      String(own.count(category)),
      ...columns.map((tally) => percent(tally.share(category))),
    ])
  return formatTable([
    ['exact answers', 'asked', ...CONDITIONS],
    ...rows,
    ['all', String(own.count()), ...columns.map((tally) => percent(tally.share()))],
    ['captions naming every object', '', percent(captions.own), percent(captions.second)],
  ])
}
