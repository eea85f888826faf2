import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { followsInstructions, framesOf } from '../../../inference/package/model-card.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'

describe('followsInstructions', () => {
  it('is for a family that does, and not for one of its models made for some pictures or words', async () => {
    const { card } = await openPackage(await packageFor('smolvlm-tiles'))
    const { card: demo } = await openPackage(findModel('demo'))
    const { domain, questions } = demo
    assert.ok(domain && questions)
    assert.ok(followsInstructions(card) && framesOf(card) > 1)
    for (const special of [{ domain }, { questions }]) {
      assert.equal(followsInstructions({ ...card, ...special }), false)
      assert.equal(framesOf({ ...card, ...special }), 1)
    }
    assert.equal(followsInstructions(demo), false)
  })
})
