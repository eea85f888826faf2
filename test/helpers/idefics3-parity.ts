/** Holds an Idefics3 or SmolVLM to what transformers gives, at every seam and from a picture's bytes to token ids. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { familyOf } from '../../inference/families/index.ts'
import type { ImageTokens, Pixels } from '../../inference/families/common/runner.ts'
import { argmax } from '../../inference/generation/scores.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { checkAboutTwo, checkAnswers, checkTurnIds } from './chat-answers.ts'
import { checkParity } from './engine-parity.ts'
import { packageFor } from './packages.ts'
import type { Idefics3Name } from './parity-names.ts'
import {
  FIXTURES,
  type Idefics3Parity,
  loadIdefics3,
  tensorOf,
  type TiledParity,
} from './parity.ts'
import { openTestRunner, type TestRunner } from './runners.ts'
import { assertClose, checkSteps } from './seams.ts'

export async function checkIdefics3(name: Idefics3Name): Promise<void> {
  const runner = await openTestRunner(await packageFor(name))
  const parity = loadIdefics3(name)
  try {
    await checkPictures(runner, parity)
    checkChat(runner, parity)
    await checkSeams(runner, parity)
    await checkSeveral(runner, parity)
    await checkTurnIds(runner, name)
  } finally {
    await runner.close()
  }
  await checkParity(name)
  await checkAnswers(name)
  await checkAboutTwo(name)
}

/** Pixel values, bit for bit, with each number of tiles along the longer side, and of pictures of their own size. */
async function checkPictures({ card }: TestRunner, { imageSize, pictures }: Idefics3Parity) {
  const { preprocessing } = card
  assert.ok('tiles' in preprocessing)
  const { longestEdge: edge, split, mostTiles } = preprocessing.tiles
  assert.equal(mostTiles === undefined ? edge : null, pictures[0]!.longestEdge)
  for (const { longestEdge, sha256 } of pictures) {
    assert.ok(Object.keys(sha256).length >= 8)
    const tiles =
      longestEdge === null
        ? { longestEdge: edge, split, mostTiles: Infinity }
        : { longestEdge, split }
    const spec = { imageSize, preprocessing: { ...preprocessing, tiles } }
    for (const [file, expected] of Object.entries(sha256)) {
      const { data } = await toPixelValues(readFileSync(path.join(FIXTURES, 'images', file)), spec)
      const actual = createHash('sha256').update(data).digest('hex')
      assert.equal(actual, expected, `${file}, ${longestEdge}`)
    }
  }
}

/** The card's format writes what the chat template does. */
export function checkChat(
  { card, decoder }: TestRunner,
  { chat }: Pick<Idefics3Parity, 'chat'>,
): void {
  for (const { turns, text } of chat) {
    const [question] = turns.at(-1)!
    const history = turns.slice(0, -1).map((turn) => ({ question: turn[0], answer: turn[1]! }))
    assert.equal(familyOf(card).questionText(card, question, history), text)
    const prompt = { kind: 'ask', question, history } as const
    assert.equal(decoder.prepare(prompt, 1, 8).text, text)
  }
}

export async function checkSeams(runner: TestRunner, parity: TiledParity): Promise<void> {
  const pixels = await runner.images.preprocess(readFileSync(path.join(FIXTURES, parity.image)))
  assert.deepEqual(pixels.data, tensorOf(parity, 'pixel_values').data)
  const [features] = await runner.images.encode([pixels])
  assertClose('image_embeds', features!.data, tensorOf(parity, 'image_embeds').data)
  const [tokens] = await runner.images.bridge!.run([features!])
  assertClose('image_tokens', tokens!.data, tensorOf(parity, 'image_tokens').data)
  await checkSteps(runner, parity, tokens!)
}

/**
 * Two pictures of other shapes, which go through the tower together.
 *
 * @returns their pixels.
 */
export async function checkSeveral(runner: TestRunner, parity: TiledParity): Promise<Pixels[]> {
  const { text, images, ids, answer } = parity.several
  const question = { kind: 'ask', question: 'Which one has more stars?', history: [] } as const
  assert.equal(runner.decoder.prepare(question, 2, 8).text, text)
  const files = [parity.image, ...images].map((file) => readFileSync(path.join(FIXTURES, file)))
  const detail = runner.images.detailFor('high', 2)
  const pixels = await Promise.all(files.map((file) => runner.images.preprocess(file, { detail })))
  const tokens = await runner.images.bridge!.run(await runner.images.encode(pixels))
  const keyed = tokens.map((one: ImageTokens, i) => ({ key: `picture ${i}`, tokens: one }))
  const layout = runner.decoder.prepare({ kind: 'raw', text }, 2, 8).layOut(keyed)
  assert.deepEqual(layout.ids, ids)
  const cache = runner.decoder.createCache()
  let logits = await runner.decoder.prefill(cache, layout.segments)
  assertClose('several', logits, tensorOf(parity, 'logits.several').data)
  for (const id of answer) {
    assert.equal(argmax(logits), id)
    logits = await runner.decoder.step(cache, [id])
  }
  cache.dispose()
  return pixels
}
