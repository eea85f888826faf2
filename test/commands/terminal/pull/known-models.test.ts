import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import {
  KNOWN_MODELS,
  knownModelsText,
  recommended,
} from '../../../../commands/terminal/pull/known-models.ts'
import { isRepositoryId } from '../../../../inference/download/hub.ts'
import { jsonLines, runTerminal } from '../../../helpers/run-command.ts'

const GB = 1e9

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
    assert.deepEqual(printed, { models: KNOWN_MODELS })
  })

  it('recommends one that may be used commercially, if the machine has room', () => {
    assert.equal(recommended(16 * GB)?.commercial, true)
    assert.equal(recommended(1.1 * GB)?.repository, 'HuggingFaceTB/SmolVLM2-256M-Video-Instruct')
    assert.equal(recommended(0.5 * GB), null)
    assert.match(knownModelsText(16 * GB), /npm run pull -- HuggingFaceTB\/SmolVLM2-500M/)
    assert.doesNotMatch(knownModelsText(0.5 * GB), /For this machine/)
  })

  it('marks what the machine has no room for', () => {
    const text = knownModelsText(4 * GB)
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
    assert.match(knownModelsText(16 * GB), /SmolVLM2-500M.* 1\.7–11\.4 s/)
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
