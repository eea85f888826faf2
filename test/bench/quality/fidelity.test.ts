import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readFileSync } from 'node:fs'
import { measureSeams } from '../../../bench/quality/seams.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'

describe('measureSeams', () => {
  it('gives what the reference gives, in full precision', async () => {
    const parity = loadParity('base')
    const picture = readFileSync(path.join(FIXTURES, parity.image))
    const steps = tensorOf(parity, 'logits.caption.steps')
    const [seams] = await measureSeams(await packageFor('base'), [picture], steps.shape[0]!, 1)
    for (const [actual, expected] of [
      [seams!.imageEmbeds, 'image_embeds'],
      [seams!.imageTokens, 'image_tokens'],
      [seams!.logits, 'logits.caption.steps'],
    ] as const) {
      assert.ok(relativeError(actual, tensorOf(parity, expected).data) < 1e-4, expected)
    }
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
})
