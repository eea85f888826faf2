import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { growing } from '../../../bot/requests/growing.ts'
import { catalogFor } from '../../../commands/i18n/catalog.ts'

const text = catalogFor('en-US')
const CARD = { defaults: { describe: {}, ask: {} } }
const ASKED = { card: CARD, kind: 'ask', question: 'why?', spoiler: false } as const

/** What is shown for texts as they grow. */
function shownOf(about: Parameters<typeof growing>[1], ...texts: readonly string[]) {
  const contents: string[] = []
  const delivery = { grow: (content: string) => contents.push(content) }
  const { onStep } = growing({ delivery, text }, about)
  for (const written of texts) {
    onStep?.({ tokenId: 1, text: written })
  }
  return contents
}

describe('growing', () => {
  it('shows what the model has written as it will stand in the answer', () => {
    assert.deepEqual(shownOf(ASKED, '', 'a', 'a *b*'), [
      '> why?\na …',
      String.raw`> why?
a \*b\* …`,
    ])
    const [long = ''] = shownOf({ ...ASKED, question: null }, 'word '.repeat(900))
    assert.ok(long.length <= 2000 && long.startsWith('word word'))
  })

  it('shows nothing that may still change or has to be hidden', () => {
    const beams = { defaults: { describe: { beams: 5 }, ask: { beams: 5 } } }
    assert.deepEqual(shownOf({ ...ASKED, card: beams }, 'a'), [])
    assert.deepEqual(shownOf({ ...ASKED, spoiler: true }, 'a'), [])
  })
})
