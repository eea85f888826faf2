/** Holds a LLaVA-OneVision to what transformers gives, at every seam and from a picture's bytes to token ids. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { checkAboutTwo, checkAnswers, checkTurnIds } from './chat-answers.ts'
import { checkParity } from './engine-parity.ts'
import { checkChat, checkSeams, checkSeveral } from './idefics3-parity.ts'
import { packageFor } from './packages.ts'
import type { OnevisionName } from './parity-names.ts'
import { FIXTURES, loadOnevision, type OnevisionParity } from './parity.ts'
import { openTestRunner, type TestRunner } from './runners.ts'

export async function checkOnevision(name: OnevisionName): Promise<void> {
  const runner = await openTestRunner(await packageFor(name))
  const parity = loadOnevision(name)
  try {
    await checkPictures(runner, parity)
    checkChat(runner, parity)
    await checkSeams(runner, parity)
    const pixels = await checkSeveral(runner, parity)
    assert.deepEqual(
      pixels.map(({ data }) => sha256(data)),
      parity.several.sha256,
    )
    await checkTurnIds(runner, name)
  } finally {
    await runner.close()
  }
  await checkParity(name)
  await checkAnswers(name)
  await checkAboutTwo(name)
}

/** Pixel values, bit for bit, and how many tokens a picture has, with the resolutions of each detail. */
async function checkPictures({ images }: TestRunner, { pictures }: OnevisionParity): Promise<void> {
  for (const detail of ['high', 'auto'] as const) {
    assert.ok(Object.keys(pictures[detail]).length >= 11)
    for (const [file, expected] of Object.entries(pictures[detail])) {
      const bytes = readFileSync(path.join(FIXTURES, 'images', file))
      const pixels = await images.preprocess(bytes, { detail })
      assert.equal(sha256(pixels.data), expected.sha256, `${file}, ${detail}`)
      const [tokens] = await images.bridge!.run(await images.encode([pixels]))
      assert.equal(tokens!.shape[0], expected.tokens, `${file}, ${detail}`)
    }
  }
}

function sha256(data: Float32Array): string {
  return createHash('sha256').update(data).digest('hex')
}
