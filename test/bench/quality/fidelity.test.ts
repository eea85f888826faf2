import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readFileSync } from 'node:fs'
import { cosine } from '../../../bench/quality/distance.ts'
import { measureSeams } from '../../../bench/quality/seams.ts'
import { argmax } from '../../helpers/graph-sessions.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'

describe('measureSeams', () => {
  for (const name of ['base', 't5-gated'] as const) {
    it(`gives what the reference gives, in full precision: ${name}`, async () => {
      const parity = loadParity(name)
      const picture = readFileSync(path.join(FIXTURES, parity.image))
      const steps = tensorOf(parity, 'logits.caption.steps')
      const [seams] = await measureSeams(await packageFor(name), [picture], steps.shape[0]!, 1)
      for (const [actual, expected] of [
        [seams!.imageEmbeds, 'image_embeds'],
        [seams!.imageTokens, 'image_tokens'],
        [seams!.logits, 'logits.caption.steps'],
      ] as const) {
        assert.ok(relativeError(actual, tensorOf(parity, expected).data) < 1e-4, expected)
      }
    })
  }

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
      const similarity = cosine(seams!.logits, expected.data)
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
