import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { KNOWN_MODELS } from '../../../../commands/terminal/pull/known-models.ts'
import {
  knownModelsText,
  listedModels,
  recommended,
} from '../../../../commands/terminal/pull/listed-models.ts'
import { estimateSeconds, MEASURED_ON } from '../../../../commands/terminal/pull/picture-work.ts'
import { isRepositoryId } from '../../../../inference/download/hub.ts'
import { jsonLines, runTerminal } from '../../../helpers/run-command.ts'

const GB = 1e9

/** A machine that does nothing else, as fast as the one that models were timed on. */
function idle(bytes: number, speed = MEASURED_ON) {
  return { memory: { machineBytes: bytes, freeBytes: bytes }, speed }
}

describe('npm run pull without a model', () => {
  it('lists models, what they need, and the first for this machine', async () => {
    const { status, stdout } = await runTerminal('pull', [])
    assert.equal(status, 0)
    for (const { repository, license } of KNOWN_MODELS) {
      assert.ok(isRepositoryId(repository))
      assert.match(stdout, new RegExp(`^${repository} +${license} +\\d`, 'm'))
    }
    assert.match(stdout, /None was run with its published weights/)
  })

  it('prints them as JSON', async () => {
    const { stdout } = await runTerminal('pull', ['--json'])
    const [printed] = jsonLines(stdout)
    const numberOf = (field: string) => {
      assert.ok(typeof printed === 'object' && printed !== null && field in printed)
      const value = (printed as Record<string, unknown>)[field]
      assert.ok(typeof value === 'number' && value > 0)
      return value
    }
    const [machineBytes, freeBytes] = [numberOf('machineBytes'), numberOf('freeBytes')]
    const speed = { gops: numberOf('gops'), gbPerSecond: numberOf('gbPerSecond') }
    assert.ok(freeBytes <= machineBytes)
    const memory = { machineBytes, freeBytes }
    assert.deepEqual(printed, { ...memory, ...speed, models: listedModels({ memory, speed }) })
  })

  it('tells of each model what the table does', () => {
    const models = listedModels(idle(4 * GB))
    const [small] = models
    assert.equal(small?.downloadBytes, 1.014e9)
    assert.ok(Math.abs(small.memoryBytes - 1.18e9) < 1)
    assert.deepEqual(
      models.filter((model) => model.recommended),
      [small],
    )
    const large = models.find(({ repository }) => repository === 'llava-hf/llava-1.5-7b-hf')
    assert.deepEqual([small.fits, large?.fits], [true, false])
    const sizes = /SmolVLM2-500M-Video-Instruct +Apache-2\.0 +1\.02 GB +0\.40 GB +1\.18 GB /
    assert.match(knownModelsText(idle(4 * GB)), sizes)
  })

  it('recommends by what is free now, else by what the machine has', () => {
    const best = (freeBytes: number, machineBytes = 16 * GB) =>
      recommended({ machineBytes, freeBytes })?.repository
    assert.equal(best(1.1 * GB), 'HuggingFaceTB/SmolVLM2-256M-Video-Instruct')
    assert.equal(best(0.5 * GB), 'HuggingFaceTB/SmolVLM2-500M-Video-Instruct')
    assert.equal(best(0.5 * GB, GB), 'HuggingFaceTB/SmolVLM2-256M-Video-Instruct')
  })

  it('recommends one that may be used commercially, if the machine has room', () => {
    assert.equal(recommended(idle(16 * GB).memory)?.commercial, true)
    assert.equal(
      recommended(idle(1.1 * GB).memory)?.repository,
      'HuggingFaceTB/SmolVLM2-256M-Video-Instruct',
    )
    assert.equal(recommended(idle(0.5 * GB).memory), null)
    assert.match(knownModelsText(idle(16 * GB)), /npm run pull -- HuggingFaceTB\/SmolVLM2-500M/)
    assert.doesNotMatch(knownModelsText(idle(0.5 * GB)), /For this machine/)
  })

  it('marks what the machine has no room for', () => {
    const text = knownModelsText(idle(4 * GB))
    assert.match(text, /llava-1.5-7b-hf .*\(!\)/)
    assert.doesNotMatch(text, /SmolVLM2-500M-Video-Instruct +Apache.*\(!\)/)
  })

  it('has the times that were measured', () => {
    for (const [name, file] of [
      ['SmolVLM2-256M-Video-Instruct', 'smolvlm2-256m'],
      ['SmolVLM2-500M-Video-Instruct', 'smolvlm2-500m'],
      ['llava-onevision-qwen2-0.5b-ov-hf', 'llava-onevision-0.5b'],
    ] as const) {
      const times = [0, 1].map((row) =>
        medianOf(`describe-${file}`, 'rows', row, 'sides', 'ours, int4'),
      )
      assert.deepEqual(timesOf(name), times)
    }
    for (const [name, file] of [
      ['blip2-opt-2.7b', 'describe'],
      ['blip2-flan-t5-xl', 'describe-blip2-flan-t5-xl'],
    ] as const) {
      assert.deepEqual(timesOf(`/${name}`), [medianOf(file, 'pairs', 0, 'ours'), null])
    }
    assert.match(knownModelsText(idle(16 * GB)), /SmolVLM2-500M.* 1\.7–11 s/)
  })

  it('estimates by the shapes what was timed, to within a half', () => {
    for (const { repository, shape, ...timed } of KNOWN_MODELS) {
      const { one, tiled } = estimateSeconds(shape, MEASURED_ON)
      for (const [told, measured] of [
        [one, timed.secondsPerPicture],
        [tiled, timed.secondsPerTiledPicture],
      ] as const) {
        if (measured !== null) {
          assert.ok(told !== null && told > 0.55 * measured && told < 1.1 * measured, repository)
        }
      }
    }
  })

  it('tells more time for a slower machine: of products, and of memory', () => {
    const [small] = listedModels(idle(16 * GB))
    const half = { gops: MEASURED_ON.gops / 2, gbPerSecond: MEASURED_ON.gbPerSecond / 2 }
    const slow = idle(16 * GB, half)
    assert.equal(listedModels(slow)[0]?.secondsPerPicture, 2 * (small?.secondsPerPicture ?? NaN))
    assert.match(knownModelsText(slow), /SmolVLM2-500M.* 3\.4–23 s/)
    assert.match(knownModelsText(slow), /here 2\.0 times slower/)
    // Of a large model that was not timed, slower memory costs much of the time of 50 steps.
    const llava = (speed: typeof half) =>
      listedModels(idle(16 * GB, speed)).find(({ repository }) => repository.endsWith('1.5-7b-hf'))
    const narrow = llava({ ...MEASURED_ON, gbPerSecond: half.gbPerSecond })
    const wide = llava(MEASURED_ON)
    assert.equal(wide?.timed, false)
    assert.ok(narrow && narrow.secondsPerPicture - wide.secondsPerPicture > 2)
    assert.match(knownModelsText(idle(16 * GB)), /llava-1\.5-7b-hf.* ~1\d s/)
  })

  it('still wants a model where there are options for one', async () => {
    const { status, stderr } = await runTerminal('pull', ['--precision', 'int4'])
    assert.equal(status, 2)
    assert.match(stderr, /Give one model/)
  })
})

/** Of a file of results, in seconds with one decimal. @param at where the times of our side are. */
function medianOf(file: string, ...at: readonly (string | number)[]): number {
  let value = JSON.parse(readFileSync(path.join('bench', 'results', `${file}.json`), 'utf8'))
  for (const key of [...at, 'totalMs', 'median']) {
    value = value[key]
  }
  return Math.round(value / 100) / 10
}

function timesOf(name: string) {
  const model = KNOWN_MODELS.find(({ repository }) => repository.endsWith(name))
  return [model?.secondsPerPicture, model?.secondsPerTiledPicture]
}
