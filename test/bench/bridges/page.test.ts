import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writePage } from '../../../bench/bridges/page.ts'
import { groupsOf, readRows } from '../../../bench/bridges/rows.ts'
import { readTruth } from '../../../bench/hands/truth.ts'

const PICTURE = readTruth().drawings[0]!

describe('writePage', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rows-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** A file as training.compare writes it; of the questions about the picture, `right` are answered. */
  function row(name: string, more: object, { all, right }: { all: number; right: number }) {
    const answers = PICTURE.questions.map(({ answers: [first] }, i) => (i < right ? first! : '?'))
    const common = {
      kind: 'qformer',
      seed: 1,
      adapted: false,
      swap: null,
      command: `python -m training.compare ${name}`,
      samples: 1000,
      seconds: 60.5,
      threads: 1,
      parameters: { trained: 1234, vision: 10, language: 20 },
      reads: 32,
      frozen: { vision_model: 'a' },
      reached: { all: { '0.9': { samples: 400, seconds: 20 }, '0.95': null } },
      final: { color: all, all },
      captions: { named: 0.5, exact: 0.25 },
      text: { all: 0.97 },
      tags: null,
      hands: [{ name: PICTURE.name, caption: 'nothing', answers }],
    }
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ ...common, ...more }))
  }

  it('has the means over seeds, and only what was measured', () => {
    const asked = PICTURE.questions.length
    row('qformer-1', {}, { all: 0.8, right: asked })
    row('qformer-2', { seed: 2 }, { all: 0.6, right: 0 })
    row('projector-1', { kind: 'projector', reads: 196 }, { all: 0.5, right: 1 })
    row('adapted', { kind: 'projector', adapted: true }, { all: 0.9, right: 1 })
    const swap = { end: 'language', other: 'longer', learns: 'nothing' }
    row('swap', { swap, samples: 0 }, { all: 0.1, right: 0 })
    // Cells are padded to the width of their column.
    const page = writePage(groupsOf(readRows(folder)), null).replaceAll(/(?<=\S) {2,}/g, ' ')

    const lines = page.split('\n')
    const learned = lines.filter((line) => line.startsWith('| Q-Former (BLIP-2) |'))
    assert.deepEqual(learned[0]!.split(' | ').slice(1), [
      '2',
      '1,000',
      '1,234',
      '32',
      '70.0 % (60.0 % to 80.0 %)',
      '50.0 %',
      '50.0 % (0.0 % to 100.0 %) |',
    ])
    assert.equal(learned[1], '| Q-Former (BLIP-2) | 400; 20 s | – | 61 s |')
    assert.match(page, /^\| color \| 70\.0 % \(60\.0 % to 80\.0 %\) \| 50\.0 % \| 90\.0 % \|$/m)
    assert.match(page, /the language model answers 97\.0 % of the questions/)
    assert.match(
      page,
      /^\| language of longer, then training nothing \| 1,234 \| 0 \| 97\.0 % \| – \| 10\.0 % \| 0\.0 % \|$/m,
    )
    assert.match(page, /## What they cost\n\nNot measured yet\./)
    assert.match(page, /^ {4}python -m training\.compare adapted$/m)
    const shareRight = ((100 * 1) / asked).toFixed(1)
    assert.ok(lines.some((line) => line.startsWith('| all |') && line.includes(`${shareRight} %`)))
  })

  it('names a file that is no row', () => {
    writeFileSync(path.join(folder, 'zz.json'), '{}')
    assert.throws(() => readRows(folder), /zz\.json is not a row of training\.compare/)
  })
})
