import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import type { Precision } from '../../../inference/blocks/precision.ts'
import { packageFor } from '../../helpers/packages.ts'
import type { ParityName } from '../../helpers/parity-names.ts'
import { FIXTURES, loadParity, relativeError } from '../../helpers/parity.ts'
import { type Description, type Refusal, runTask, type Talk } from '../../helpers/provider-tasks.ts'
import { NO_GPU, runHelper, SOFTWARE_GPU, WITH_SOFTWARE_GPU } from '../../helpers/software-gpu.ts'

/** The scene of the README. */
const SCENE = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'scene.png')

/** Where the picture of a small checkpoint is. */
function imageOf(name: ParityName): string {
  return path.join(FIXTURES, loadParity(name).image)
}

/** Does a task in a process that finds the software GPU, unless told otherwise. */
async function inProcess<T = Description>(
  args: readonly [folder: string, image: string, provider: string, task: 'describe' | 'talk'],
  env: Record<string, string> = SOFTWARE_GPU,
): Promise<T> {
  return JSON.parse(await runHelper('provider-tasks.ts', args, env))
}

describe('PROVIDER=webgpu', WITH_SOFTWARE_GPU, () => {
  for (const [name, precision] of [
    ['odd-sizes', 'fp32'],
    ['t5-gated', 'fp32'],
    ['t5-odd-sizes', 'fp32'],
    ['blocks', 'fp16'],
    ['blocks', 'int4'],
  ] satisfies [ParityName, Precision][]) {
    it(`gives what the CPU gives: ${name}, ${precision}`, async () => {
      const folder = await packageFor(name, precision)
      const image = imageOf(name)
      const onDevice = await inProcess([folder, image, 'webgpu', 'describe'])
      assert.equal(onDevice.device, 'webgpu')
      const onCpu = await runTask(folder, image, 'cpu', 'describe')
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

  describe('the demo model', () => {
    let folder: string
    let exact: string
    let onCpu: Talk

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'demo-'))
      exact = path.join(folder, 'fp32')
      const checkpoint = path.join(findModel('demo'), 'checkpoint')
      await convertCheckpoint(checkpoint, exact, { precision: 'fp32', name: 'demo', source: null })
      onCpu = await runTask(exact, SCENE, 'cpu', 'talk')
    })
    after(() => rm(folder, { recursive: true }))

    it('answers as on the CPU, in fp32', async () => {
      const { tokens, ...onDevice } = await inProcess<Talk>([exact, SCENE, 'webgpu', 'talk'])
      const { tokens: expected, ...others } = onCpu
      assert.ok(relativeError(tokens, expected) < 1e-3)
      assert.deepEqual(onDevice, others)
    })

    it('answers as on the CPU, as it is shipped', async () => {
      const shipped = findModel('demo')
      const device = await inProcess<Talk>([shipped, SCENE, 'webgpu', 'talk'])
      const cpu = await runTask(shipped, SCENE, 'cpu', 'talk')
      // Both round to 8 bits, not at the same places: neither may be much farther from fp32.
      const [ofDevice, ofCpu] = [device, cpu].map(({ tokens }) =>
        relativeError(tokens, onCpu.tokens),
      )
      assert.ok(ofDevice! < 1.5 * ofCpu!, `${ofDevice} instead of ${ofCpu}`)
      assert.deepEqual(device.texts, cpu.texts)
      assert.deepEqual(device.reused, cpu.reused)
    })
  })

  it('says so where there is no GPU, and auto then takes the CPU', async () => {
    const folder = await packageFor('base')
    const image = imageOf('base')
    const { problem } = await inProcess<Refusal>([folder, image, 'webgpu', 'describe'], NO_GPU)
    assert.match(problem, /finds no GPU.*PROVIDER=cpu/)
    const auto = await inProcess([folder, image, 'auto', 'describe'], NO_GPU)
    assert.equal(auto.device, 'cpu')
    assert.deepEqual(auto.ids, (await runTask(folder, image, 'cpu', 'describe')).ids)
  })
})
