/** A model that writes texts, with a matcher beside it. */

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigError } from '../../config/errors.ts'
import { convertCheckpoint } from '../../inference/convert/convert.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { packageFor } from '../helpers/packages.ts'
import { checkpointFolder, FIXTURES, loadItm, loadParity } from '../helpers/parity.ts'
import { readTensors, writeTensors } from '../helpers/safetensors.ts'

const TOLERANCE = 1e-5
const MATCHER = 'itm-common'
const WRITER = 'projected'

const folder = mkdtempSync(path.join(tmpdir(), 'matcher-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const { matches } = loadItm(MATCHER)
const { image } = matches[0]!
const expected = matches.filter((match) => match.image === image)
const texts = expected.map(({ text }) => text)
const picture = readFileSync(path.join(FIXTURES, image))

function isVision(name: string): boolean {
  return name.startsWith('vision_model.')
}

/** The writer with the matcher's vision tower. @returns the folder of its package. */
async function writerThatSeesAlike(): Promise<string> {
  const from = path.join(folder, 'alike')
  cpSync(checkpointFolder(WRITER), from, { recursive: true })
  const vision = Object.entries(readTensors(checkpointFolder(MATCHER))).filter(([name]) =>
    isVision(name),
  )
  const others = Object.entries(readTensors(checkpointFolder(WRITER))).filter(
    ([name]) => !isVision(name),
  )
  assert.notEqual(vision.length, 0)
  writeTensors(path.join(from, 'model.safetensors'), Object.fromEntries([...others, ...vision]))
  const out = `${from}.package`
  await convertCheckpoint(from, out, { precision: 'fp32', name: 'alike', source: null })
  return out
}

async function checkMatches(model: Model): Promise<void> {
  const actual = await model.match(picture, texts)
  for (const [i, { text, itm, itc }] of expected.entries()) {
    assert.equal(actual[i]!.text, text)
    assert.ok(Math.abs(actual[i]!.itm - itm) <= TOLERANCE, `itm of ${text}`)
    assert.ok(Math.abs(actual[i]!.itc - itc) <= TOLERANCE, `itc of ${text}`)
  }
}

const GREEDY = { prompt: '', beams: 1, maxNewTokens: 8 }

describe('a matcher with the vision tower of the model', () => {
  it('matches as the reference, and the picture passes through the tower once', async () => {
    const writer = await writerThatSeesAlike()
    const alone = await openModel(writer)
    const { tokenIds } = await alone.describe(picture, GREEDY)
    await alone.close()
    assert.equal(alone.matcher, null)
    await using stack = new AsyncDisposableStack()
    const model = await openModel(writer, { matcher: await packageFor(MATCHER) })
    stack.defer(() => model.close())
    assert.equal(model.matcher?.name, MATCHER)
    await checkMatches(model)
    assert.deepEqual((await model.describe(picture, GREEDY)).tokenIds, tokenIds)
    await model.ask(picture, 'What?', GREEDY)
    await checkMatches(model)
    const { vision } = model.stats().stages
    assert.deepEqual([vision.runs, vision.rows], [1, 1])
  })
})

describe('a matcher with another vision tower', () => {
  it('matches as the reference beside the model, and forgets pictures with it', async () => {
    const parity = loadParity(WRITER)
    const model = await openModel(await packageFor(WRITER), { matcher: await packageFor(MATCHER) })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => model.close())
    await checkMatches(model)
    const own = readFileSync(path.join(FIXTURES, parity.image))
    const { options, ids } = parity.generations[0]!
    assert.deepEqual((await model.describe(own, { ...GREEDY, ...options })).tokenIds, ids)
    const { key } = await imageSourceOf(picture)
    let fetched = 0
    const source = {
      key,
      bytes: async () => {
        fetched += 1
        return picture
      },
    }
    await model.match(source, texts)
    assert.equal(fetched, 0)
    await model.forget([key])
    await model.match(source, texts)
    assert.equal(fetched, 1)
  })
})

describe('a package that cannot match', () => {
  it('is refused as a matcher', async () => {
    const writer = await packageFor(WRITER)
    await assert.rejects(openModel(writer, { matcher: writer }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /cannot compare pictures with texts/)
      return true
    })
  })
})
