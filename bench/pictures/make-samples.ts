/**
 * Draws the sample pictures of the sandbox's page: `node bench/pictures/make-samples.ts`.
 *
 * The scenes are of the kind that the demo model was trained on, drawn by a renderer that training
 * never used. Each is drawn until the demo model describes it rightly, so the samples
 * show what the model can do and not how often it errs; `npm run bench -- demo` measures that.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { createRandom } from '../report/random.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { captionStatements } from '../quality/demo-scenes.ts'
import { type Scene, type SceneObject, sceneSvg } from '../quality/scene-svg.ts'

const FOLDER = path.join(import.meta.dirname, '..', '..', 'sandbox', 'samples')

/** Shorter pictures look poor next to a message. In pixels. */
const MIN_SHORT_SIDE = 256
const MAX_LONG_SIDE = 640

/** The page shows them nearly square. */
const MAX_ASPECT = 4 / 3

/** Seeds tried for a scene. */
const MAX_SEEDS = 500

const CELLS = [
  ['at the top left', '左上方'],
  ['at the top', '上方'],
  ['at the top right', '右上方'],
  ['on the left', '左边'],
  ['in the center', '中间'],
  ['on the right', '右边'],
  ['at the bottom left', '左下方'],
  ['at the bottom', '下方'],
  ['at the bottom right', '右下方'],
] as const

const CHINESE: Readonly<Record<string, string>> = {
  small: '小',
  medium: '中等',
  large: '大',
  red: '红色',
  green: '绿色',
  blue: '蓝色',
  yellow: '黄色',
  orange: '橙色',
  purple: '紫色',
  black: '黑色',
  white: '白色',
  gray: '灰色',
  pink: '粉色',
  beige: '米色',
  circle: '圆形',
  square: '正方形',
  triangle: '三角形',
  star: '星形',
  heart: '心形',
  cross: '十字形',
}

/** Each scene as `background: size color shape cell, …`. */
const SCENES: Readonly<Record<string, string>> = {
  'star-and-circle': 'gray: small yellow star 0, medium red circle 4, medium blue square 5',
  hearts: 'pink: medium red heart 3, medium red heart 5, small purple heart 1',
  'lone-triangle': 'white: large green triangle 4',
  'night-sky': 'black: medium yellow circle 2, small white star 0, small white star 4',
  'four-corners':
    'beige: small blue square 0, small red square 2, small green square 6, small orange square 8',
  'cross-over-square': 'white: medium red cross 1, medium black square 7',
  balloons: 'beige: medium purple circle 0, medium orange circle 1, small green circle 5',
  'purple-heart': 'gray: medium purple heart 4, small orange star 8',
  mixed: 'pink: medium blue triangle 0, small black cross 4, medium green circle 8',
  'two-stars': 'black: medium orange star 3, small orange star 5',
  'left-and-right': 'white: medium blue circle 3, medium orange triangle 5',
  scattered:
    'gray: small red triangle 1, medium white cross 3, small yellow heart 8, medium green star 5',
}

function readScene(text: string): Scene {
  const [background = '', things = ''] = text.split(': ')
  const objects = things.split(', ').map((thing): SceneObject => {
    const [size = '', color = '', shape = '', cell = ''] = thing.split(' ')
    return { size, color, shape, cell: Number(cell) }
  })
  return { background, objects }
}

function inEnglish({ background, objects }: Scene): string {
  const things = objects.map(
    ({ size, color, shape, cell }) => `a ${size} ${color} ${shape} ${CELLS[cell]?.[0]}`,
  )
  const last = things.pop()
  const list = things.length > 0 ? `${things.join(', ')} and ${last}` : last
  return `${list} on a ${background} background`
}

function inChinese({ background, objects }: Scene): string {
  const things = objects.map(
    ({ size, color, shape, cell }) =>
      `${CELLS[cell]?.[1]}一个${CHINESE[size]}的${CHINESE[color]}${CHINESE[shape]}`,
  )
  return `${CHINESE[background]}背景：${things.join('，')}`
}

/** The first seed from here on whose picture has a fitting size and is described rightly. */
async function draw(model: Model, scene: Scene, from: number) {
  for (let seed = from; seed < from + MAX_SEEDS; seed++) {
    const svg = Buffer.from(sceneSvg(scene, createRandom(seed)))
    const { width, height } = await sharp(svg).metadata()
    if (height < MIN_SHORT_SIDE || width > MAX_LONG_SIDE) {
      continue
    }
    if (width < height || width / height > MAX_ASPECT + 0.01) {
      continue
    }
    const bytes = await sharp(svg).flatten().webp({ quality: 82 }).toBuffer()
    const { text, judgment } = await model.describe(bytes)
    const isRight = captionStatements(text).join() === captionStatements(inEnglish(scene)).join()
    if (isRight && judgment.verdict === 'inside') {
      return { bytes, width, height }
    }
  }
  throw new RangeError(`the demo model describes no drawing of "${inEnglish(scene)}" rightly`)
}

const model = await openModel(findModel('demo'))
mkdirSync(FOLDER, { recursive: true })
const list = []
for (const [i, [name, text]] of Object.entries(SCENES).entries()) {
  const scene = readScene(text)
  const { bytes, width, height } = await draw(model, scene, (i + 1) * 1000)
  const file = `${name}.webp`
  writeFileSync(path.join(FOLDER, file), bytes)
  list.push({ file, width, height, en: inEnglish(scene), 'zh-CN': inChinese(scene) })
}
writeFileSync(path.join(FOLDER, 'samples.json'), `${JSON.stringify(list, null, 2)}\n`)
await model.close()
