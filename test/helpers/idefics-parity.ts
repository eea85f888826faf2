/** Holds an IDEFICS to what transformers gives, at every seam and from a picture's bytes to token ids. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Tensor } from 'onnxruntime-node'
import type { ImageFeatures, KeyedImage, Segment } from '../../inference/families/common/runner.ts'
import { floats } from '../../inference/runtime/floats.ts'
import { checkParity, withModel } from './engine-parity.ts'
import { checkChat, checkPictures } from './llava-parity.ts'
import { packageFor } from './packages.ts'
import type { IdeficsName } from './parity-names.ts'
import { FIXTURES, loadIdefics, tensorOf } from './parity.ts'
import { openTestRunner, type TestRunner } from './runners.ts'
import { assertClose, checkSteps } from './seams.ts'

export async function checkIdefics(name: IdeficsName): Promise<void> {
  const runner = await openTestRunner(await packageFor(name))
  try {
    await checkPictures(runner, name)
    checkChat(runner, name)
    await checkSeams(runner, name)
    await checkSeveral(runner, name)
  } finally {
    await runner.close()
  }
  await checkParity(name)
  await checkSeveralAnswers(name)
}

async function checkSeams(runner: TestRunner, name: IdeficsName): Promise<void> {
  const parity = loadIdefics(name)
  const { data: pixels, shape } = tensorOf(parity, 'pixel_values')
  const side = shape[3]!
  const [features] = await runner.images.encode([{ data: pixels, shape: [1, 3, side, side] }])
  assertClose('image_embeds', features!.data, tensorOf(parity, 'image_embeds').data)
  if ('latents' in parity.tensors) {
    assertClose('latents', await latentsOf(runner, features!), tensorOf(parity, 'latents').data)
  }
  const [tokens] = await runner.images.bridge!.run([features!])
  assertClose('image_tokens', tokens!.data, tensorOf(parity, 'image_tokens').data)
  await checkSteps(runner, parity, tokens!)
}

async function latentsOf({ sessions }: TestRunner, features: ImageFeatures): Promise<Float32Array> {
  const feeds = { image_embeds: new Tensor('float32', features.data, [1, ...features.shape]) }
  const outputs = await sessions.get('resampler').run(feeds, ['latents'])
  return floats(outputs['latents'])
}

/** The first positions of a prompt, in which a picture has one. */
function beginningOf(segments: readonly Segment[], length: number): Segment[] {
  const first: Segment[] = []
  let room = length
  for (const segment of segments) {
    if (room > 0 && segment.kind === 'ids') {
      first.push({ kind: 'ids', ids: segment.ids.slice(0, room) })
      room -= segment.ids.length
    } else if (room > 0) {
      first.push(segment)
      room -= 1
    }
  }
  return first
}

/** Generated ids of the same prompts, through the engine, which sees each picture once. */
async function checkSeveralAnswers(name: IdeficsName): Promise<void> {
  const parity = loadIdefics(name)
  await withModel(parity, async (model) => {
    for (const { text, ids: prompt, pictures, answers } of parity.several) {
      const files = pictures.map((one) => readFileSync(path.join(FIXTURES, 'images', one)))
      assert.ok(answers.length >= 2)
      for (const { options, ids } of answers) {
        const all = { prompt: text, beams: 1, maxNewTokens: 12, ...options }
        const { tokenIds, promptTokens } = await model.describe(files, all)
        assert.deepEqual(tokenIds, ids, `${text}: ${JSON.stringify(options)}`)
        assert.equal(promptTokens, prompt.length) // a picture takes its placeholder's position
      }
    }
    const seen = new Set(parity.several.flatMap(({ pictures }) => pictures))
    assert.equal(model.stats().stages.vision.rows, seen.size)
  })
}

/**
 * Several pictures, rows that see none, and each position's logits: those of the last one after every beginning of
 * the prompt, and those of the whole prompt where its rest is run behind a beginning.
 */
async function checkSeveral({ images, decoder }: TestRunner, name: IdeficsName): Promise<void> {
  const parity = loadIdefics(name)
  for (const [i, { text, pictures, ids }] of parity.several.entries()) {
    const keyed: KeyedImage[] = []
    for (const picture of pictures) {
      const bytes = readFileSync(path.join(FIXTURES, 'images', picture))
      const features = await images.encode([await images.preprocess(bytes)])
      keyed.push({ key: picture, tokens: (await images.bridge!.run(features))[0]! })
    }
    const { segments, ids: own } = decoder
      .prepare({ kind: 'raw', text }, pictures.length, 8)
      .layOut(keyed)
    assert.deepEqual(own, ids, text)
    const expected = tensorOf(parity, `logits.several.${i}`)
    const row = (at: number) =>
      expected.data.subarray(at * parity.vocabSize, (at + 1) * parity.vocabSize)
    const whole = decoder.createCache()
    assertClose(text, await decoder.prefill(whole, segments), row(ids.length - 1))
    for (let length = 1; length < ids.length; length++) {
      const alone = decoder.createCache()
      const beginning = beginningOf(segments, length)
      assertClose(`${text}, to ${length}`, await decoder.prefill(alone, beginning), row(length - 1))
      const cache = await whole.copyOf(0, length)
      assertClose(
        `${text}, from ${length}`,
        await decoder.prefill(cache, segments),
        row(ids.length - 1),
      )
      alone.dispose()
      cache.dispose()
    }
    whole.dispose()
  }
}
