/**
 * Packs what the renderers drew into the committed test set: `node bench/hands/pack.ts IN`, where IN
 * has a folder of pictures and a .json for each renderer. Chooses the questions.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { packFolder } from './pack-folder.ts'
import { chooseQuestions } from './questions/choose.ts'
import { askOfThings } from './things/ask.ts'
import {
  HANDS_FOLDER,
  type HandPicture,
  type Kind,
  type OtherPicture,
  type Scene,
  TRUTH_FILE,
} from './truth.ts'

const RENDERERS = ['canvas', 'plots', 'svg'] as const
const QUESTIONS = 6

const [from = ''] = process.argv.slice(2)
mkdirSync(HANDS_FOLDER, { recursive: true })
const drawings: HandPicture[] = []
for (const renderer of RENDERERS) {
  drawings.push(...(await asked(readList<Scene>(renderer))))
  packFolder(from, renderer)
}
const things = readList<Scene>('things')
packFolder(from, 'things')
const others = readList<OtherPicture>('others')
packFolder(from, 'others')
// One picture a line, so that a changed truth is a changed line.
const lines = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).join(',\n')
writeFileSync(
  path.join(HANDS_FOLDER, TRUTH_FILE),
  `{"drawings": [\n${lines(drawings)}\n], "things": [\n${lines(await askedOfThings(things))}\n], "others": [\n${lines(others)}\n]}\n`,
)

function readList<T>(renderer: string): T[] {
  const file = path.join(from, `${renderer}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
}

async function asked(scenes: readonly Scene[]): Promise<HandPicture[]> {
  const counts = new Map<Kind, number>()
  const pictures: HandPicture[] = []
  for (const [seed, scene] of scenes.entries()) {
    const { width, height } = await sharp(path.join(from, scene.name)).metadata()
    const picture = { ...scene, width, height }
    const questions = chooseQuestions(picture, { seed, most: QUESTIONS, counts })
    pictures.push({ ...picture, questions })
  }
  return pictures
}

async function askedOfThings(scenes: readonly Scene[]): Promise<HandPicture[]> {
  const pictures = scenes.map(async (scene, seed) => {
    const { width, height } = await sharp(path.join(from, scene.name)).metadata()
    const picture = { ...scene, width, height }
    return { ...picture, questions: askOfThings(picture, seed) }
  })
  return Promise.all(pictures)
}
