import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { drawLearning } from '../../../bench/bridges/charts.ts'
import { writePage } from '../../../bench/bridges/page.ts'
import { compare, readRows } from '../../../bench/bridges/rows.ts'
import { ENDS, makeRow, OTHER_ENDS, PICTURE } from './made-rows.ts'

describe('writePage', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rows-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function bridges() {
    makeRow(folder, 'qformer-1', {}, { all: 0.8, right: PICTURE.questions.length })
    makeRow(folder, 'qformer-2', { seed: 2 }, { all: 0.6, right: 0 })
    makeRow(folder, 'projector-1', { kind: 'projector', reads: 196 }, { all: 0.5, right: 1 })
    makeRow(folder, 'adapted', { kind: 'projector', adapted: true }, { all: 0.9, right: 1 })
  }

  it('has the means over seeds, and only what was measured', () => {
    bridges()
    const page = pageOf(folder)
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
    assert.match(
      page,
      /^\| color \| 99\.0 % \| 70\.0 % \(60\.0 % to 80\.0 %\) \| 50\.0 % \| 90\.0 % \|$/m,
    )
    assert.match(page, /the language model answers 97\.0 %/)
    assert.match(page, /with 1 thread: without the vision tower/)
    const [ninety, ninetyFive] = lines.filter(
      (line) => line.startsWith('| all | ') && line.includes('–') !== line.includes(';'),
    )
    assert.equal(ninety, '| all | 400; 20 s | 400; 20 s | 400; 20 s |')
    assert.equal(ninetyFive, '| all | – | – | – |')
    assert.match(page, /## What they cost\n\nNot measured yet\./)
    assert.match(page, /^ {4}python -m training\.compare adapted$/m)
    const shareRight = ((100 * 1) / PICTURE.questions.length).toFixed(1)
    assert.ok(lines.some((line) => line.startsWith('| all |') && line.includes(`${shareRight} %`)))
  })

  it('places swaps between the Q-Former that they began with and that of the new ends', () => {
    bridges()
    const weaker = mkdtempSync(path.join(folder, 'weaker-'))
    makeRow(weaker, 'qformer-1', { ends: OTHER_ENDS }, { all: 0.3, right: 0 })
    const swap = { end: 'language', other: 'run', base: OTHER_ENDS }
    const none = { swap: { ...swap, learns: 'nothing' }, ends: ENDS, samples: 0 }
    makeRow(
      weaker,
      'projection',
      { swap: { ...swap, learns: 'projection' } },
      { all: 0.7, right: 0 },
    )
    makeRow(weaker, 'nothing', none, { all: 0.1, right: 0 })
    const vision = { end: 'vision', other: 'weak', base: ENDS, learns: 'nothing' }
    makeRow(
      folder,
      'vision',
      { swap: vision, ends: OTHER_ENDS, samples: 0 },
      { all: 0.2, right: 0 },
    )
    const page = pageOf(folder, weaker)
    const table = page.slice(page.indexOf('## Other ends'))
    const rows = table
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
    assert.deepEqual(
      rows.map((line) => line.split(' | ').slice(0, 2).join(' ') + line.split(' | ').at(-2)),
      [
        '| before the swap 130.0 %',
        '| language of `run`, then training nothing 110.0 %',
        '| language of `run`, then training projection 170.0 %',
        '| a Q-Former trained from the beginning 270.0 % (60.0 % to 80.0 %)',
        '| before the swap 270.0 % (60.0 % to 80.0 %)',
        '| vision of `weak`, then training nothing 120.0 %',
        '| a Q-Former trained from the beginning 130.0 %',
      ],
    )
    assert.ok(!page.slice(0, page.indexOf('## Other ends')).includes('30.0 % |'))
    const commands = page
      .slice(page.indexOf('## The commands'))
      .split('\n')
      .filter((line) => line.startsWith('    '))
    assert.equal(commands.length, 8)
  })

  it('draws each seed and the mean', () => {
    bridges()
    const svg = drawLearning(compare(readRows([folder])).bridges)
    const drawn = [...svg.matchAll(/<path d="M([\d. L]+)"( opacity="0.45")? fill="none"/g)]
    // Two panels: two seeds and a mean, and two groups of one seed.
    assert.equal(drawn.filter(([, , thin]) => thin).length, 2 * 2)
    assert.equal(drawn.filter(([, , thin]) => !thin).length, 2 * 3)
    // The mean of 0.4 and 0.3, in the middle; 260 pixels high from 62.
    assert.equal(
      drawn[2]![1],
      `248.0 ${(62 + 0.65 * 260).toFixed(1)}L438.0 ${(62 + 0.3 * 260).toFixed(1)}`,
    )
  })

  it('reads a file with a row in each line as their folder', () => {
    bridges()
    const file = path.join(folder, 'rows.jsonl')
    const names = readdirSync(folder).toSorted()
    writeFileSync(
      file,
      names.map((name) => `${readFileSync(path.join(folder, name), 'utf8')}\n`).join(''),
    )
    assert.equal(pageOf(file), pageOf(folder))
    assert.equal(readRows([file]).length, names.length)
  })

  it('names what has no row, or is none', () => {
    assert.throws(() => readRows([folder]), /has no rows/)
    assert.throws(() => readRows([path.join(folder, 'none.jsonl')]), /none\.jsonl has no rows/)
    for (const text of ['{}', 'none']) {
      writeFileSync(path.join(folder, 'zz.json'), text)
      assert.throws(() => readRows([folder]), /zz\.json has something that is not a row/)
    }
  })
})

/** Cells are padded to the width of their column. */
function pageOf(...folders: string[]): string {
  return writePage(compare(readRows(folders)), null).replaceAll(/(?<=\S) {2,}/g, ' ')
}
