/** The packed test pictures are whole, and no question about them contradicts their truth. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { isBeside, largerOf, placeOf, sizeOf } from '../../../bench/hands/geometry.ts'
import { COLORS, SHAPES } from '../../../bench/hands/questions/words.ts'
import { isRight, namesAll } from '../../../bench/hands/score.ts'
import { DIGITS, THINGS } from '../../../bench/hands/things/words.ts'
import { KINDS, readHandPictures, readTruth, type Thing } from '../../../bench/hands/truth.ts'

const { drawings, things, others } = readTruth()
const square = { width: 100, height: 100 }

function at(...box: [number, number, number, number]): Thing {
  return { shape: 'circle', colors: ['red'], box, style: [] }
}

describe('the test pictures', () => {
  it('are all packed, and of the size that the truth states', async () => {
    const pictures = readHandPictures()
    const names = [...drawings, ...things, ...others].map(({ name }) => name)
    assert.deepEqual([...pictures.keys()].toSorted(), names.toSorted())
    for (const { name, width, height } of drawings.filter((_, i) => i % 20 === 0)) {
      const metadata = await sharp(pictures.get(name)).metadata()
      assert.deepEqual([metadata.width, metadata.height], [width, height], name)
    }
  })

  it('have words and boxes within their limits', () => {
    for (const { name, objects } of drawings) {
      for (const { shape, colors, box } of objects) {
        assert.ok((SHAPES as readonly string[]).includes(shape), name)
        assert.ok(
          colors.every((color) => (COLORS as readonly string[]).includes(color)),
          name,
        )
        const [left, top, right, bottom] = box
        assert.ok(left >= 0 && top >= 0 && right <= 1 && bottom <= 1, name)
        assert.ok(left < right && top < bottom, name)
      }
    }
  })

  it('can be described and answered rightly', () => {
    for (const picture of drawings) {
      const things = picture.objects.map(({ shape, colors }) => `a ${colors[0]} ${shape}`)
      const caption = `${things.join(', ')} on a ${picture.background} background`
      assert.equal(namesAll(caption, picture), true, picture.name)
      for (const question of picture.questions) {
        assert.equal(
          isRight(question.answers[0]!, question),
          true,
          `${picture.name} ${question.text}`,
        )
      }
    }
  })

  it('show every thing and every digit, each called by its name', () => {
    const shown = new Set(things.flatMap(({ objects }) => objects.map(({ shape }) => shape)))
    assert.deepEqual([...shown].toSorted(), [...THINGS, ...DIGITS].toSorted())
    for (const { name, objects, questions } of things) {
      for (const { text, answers } of questions.filter(({ kind }) => kind === 'presence')) {
        const asked = /^(?:is there an?|are there) (\w+)\?$/.exec(text)?.[1]
        const isThere = objects.some(({ shape }) => shape === asked)
        assert.deepEqual(answers, [isThere ? 'yes' : 'no'], `${name} ${text}`)
      }
      const caption = objects.map(({ shape, colors: [color = ''] }) => `a ${color} ${shape}`)
      const picture = things.find((one) => one.name === name)!
      assert.equal(namesAll(caption.join(' and '), picture), true, name)
      assert.equal(namesAll(`${caption.join(' and ')} and a fox and a bus`, picture), false, name)
    }
  })

  it('are asked about evenly, and never about what is not there as if it were', () => {
    const questions = drawings.flatMap(({ questions }) => questions)
    for (const kind of KINDS) {
      const share = questions.filter((one) => one.kind === kind).length / questions.length
      assert.ok(share > 0.07 && share < 0.11, `${kind}: ${share}`)
    }
    for (const { name, objects, questions: asked } of drawings) {
      for (const { kind, text, answers } of asked) {
        const [count] = answers
        if (text === 'how many shapes are there?') {
          assert.equal(count, String(objects.length), name)
        }
        const what = /^is there an? (?:(\w+) )?(\w+)\?$/.exec(text)
        if (kind === 'presence') {
          const isThere = objects.some(
            ({ shape, colors }) =>
              shape === what?.[2] && (what[1] === undefined || colors.includes(what[1])),
          )
          assert.deepEqual(answers, [isThere ? 'yes' : 'no'], `${name} ${text}`)
        }
      }
    }
  })
})

describe('sizes and places', () => {
  it('have names only where nobody would doubt them', () => {
    assert.equal(sizeOf(at(0, 0, 0.2, 0.1), square), 'small')
    assert.equal(sizeOf(at(0, 0, 0.23, 0.1), square), null)
    assert.equal(sizeOf(at(0, 0, 0.3, 0.3), square), 'medium')
    assert.equal(sizeOf(at(0, 0, 0.3, 0.3), { width: 200, height: 100 }), 'large')
    assert.deepEqual(placeOf(at(0, 0.4, 0.2, 0.6)), { x: 'left', y: 'middle' })
    assert.equal(placeOf(at(0.25, 0.4, 0.45, 0.6)), null)
  })

  it('compare only what is clearly larger', () => {
    assert.equal(largerOf(at(0, 0, 0.3, 0.3), at(0, 0, 0.2, 0.2), square), 0)
    assert.equal(largerOf(at(0, 0, 0.2, 0.2), at(0, 0, 0.3, 0.3), square), 1)
    assert.equal(largerOf(at(0, 0, 0.3, 0.3), at(0, 0, 0.25, 0.25), square), null)
  })

  it('relate only what lies clearly to one side', () => {
    const [one, other] = [at(0, 0.4, 0.2, 0.6), at(0.5, 0.3, 0.7, 0.5)]
    assert.equal(isBeside('left', one, other, square), true)
    assert.equal(isBeside('right', one, other, square), false)
    assert.equal(isBeside('above', one, other, square), null)
    assert.equal(isBeside('left', one, at(0.15, 0.4, 0.3, 0.6), square), null)
  })
})
