import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readFileSync } from 'node:fs'
import { cosine } from '../../../bench/quality/distance.ts'
import {
  ENCODER,
  LOGITS,
  MATCHES,
  measureSeams,
  TOKENS,
  VISION,
} from '../../../bench/quality/seams.ts'
import { openModel } from '../../../inference/model.ts'
import { argmax } from '../../helpers/graph-sessions.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadItm, loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'

describe('measureSeams', () => {
  for (const name of [
    'base',
    't5-gated',
    'instruct-t5',
    'instruct-llama',
    'llava-qwen3',
  ] as const) {
    // The caption's text is empty, so only the question shows whether a bridge read it.
    for (const asked of ['caption', 'question'] as const) {
      it(`gives what the reference gives, in full precision: ${name}, ${asked}`, async () => {
        const parity = loadParity(name)
        const picture = readFileSync(path.join(FIXTURES, parity.image))
        const steps = tensorOf(parity, `logits.${asked}.steps`)
        const prompt = { kind: 'raw', text: parity.prompts[asked].text } as const
        const folder = await packageFor(name)
        const [seams] = await measureSeams(folder, [picture], steps.shape[0]!, 1, prompt)
        const ownTokens = `image_tokens.${asked}`
        for (const [actual, expected] of [
          [VISION, 'image_embeds'],
          [TOKENS, ownTokens in parity.tensors ? ownTokens : 'image_tokens'],
          [ENCODER, `encoded.${asked}`],
          [LOGITS, `logits.${asked}.steps`],
        ] as const) {
          assert.equal(actual in seams!.values, expected in parity.tensors, actual)
          if (expected in parity.tensors) {
            const error = relativeError(seams!.values[actual]!, tensorOf(parity, expected).data)
            assert.ok(error < 1e-4, `${expected}: ${error}`)
          }
        }
      })
    }
  }

  it('gives the vectors and the fit of a model that compares texts with pictures', async () => {
    const parity = loadItm('itm-common')
    const picture = readFileSync(path.join(FIXTURES, parity.matches[0]!.image))
    const [seams] = await measureSeams(await packageFor('itm-common'), [picture], 4, 1)
    for (const [seam, expected] of [
      [VISION, 'image_embeds.0'],
      [TOKENS, 'image_vectors.0'],
    ] as const) {
      assert.ok(relativeError(seams!.values[seam]!, tensorOf(parity, expected).data) < 1e-4)
    }
    const matches = Array.from(seams!.values[MATCHES]!)
    assert.equal(matches.length, 8)
    const probabilities = matches.filter((_, i) => i % 2 === 0)
    assert.ok(probabilities.every((one) => one > 0 && one < 1))
  })

  it('gives what the engine gives where layers look at the picture', async () => {
    const parity = loadParity('idefics-resampler')
    const picture = readFileSync(path.join(FIXTURES, parity.image))
    const folder = await packageFor('idefics-resampler')
    const [seams] = await measureSeams(folder, [picture], 6, 1)
    for (const [seam, expected] of [
      [VISION, 'image_embeds'],
      [TOKENS, 'image_tokens'],
    ] as const) {
      assert.ok(relativeError(seams!.values[seam]!, tensorOf(parity, expected).data) < 1e-4, seam)
    }
    assert.equal(seams!.values[LOGITS]!.length, 6 * parity.vocabSize)
    const model = await openModel(folder)
    try {
      const said = await model.describe(picture, { beams: 1, maxNewTokens: 6, minNewTokens: 6 })
      assert.deepEqual(seams!.ids, said.tokenIds)
    } finally {
      await model.close()
    }
  })

  // Random weights are far harder to round than trained ones: here it shows that parts are in place.
  for (const [precision, least] of [
    ['fp16', 0.9999],
    ['int8', 0.99],
    ['int4', 0.9],
  ] as const) {
    it(`finds a T5 near the reference in ${precision}`, async () => {
      const parity = loadParity('t5-blocks')
      const picture = readFileSync(path.join(FIXTURES, parity.image))
      const expected = tensorOf(parity, 'logits.caption.steps')
      const ids = Array.from({ length: expected.shape[0]! }, (_, i) =>
        argmax(expected.data, i, parity.vocabSize),
      )
      const folder = await packageFor('t5-blocks', precision)
      const [seams] = await measureSeams(folder, [picture], [ids], 1)
      const similarity = cosine(seams!.values[LOGITS]!, expected.data)
      assert.ok(similarity > least, `cosine ${similarity}`)
    })
  }
})

describe('npm run fidelity', () => {
  const script = path.join(import.meta.dirname, '..', '..', '..', 'bench', 'quality', 'fidelity.ts')
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })

  it('says how to name what it lacks', async () => {
    assert.equal(run().status, 2)
    const { status, stderr } = run(await packageFor('base', 'int8'))
    assert.equal(status, 1)
    assert.match(stderr, /name the checkpoint with --source DIR/)
  })
})
