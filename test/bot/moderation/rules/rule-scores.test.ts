/** Scores by rules, with a matcher of random weights. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RuleScores } from '../../../../bot/moderation/rules/rule-scores.ts'
import { ruleSchema } from '../../../../commands/moderation/rule.ts'
import { imageSourceOf } from '../../../../inference/contract/image-source.ts'
import { scene } from '../../../helpers/demo-bot.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { openWorded } from '../../../helpers/worded-matcher.ts'

const PICTURE = { key: 'a', url: '', size: 0, name: 'a', spoiler: false, altText: null }

describe('the score of a text', () => {
  it('is that of the words that the matcher knows, where they were typed otherwise', async () => {
    await using stack = new AsyncDisposableStack()
    const model = await openWorded(await packageFor('itm-common'))
    stack.defer(() => model.close())
    const image = await imageSourceOf(scene().bytes)
    const [typed, known] = ['Please, a crimson disc', 'a red circle']
    const [asTyped, asKnown] = await model.match(image, [typed, known])
    assert.ok(Math.abs(asTyped!.itm - asKnown!.itm) > 1e-3)

    const pictures = { source: async () => image, settle: async () => {} }
    const scores = new RuleScores({ pictures, model })
    const rule = ruleSchema.parse({
      id: '1',
      name: 'circles',
      action: 'flag',
      precision: 0.9,
      channels: [],
      ageRestricted: false,
      at: 0,
      kind: 'match',
      text: typed,
      threshold: 0.5,
    })
    const [score] = await scores.of({ ...PICTURE, source: null }, [rule], {})
    assert.ok(Math.abs(score!.score! - asKnown!.itm) < 1e-6)
  })
})
