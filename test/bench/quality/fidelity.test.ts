import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readFileSync } from 'node:fs'
import { comparePackages } from '../../../bench/quality/compare-packages.ts'
import { cosine } from '../../../bench/quality/distance.ts'
import {
  ENCODER,
  LOGITS,
  MATCHES,
  measureSeams,
  TOKENS,
  VISION,
} from '../../../bench/quality/seams.ts'
import type { Detail } from '../../../inference/image/tiles.ts'
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
    'smolvlm-tiles',
    'onevision-tiles',
  ] as const) {
    // The caption's text is empty, so only the question shows whether a bridge read it.
    for (const asked of ['caption', 'question'] as const) {
      it(`gives what the reference gives, in full precision: ${name}, ${asked}`, async () => {
        const parity = loadParity(name)
        const picture = readFileSync(path.join(FIXTURES, parity.image))
        const steps = tensorOf(parity, `logits.${asked}.steps`)
        const prompt = { kind: 'raw', text: parity.prompts[asked].text } as const
        const folder = await packageFor(name)
        const [seams] = await measureSeams(folder, [picture], steps.shape[0]!, 1, { prompt })
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

  for (const name of ['smolvlm-tiles', 'onevision-tiles'] as const) {
    it(`sees as many tiles as the detail says: ${name}`, async () => {
      const picture = readFileSync(path.join(FIXTURES, loadParity(name).image))
      const folder = await packageFor(name)
      const tile = async (detail: Detail) => {
        const [seams] = await measureSeams(folder, [picture], 1, 1, { detail })
        return seams!.values[VISION]!.length
      }
      const [low, high] = [await tile('low'), await tile('high')]
      const { shape } = tensorOf(loadParity(name), 'image_embeds')
      assert.equal(low, shape[1]! * shape[2]!)
      assert.equal(high, shape[0]! * low)
      assert.ok(shape[0]! > 1)
    })
  }

  // Random weights are far harder to round than trained ones: here it shows that parts are in place.
  for (const [name, precision, least] of [
    ['t5-blocks', 'fp16', 0.9999],
    ['t5-blocks', 'int8', 0.99],
    ['t5-blocks', 'int4', 0.9],
    ['smolvlm-blocks', 'int8', 0.99],
    ['smolvlm-blocks', 'int4', 0.9],
    ['onevision-blocks', 'int8', 0.99],
    ['onevision-blocks', 'int4', 0.9],
  ] as const) {
    it(`finds the reference near: ${name} in ${precision}`, async () => {
      const parity = loadParity(name)
      const picture = readFileSync(path.join(FIXTURES, parity.image))
      const expected = tensorOf(parity, 'logits.caption.steps')
      const ids = Array.from({ length: expected.shape[0]! }, (_, i) =>
        argmax(expected.data, i, parity.vocabSize),
      )
      const prompt = { kind: 'raw', text: parity.prompts.caption.text } as const
      const folder = await packageFor(name, precision)
      const [seams] = await measureSeams(folder, [picture], [ids], 1, { prompt })
      const similarity = cosine(seams!.values[LOGITS]!, expected.data)
      assert.ok(similarity > least, `cosine ${similarity}`)
    })
  }
})

describe('comparePackages', () => {
  it('compares what is seen in the detail that is asked for', async () => {
    const packages = {
      folder: await packageFor('smolvlm-blocks', 'int4'),
      exact: await packageFor('smolvlm-blocks'),
      pictures: [readFileSync(path.join(FIXTURES, loadParity('smolvlm-blocks').image))],
      tokens: 2,
    }
    const [low, high] = [
      await comparePackages({ ...packages, detail: 'low' }),
      await comparePackages({ ...packages, detail: 'high' }),
    ]
    const seams = [VISION, TOKENS, LOGITS]
    for (const { distances, texts } of [low, high]) {
      assert.deepEqual(
        distances.map(({ seam }) => seam),
        seams,
      )
      assert.ok(distances.every(({ cosine: same, error }) => same > 0.9 && error > 0))
      assert.ok(texts !== null && texts.agreement <= 1)
    }
    assert.ok(low.distances.every(({ error }, i) => error !== high.distances[i]!.error))
  })
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

  it('takes no other detail than the three', async () => {
    const { status, stderr } = run(await packageFor('smolvlm-tiles'), '--detail', 'medium')
    assert.equal(status, 2)
    assert.match(stderr, /--detail WHICH/)
  })
})
