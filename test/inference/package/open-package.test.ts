import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'
import { checkpointFolder } from '../../helpers/parity.ts'

let whole: string
let folder: string
const scratch = mkdtempSync(path.join(tmpdir(), 'package-test-'))

before(async () => {
  whole = await packageFor('base')
})
after(() => rmSync(scratch, { recursive: true }))
beforeEach(() => {
  folder = mkdtempSync(path.join(scratch, 'copy-'))
  cpSync(whole, folder, { recursive: true })
})

function editCard(change: (card: Record<string, unknown>) => void): void {
  const file = path.join(folder, 'model.json')
  const card: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
  change(card)
  writeFileSync(file, JSON.stringify(card))
}

function refused(message: RegExp) {
  return assert.rejects(openPackage(folder), { name: 'ConfigError', message })
}

function questions(pattern: string) {
  return { words: { a: ['b'] }, patterns: [pattern], followUps: [] }
}

describe('openPackage', () => {
  it('opens a whole package', async () => {
    const { card } = await openPackage(folder)
    assert.equal(card.name, 'base')
  })

  it('names every file that is missing or cut short', async () => {
    rmSync(path.join(folder, 'qformer.onnx'))
    truncateSync(path.join(folder, 'decoder.onnx'), 10)
    await refused(/qformer\.onnx is missing\.\n|decoder\.onnx has 10 bytes instead of \d+/)
    await refused(/qformer\.onnx is missing/)
    await refused(/decoder\.onnx has 10 bytes/)
  })

  it('tells a checkpoint from a package and says what to do', async () => {
    folder = checkpointFolder('base')
    await refused(/Hugging Face checkpoint.*npm run pull -- --from /)
  })

  it('says that there is nothing, or a file, or something else', async () => {
    const copy = folder
    folder = path.join(copy, 'nothing')
    await refused(/There is no model package at/)
    folder = path.join(copy, 'model.json')
    await refused(/is a file; a model package is a folder/)
    rmSync(path.join(copy, 'model.json'))
    folder = copy
    await refused(/is not a model package: it has no readable model\.json/)
  })

  it('says that a card is broken, newer, or of something else', async () => {
    writeFileSync(path.join(folder, 'model.json'), '{')
    await refused(/model\.json is broken: it is not JSON/)
    writeFileSync(path.join(folder, 'model.json'), '{"format":2}')
    await refused(/format 2, made by a newer Sightseer/)
    writeFileSync(path.join(folder, 'model.json'), '[]')
    await refused(/is not the card of a model package/)
  })

  it('opens a package made before cards listed their graphs and key-value heads', async () => {
    editCard((card) => {
      card['family'] = 'blip2-opt'
      delete card['graphs']
      const dimensions: Record<string, unknown> = Object(card['dimensions'])
      delete dimensions['kvHeads']
    })
    const { card } = await openPackage(folder)
    assert.equal(card.family, 'blip2')
    assert.deepEqual(card.graphs, ['vision', 'qformer', 'decoder'])
    assert.equal(card.dimensions.kvHeads, card.dimensions.heads)
  })

  it('requires the graphs that the card lists', async () => {
    editCard((card) => (card['graphs'] = ['vision', 'projector', 'decoder']))
    await refused(/does not list projector\.onnx/)
    editCard((card) => (card['graphs'] = ['../vision']))
    await refused(/"graphs\.0"/)
  })

  it('says which part of a card is wrong', async () => {
    editCard((card) => (card['family'] = 'blip3'))
    await refused(/"family": "blip3" is not one of blip2/)
    editCard((card) => (card['family'] = 'blip2'))
    editCard((card) => (card['precision'] = 'int2'))
    await refused(/"precision"/)
  })

  it('names what is out of range in a card', async () => {
    const original = readFileSync(path.join(folder, 'model.json'), 'utf8')
    const cases: [string, string | null, unknown, RegExp][] = [
      ['dimensions', 'maxPositions', 1e15, /"dimensions\.maxPositions"/],
      ['dimensions', 'hiddenSize', 1, /"dimensions\.hiddenSize": it is not heads times headDim/],
      ['dimensions', 'kvHeads', 3, /"dimensions\.kvHeads"/],
      ['dimensions', 'visionTokens', 5, /"dimensions\.visionTokens"/],
      ['preprocessing', 'std', [1, 0, 1], /"preprocessing\.std\.1"/],
      ['tokens', 'bos', 304, /"tokens\.bos": the model has only 304 ids/],
      ['tokens', 'image', 2 ** 53 - 1, /"tokens\.image"/],
      ['tokens', 'stop', [2, 400], /"tokens\.stop": the model has only 304 ids/],
      [
        'questions',
        null,
        questions('{a} {a.1} {a.2}?'),
        /"questions\.patterns\.0": has more than 2/,
      ],
      ['questions', null, questions('x'.repeat(201)), /"questions\.patterns\.0"/],
    ]
    for (const [part, name, value, sentence] of cases) {
      editCard((card) => {
        if (name === null) {
          card[part] = value
        } else {
          Object.assign(Object(card[part]), { [name]: value })
        }
      })
      await refused(sentence)
      writeFileSync(path.join(folder, 'model.json'), original)
    }
  })

  it('takes only names of files', async () => {
    for (const name of ['..', '.', 'a/b', 'a\\b', '']) {
      editCard((card) => {
        card['files'] = { ...Object(card['files']), [name]: { bytes: 1, sha256: '0'.repeat(64) } }
      })
      await refused(/lists .*, which is not the name of a file/)
    }
  })

  it('never looks outside the folder', async () => {
    editCard((card) => {
      card['files'] = { '../secret': { bytes: 1, sha256: '0'.repeat(64) } }
    })
    await refused(/lists \.\.\/secret, which is not the name of a file/)
    await refused(/does not list decoder\.onnx/)
  })
})
