import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import {
  KNOWN_MODELS,
  knownModelsText,
  listedModels,
  recommended,
} from '../../../../commands/terminal/pull/known-models.ts'
import { isRepositoryId } from '../../../../inference/download/hub.ts'
import { jsonLines, runTerminal } from '../../../helpers/run-command.ts'

const GB = 1e9

/** Of a machine that does nothing else. */
function idle(bytes: number) {
  return { machineBytes: bytes, freeBytes: bytes }
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
    assert.ok(typeof printed === 'object' && printed !== null && 'machineBytes' in printed)
    const { machineBytes, freeBytes } = printed as Record<string, unknown>
    assert.ok(typeof machineBytes === 'number' && typeof freeBytes === 'number')
    assert.ok(freeBytes > 0 && freeBytes <= machineBytes)
    const models = listedModels({ machineBytes, freeBytes })
    assert.deepEqual(printed, { machineBytes, freeBytes, models })
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
    assert.equal(recommended(idle(16 * GB))?.commercial, true)
    assert.equal(
      recommended(idle(1.1 * GB))?.repository,
      'HuggingFaceTB/SmolVLM2-256M-Video-Instruct',
    )
    assert.equal(recommended(idle(0.5 * GB)), null)
    assert.match(knownModelsText(idle(16 * GB)), /npm run pull -- HuggingFaceTB\/SmolVLM2-500M/)
    assert.doesNotMatch(knownModelsText(idle(0.5 * GB)), /For this machine/)
  })

  it('marks what the machine has no room for', () => {
    const text = knownModelsText(idle(4 * GB))
    assert.match(text, /llava-1.5-7b-hf .*\(!\)/)
    assert.doesNotMatch(text, /SmolVLM2-500M-Video-Instruct +Apache.*\(!\)/)
  })

  it('has the times that were measured', () => {
    for (const size of ['256m', '500m']) {
      const times = [0, 1].map((row) =>
        medianOf(`describe-smolvlm2-${size}`, 'rows', row, 'sides', 'ours, int4'),
      )
      assert.deepEqual(timesOf(`SmolVLM2-${size.toUpperCase()}-Video-Instruct`), times)
    }
    for (const [name, file] of [
      ['blip2-opt-2.7b', 'describe'],
      ['blip2-flan-t5-xl', 'describe-blip2-flan-t5-xl'],
    ] as const) {
      assert.deepEqual(timesOf(`/${name}`), [medianOf(file, 'pairs', 0, 'ours'), null])
    }
    assert.match(knownModelsText(idle(16 * GB)), /SmolVLM2-500M.* 1\.7–11\.4 s/)
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
