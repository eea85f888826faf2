import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Precision } from '../../../inference/model-card.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity, type ParityName, relativeError } from '../../helpers/parity.ts'

/** Chromium's Vulkan device in software, and the loader beside it. */
const CHROMIUM = '/usr/lib/chromium'
const DRIVER = path.join(CHROMIUM, 'vk_swiftshader_icd.json')
const SOFTWARE = { VK_DRIVER_FILES: DRIVER, LD_LIBRARY_PATH: CHROMIUM }
const NONE = { VK_DRIVER_FILES: '/nowhere.json', LD_LIBRARY_PATH: CHROMIUM }

type Said = {
  readonly problem?: string
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
  const script = path.join(import.meta.dirname, '..', '..', 'helpers', 'describe-on.ts')
  const image = path.join(FIXTURES, loadParity(name).image)
  const options = { env: { ...process.env, ...env } }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, folder, image, provider],
    options,
  )
  return JSON.parse(stdout)
}

describe('PROVIDER=webgpu', { skip: existsSync(DRIVER) ? false : `there is no ${DRIVER}` }, () => {
  for (const [name, precision] of [
    ['base', 'fp32'],
    ['odd-sizes', 'fp32'],
    ['blocks', 'fp16'],
    ['blocks', 'int4'],
  ] satisfies [ParityName, Precision][]) {
    it(`gives what the CPU gives: ${name}, ${precision}`, async () => {
      const folder = await packageFor(name, precision)
      const onDevice = await describeOn('webgpu', folder, name, SOFTWARE)
      assert.equal(onDevice.problem, undefined)
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

  it('says so where there is no GPU, and auto then takes the CPU', async () => {
    const folder = await packageFor('base')
    const { problem } = await describeOn('webgpu', folder, 'base', NONE)
    assert.match(problem ?? '', /finds no GPU.*PROVIDER=cpu/)
    const auto = await describeOn('auto', folder, 'base', NONE)
    assert.deepEqual(auto.ids, (await describeOn('cpu', folder, 'base', {})).ids)
  })
})

describe('PROVIDER=cuda', () => {
  it('says what it needs where that is missing', async () => {
    const { problem } = await describeOn('cuda', await packageFor('base'), 'base', {})
    assert.match(problem ?? '', /PROVIDER=cuda does not start.*CUDA 12/)
  })
})
