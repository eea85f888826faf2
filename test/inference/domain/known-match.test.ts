/** Texts in the words of the matcher. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchKnown } from '../../../inference/domain/known-match.ts'
import { scene } from '../../helpers/demo-bot.ts'
import { packageFor } from '../../helpers/packages.ts'
import { openWorded } from '../../helpers/worded-matcher.ts'

describe('matchKnown', () => {
  it('compares texts in the words of the model, and names those that it does not know', async () => {
    const model = await openWorded(await packageFor('itm-common'))
    try {
      const { bytes } = scene()
      const texts = ['a crimson disc', 'a red dragon', 'a red circle']
      const [crimson, dragon, red] = await matchKnown(model, bytes, texts)
      const [plain] = await model.match(bytes, ['a red circle'])
      assert.deepEqual(red, { ...plain, unknown: [] })
      assert.deepEqual(crimson, { ...red, text: 'a crimson disc' })
      assert.deepEqual([dragon?.text, dragon?.unknown], ['a red dragon', ['dragon']])
    } finally {
      await model.close()
    }
  })
})
