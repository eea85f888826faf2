import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadIdefics } from '../../helpers/parity.ts'
import { runTerminal } from '../../helpers/run-command.ts'

const { text, pictures, answers } = loadIdefics('idefics-resampler').several[0]!
const images = pictures.map((name) => path.join(FIXTURES, 'images', name))

function together(files: readonly string[], model: string) {
  const prompt = ['--prompt', '<image>?', '--model', model]
  return runTerminal('describe', [...files, '--together', ...prompt])
}

describe('describe --together', () => {
  it('gives one description of all pictures, with text between them', async () => {
    const model = ['--model', await packageFor('idefics-resampler'), '--max-new-tokens', '12']
    const args = [...images, '--together', '--prompt', text, ...model]
    const { status, stdout } = await runTerminal('describe', [...args, '--json'])
    assert.equal(status, 0)
    assert.partialDeepStrictEqual(JSON.parse(stdout), { images, tokenIds: answers[0]!.ids })
  })

  it('says how many places a prompt lacks, and how many pictures are too many', async () => {
    const places = await together(images, await packageFor('idefics-resampler'))
    assert.equal(places.status, 1)
    assert.match(places.stderr, /1 .*place|place.* 1/)
    const many = await together(images, await packageFor('base'))
    assert.equal(many.status, 1)
    assert.match(many.stderr, /one picture|1 picture/)
  })
})
