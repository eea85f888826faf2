import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { type Measured, sectionOf, sideBySide, withSection } from '../../../bench/hands/compare.ts'
import { furtherRows, furtherShowings, type Showing } from '../../../bench/hands/further.ts'
import { readPrinted, readPrintedPictures } from '../../../bench/hands/printed/read.ts'
import { askOfPrinted, isUnprinted, NO_WORDS } from '../../../bench/hands/printed/words.ts'
import { picturePairs } from '../../../bench/hands/questions/two-pictures.ts'
import { isRight, plainAnswer } from '../../../bench/hands/score.ts'
import { readHandPictures, readTruth, type Thing } from '../../../bench/hands/truth.ts'
import { findModel } from '../../../config/models.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'

const { drawings } = readTruth()

function shapes(things: readonly Thing[], shape: string): number {
  return things.filter((one) => one.shape === shape).length
}

function singular(word: string): string {
  return word === 'crosses' ? 'cross' : word.slice(0, -1)
}

function measured(model: string, share: number, two: number | null): Measured {
  return {
    model,
    family: 'llava',
    precision: 'int4',
    bytes: 3_960_000,
    renderers: [],
    rows: [
      { name: 'one object', goal: '', count: 9, shares: { all: share }, inside: share },
      { name: 'question: color', goal: '', count: 9, shares: { all: 0.9 }, inside: 1 },
      { name: 'question: count', goal: '', count: 9, shares: { all: 0.7 }, inside: 1 },
    ],
    things: [],
    turnedAway: 1 - share,
    falseDescriptions: { all: 0 },
    rules: { rules: 0, precision: null, recall: null },
    agreement: null,
    further: [{ name: 'questions about two pictures', count: 5, share: two, inside: two }],
  }
}

describe('the pictures with printed words', () => {
  const printed = readPrinted()

  it('are 150, packed, and large enough for their letters', async () => {
    const files = readPrintedPictures()
    assert.equal(printed.length, 150)
    assert.deepEqual([...files.keys()].toSorted(), printed.map(({ name }) => name).toSorted())
    for (const { name } of printed.filter((_, i) => i % 25 === 0)) {
      const { width, height } = await sharp(files.get(name)).metadata()
      assert.ok(Math.max(width, height) >= 224, name)
    }
  })

  it('show a word of two to seven letters or a number of two to four digits, and up to three shapes', () => {
    for (const { name, printed: text, objects } of printed) {
      assert.match(text, /^([a-z]{2,7}|[1-9]\d{1,3})$/, name)
      assert.ok(objects.length <= 3, name)
    }
    const numbers = printed.filter(({ printed: text }) => /^\d/.test(text)).length
    assert.ok(numbers > 30 && numbers < 60, `${numbers}`)
  })

  it('are asked for what is printed, and others have no words', () => {
    const [read, there] = askOfPrinted({ ...printed[0]!, printed: '42' }, 1)
    assert.deepEqual([read?.kind, read?.answers, there?.answers], ['number', ['42'], ['yes']])
    assert.equal(isRight('“Bike”', askOfPrinted({ ...printed[0]!, printed: 'bike' }, 1)[0]!), true)
    assert.equal(plainAnswer(NO_WORDS), NO_WORDS)
    const plain = drawings.filter(isUnprinted)
    assert.ok(plain.length > 100)
    assert.ok(plain.every(({ style }) => !style.includes('note') && !style.includes('title')))
  })
})

describe('questions about two pictures', () => {
  const pairs = picturePairs(drawings, 150)
  const asked = pairs.flatMap(({ pictures, questions }) =>
    questions.map((question) => ({ pictures, ...question })),
  )

  it('are about pictures that are in no other pair', () => {
    const names = pairs.flatMap(({ pictures }) => pictures.map(({ name }) => name))
    assert.equal(new Set(names).size, 2 * 150)
    assert.ok(asked.length > 400, `${asked.length}`)
    assert.deepEqual(picturePairs(drawings, 150), pairs)
  })

  it('have the answers that the truth has', () => {
    let [more, counts, has] = [0, 0, 0]
    for (const { pictures, text, answers } of asked) {
      const [{ objects: one }, { objects: other }] = pictures
      const compared = /^which (?:one|picture) has more (\w+)\?$/.exec(text)?.[1]
      if (compared !== undefined) {
        const [m, n] = [shapes(one, singular(compared)), shapes(other, singular(compared))]
        const wanted = m === n ? 'both have the same number' : m > n ? 'first' : 'second'
        assert.equal(answers[0], wanted, text)
        more += 1
      }
      const counted = /^how many (\w+) are in the (first|second) picture\?$/.exec(text)
      if (counted !== null) {
        const things = counted[2] === 'first' ? one : other
        assert.equal(answers[0], String(shapes(things, singular(counted[1]!))), text)
        counts += 1
      }
      const owned = /^which (?:one|picture) has an? (\w+) (\w+)\?$/.exec(text)
      if (owned !== null) {
        const there = [one, other].map((things) =>
          things.some(({ shape, colors }) => shape === owned[2] && colors.includes(owned[1]!)),
        )
        assert.equal(answers[0], there.every(Boolean) ? 'both' : there[0]! ? 'first' : 'second')
        has += 1
      }
    }
    assert.ok(more > 30 && counts > 30 && has > 30, `${more} ${counts} ${has}`)
  })

  it('are answered in the words of people', () => {
    const question = { kind: 'two pictures', text: '', answers: ['second', 'second one'] } as const
    assert.equal(isRight('The second.', question), true)
    assert.equal(isRight('the second one', question), true)
    assert.equal(isRight('the first', question), false)
  })
})

