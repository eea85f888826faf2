import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { otherModel } from '../../config/models.ts'

describe('otherModel', () => {
  it('sends the operator of a queue to the workers, which have the model', () => {
    assert.match(otherModel('demo'), /^npm run pull -- .*, then SIGHTSEER_MODEL=/)
    assert.match(otherModel('redis://host'), /^on each worker's machine npm run pull/)
  })
})
