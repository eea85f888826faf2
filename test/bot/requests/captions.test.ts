/** What a model is told to describe, by its card. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describePicture } from '../../../bot/requests/captions.ts'
import { EN } from '../../../commands/i18n/en.ts'
import type { Style } from '../../../commands/guild-settings.ts'
import { INSTRUCTIONS } from '../../../inference/families/common/chat-prompts.ts'
import { openModel } from '../../../inference/model.ts'
import { instructionsOf, readCard } from '../../../inference/package/model-card.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'
import { pictureFile } from '../../helpers/pictures.ts'

describe('a model that follows instructions', () => {
  it('is told what its card says, in the language of the answer', async () => {
    const model = await openModel(await packageFor('llava-qwen3'), { threads: 1 })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => model.close())
    const { card } = model
    assert.ok(card.family === 'llava')
    const prompts = { ...card.prompts, caption: 'Be brief.', detailed: 'Tell all.' }
    const told: string[] = []
    const asked = {
      ...model,
      card: { ...card, prompts },
      ask: (...[image, question, options]: Parameters<typeof model.ask>) => {
        told.push(question)
        return model.ask(image, question, options)
      },
    }
    for (const style of ['detailed', 'caption'] satisfies Style[]) {
      const about = { style, options: { maxNewTokens: 2 }, text: EN, inLanguage: ' In Chinese.' }
      await describePicture(asked, pictureFile().bytes, about)
    }
    assert.deepEqual(told, ['Tell all. In Chinese.', 'Be brief. In Chinese.'])
  })

  it('is told the same as others where an older package does not say it', async () => {
    const { card } = await openPackage(await packageFor('smolvlm-tiles'))
    assert.ok(card.family === 'smolvlm')
    const { detailed, questions, ...older } = card.prompts
    assert.equal(detailed, INSTRUCTIONS.detailed)
    assert.equal(questions, INSTRUCTIONS.questions)
    const read = readCard({ ...card, prompts: older })
    assert.ok(typeof read !== 'string')
    assert.equal(instructionsOf(read).detailed, INSTRUCTIONS.detailed)
  })
})
