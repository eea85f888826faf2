import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import type { Precision } from '../../../inference/blocks/precision.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, type ParityName, relativeError } from '../../helpers/parity.ts'
import { NO_GPU, runHelper, SOFTWARE_GPU, WITH_SOFTWARE_GPU } from '../../helpers/software-gpu.ts'
import type { Talk } from '../../helpers/talk-on.ts'

type Said = {
  readonly problem?: string
  readonly device: string
  readonly ids: number[]
  readonly logLikelihood: number
  readonly tokens: number[]
}

async function describeOn(
  provider: string,
  folder: string,
  name: ParityName,
  env: Record<string, string>,
): Promise<Said> {
  const image = path.join(FIXTURES, loadParity(name).image)
  return JSON.parse(await runHelper('describe-on.ts', [folder, image, provider], env))
}

/** Talks about the scene of the README. */
async function talkOn(provider: string, folder: string): Promise<Talk> {
  const scene = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'scene.png')
  return JSON.parse(await runHelper('talk-on.ts', [folder, scene, provider], SOFTWARE_GPU))
}

describe('PROVIDER=webgpu', WITH_SOFTWARE_GPU, () => {
  for (const [name, precision] of [
    ['odd-sizes', 'fp32'],
    ['blocks', 'fp16'],
    ['blocks', 'int4'],
  ] satisfies [ParityName, Precision][]) {
    it(`gives what the CPU gives: ${name}, ${precision}`, async () => {
      const folder = await packageFor(name, precision)
      const onDevice = await describeOn('webgpu', folder, name, SOFTWARE_GPU)
      assert.equal(onDevice.problem, undefined)
      assert.equal(onDevice.device, 'webgpu')
      const onCpu = await describeOn('cpu', folder, name, {})
      const error = relativeError(onDevice.tokens, onCpu.tokens)
      // The CPU rounds what meets blocks of 4 bits to 8; the device does not.
      assert.ok(error < (precision === 'int4' ? 0.02 : 1e-3), `image tokens: ${error}`)
      if (precision !== 'int4') {
        assert.deepEqual(onDevice.ids, onCpu.ids)
        const difference = Math.abs(onDevice.logLikelihood - onCpu.logLikelihood)
        assert.ok(difference < 1e-3 * Math.abs(onCpu.logLikelihood))
      }
    })
  }

  it('answers as the CPU does: the demo model in fp32', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'demo-'))
    try {
      const out = path.join(folder, 'fp32')
      const checkpoint = path.join(findModel('demo'), 'checkpoint')
      await convertCheckpoint(checkpoint, out, { precision: 'fp32', name: 'demo', source: null })
      const { tokens, ...onDevice } = await talkOn('webgpu', out)
      const { tokens: expected, ...onCpu } = await talkOn('cpu', out)
      assert.ok(relativeError(tokens, expected) < 1e-3)
      assert.deepEqual(onDevice, onCpu)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('answers as the CPU does: the demo model as it is shipped', async () => {
    const onDevice = await talkOn('webgpu', findModel('demo'))
    const onCpu = await talkOn('cpu', findModel('demo'))
    // Both round to 8 bits, not at the same places.
    assert.ok(relativeError(onDevice.tokens, onCpu.tokens) < 0.02)
    assert.deepEqual(onDevice.texts, onCpu.texts)
    assert.deepEqual(onDevice.reused, onCpu.reused)
  })

  it('says so where there is no GPU, and auto then takes the CPU', async () => {
    const folder = await packageFor('base')
    const { problem } = await describeOn('webgpu', folder, 'base', NO_GPU)
    assert.match(problem ?? '', /finds no GPU.*PROVIDER=cpu/)
    const auto = await describeOn('auto', folder, 'base', NO_GPU)
    assert.equal(auto.device, 'cpu')
    assert.deepEqual(auto.ids, (await describeOn('cpu', folder, 'base', {})).ids)
  })
})