/** A model with the card of a package that says one thing always. */
async function talker(folder: string, says: string, verdict: 'inside' | 'outside'): Promise<Model> {
  const { card } = await openPackage(folder)
  const answer = { text: says, judgment: { verdict, distance: null, confidence: null } }
  const say = () => Promise.resolve(answer)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is asked of it
  return { card: { ...card, questions: undefined }, describe: say, ask: say } as unknown as Model
}

describe('furtherRows', () => {
  const bytes = readHandPictures().get(drawings[0]!.name)!
  const showings: Showing[] = [
    {
      pictures: [bytes],
      isNewFont: true,
      questions: [{ kind: 'word', text: 'what does it say?', answers: ['bike'] }],
    },
    {
      pictures: [bytes, bytes],
      questions: [{ kind: 'two pictures', text: 'do both have a star?', answers: ['bike'] }],
    },
  ]
  const shares = async (model: Model) => {
    const rows = await furtherRows(model, showings)
    return rows.map(({ count, share, inside }) => [count, share, inside])
  }
  const NONE = [0, null, null]

  it('asks about two pictures only a model that takes them', async () => {
    const one = await talker(findModel('demo'), 'bike', 'inside')
    assert.deepEqual(await shares(one), [[1, null, null], [1, 1, 1], NONE, [1, 1, 1], NONE, NONE])
    const several = await talker(await packageFor('llava-clip'), 'bike', 'inside')
    assert.deepEqual(await shares(several), [[1, 1, 1], [1, 1, 1], NONE, [1, 1, 1], NONE, NONE])
  })

  it('takes what is said of a picture that is turned away for wrong', async () => {
    const away = await talker(findModel('demo'), 'bike', 'outside')
    assert.deepEqual((await shares(away))[1], [1, 0, 1])
  })

  it('has all kinds of the test pictures', () => {
    const pictures = readHandPictures()
    const all = furtherShowings(drawings, (name) => pictures.get(name)!)
    const kinds = new Set(all.flatMap(({ questions }) => questions.map(({ kind }) => kind)))
    assert.deepEqual([...kinds].toSorted(), [
      'no words',
      'number',
      'text there',
      'two pictures',
      'word',
    ])
    assert.equal(all.length, 150 + 75 + 150)
    assert.ok(all.every(({ pictures: [one] }) => one !== undefined))
  })
})

describe('sideBySide', () => {
  it('has a column for each model, and marks the best of a row', () => {
    const table = sideBySide([measured('demo', 0.75, null), measured('demo-llava', 0.5, 0.8)])
    const cells = new Map(
      table.split('\n').map((line) => {
        const [, name = '', ...rest] = line.split('|').map((cell) => cell.trim())
        return [name, rest.slice(0, 2)]
      }),
    )
    assert.deepEqual(cells.get(''), ['demo', 'demo-llava'])
    assert.deepEqual(cells.get('size'), ['4.0 MB', '4.0 MB'])
    const first = 'captions that name the object, with its color, of one'
    assert.deepEqual(cells.get(first), ['**75.0 %**', '50.0 %'])
    assert.deepEqual(cells.get('drawings turned away'), ['**25.0 %**', '50.0 %'])
    assert.deepEqual(cells.get('the best kind of question'), ['90.0 %', '90.0 %'])
    assert.deepEqual(cells.get('the weakest kind of question'), ['70.0 %', '70.0 %'])
    assert.deepEqual(cells.get('questions about two pictures'), ['–', '80.0 %'])
  })
})

describe('withSection', () => {
  const section = sectionOf(['demo', 'demo-llava'], '| a |')

  it('puts the table before the pictures, and later in the place of the one before', () => {
    const once = withSection('# R\n\n## Other\n\n![losses](x)\n', section)
    assert.equal(once, `# R\n\n## Other\n\n${section}\n![losses](x)\n`)
    const other = sectionOf(['demo'], '| b |')
    assert.equal(withSection(once, other), `# R\n\n## Other\n\n${other}\n![losses](x)\n`)
    assert.match(section, /^`npm run bench -- demo --update --model demo --model demo-llava`, /m)
  })
})
