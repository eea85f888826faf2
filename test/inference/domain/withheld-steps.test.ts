/** A picture that is outside of a model's domain by its features: no text about it is told as it grows. */

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { findModel } from '../../../config/models.ts'
import { openModel } from '../../../inference/model.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { recardedPackage } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'

const QUESTION = 'what color is it?'

describe('the steps of an answer', () => {
  it('are told of a picture inside, and of none that is outside by its features', async () => {
    const demo = findModel('demo')
    const { card } = await openPackage(demo)
    const { domain } = card
    assert.ok(domain?.features)
    for (const [limit, verdict] of [
      [1e9, 'inside'],
      [1e-9, 'outside'],
    ] as const) {
      const features = { ...domain.features, limit }
      const folder = await recardedPackage(demo, { domain: { ...domain, features } })
      const model = await openModel(folder, { threads: 1 })
      const texts: string[] = []
      const onStep = ({ text }: { text: string }) => void texts.push(text)
      const answer = await model.ask(pictureFile().bytes, QUESTION, { onStep })
      await model.close()
      await rm(folder, { recursive: true })
      assert.notEqual(answer.judgment.verdict === 'outside', verdict === 'inside')
      assert.equal(texts.at(-1), verdict === 'inside' ? answer.text : undefined)
      assert.notEqual(answer.text, '')
    }
  })
})
