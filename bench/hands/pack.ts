/**
 * Packs what the renderers drew into the committed test set: `node bench/hands/pack.ts IN`, where IN
 * has a folder of pictures and a .json for each renderer. Chooses the questions.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
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
/** No file of the repository is larger. */
const MAX_BYTES = 12 * 2 ** 20

const [from = ''] = process.argv.slice(2)
mkdirSync(HANDS_FOLDER, { recursive: true })
const drawings: HandPicture[] = []
for (const renderer of RENDERERS) {
  drawings.push(...(await asked(readList<Scene>(renderer))))
  pack(renderer)
}
const things = readList<Scene>('things')
pack('things')
const others = readList<OtherPicture>('others')
pack('others')
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

function pack(renderer: string): void {
  if (!existsSync(path.join(from, renderer))) {
    return
  }
  const archive = path.join(HANDS_FOLDER, `${renderer}.tar`)
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644', '--mtime=@0']
  execFileSync('tar', [
    '--format=ustar',
    '--sort=name',
    ...owner,
    '-cf',
    archive,
    '-C',
    from,
    renderer,
  ])
  if (statSync(archive).size > MAX_BYTES) {
    throw new RangeError(`${archive} is larger than ${MAX_BYTES} bytes`)
  }
}
