/** Holds a LLaVA to what transformers gives, at every seam and from a picture's bytes to token ids. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { familyOf } from '../../inference/families/index.ts'
import { checkAnswers, checkTurnIds } from './chat-answers.ts'
import { checkParity } from './engine-parity.ts'
import { packageFor } from './packages.ts'
import type { LlavaName } from './parity-names.ts'
import { type ChatName, FIXTURES, loadChat, tensorOf } from './parity.ts'
import { openTestRunner, type TestRunner } from './runners.ts'
import { assertClose, checkSteps } from './seams.ts'

export async function checkLlava(name: LlavaName): Promise<void> {
  const runner = await openTestRunner(await packageFor(name))
  try {
    await checkPictures(runner, name)
    checkChat(runner, name)
    await checkSeams(runner, name)
    await checkTurnIds(runner, name)
  } finally {
    await runner.close()
  }
  await checkParity(name)
  await checkAnswers(name)
}

/** Pixel values, bit for bit. */
export async function checkPictures({ images }: TestRunner, name: ChatName): Promise<void> {
  const { pictures } = loadChat(name)
  assert.ok(Object.keys(pictures).length >= 8)
  for (const [file, sha256] of Object.entries(pictures)) {
    const { data } = await images.preprocess(readFileSync(path.join(FIXTURES, 'images', file)))
    assert.equal(createHash('sha256').update(data).digest('hex'), sha256, file)
  }
}

/** The card's format writes what the chat template does. */
export function checkChat({ card, decoder }: TestRunner, name: ChatName): void {
  for (const { turns, text } of loadChat(name).chat) {
    const [question] = turns.at(-1)!
    const history = turns.slice(0, -1).map((turn) => ({ question: turn[0], answer: turn[1]! }))
    assert.equal(familyOf(card).questionText(card, question, history), text)
    const prompt = { kind: 'ask', question, history } as const
    assert.equal(decoder.prepare(prompt, 1, 8).text, text)
  }
}

async function checkSeams(runner: TestRunner, name: LlavaName): Promise<void> {
  const parity = loadChat(name)
  const { data: pixels, shape } = tensorOf(parity, 'pixel_values')
  const side = shape[3]!
  const [features] = await runner.images.encode([{ data: pixels, shape: [1, 3, side, side] }])
  assertClose('image_embeds', features!.data, tensorOf(parity, 'image_embeds').data)
  const [tokens] = await runner.images.bridge!.run([features!])
  assertClose('image_tokens', tokens!.data, tensorOf(parity, 'image_tokens').data)
  await checkSteps(runner, parity, tokens!)
}
