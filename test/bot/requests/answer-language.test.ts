import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { languageRequest } from '../../../bot/requests/answer-language.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'

describe('languageRequest', () => {
  it('asks for the language of the locale where the card says that the model speaks it', async () => {
    const { card } = await openPackage(await packageFor('llava-qwen3'))
    const speaking = (languages: string[]) => ({ ...card, languages })
    assert.equal(languageRequest(speaking(['en', 'zh']), 'zh-CN'), ' Answer in Chinese.')
    assert.equal(languageRequest(speaking(['en', 'de']), 'de'), ' Answer in German.')
    assert.equal(languageRequest(speaking(['en', 'zh']), 'en-US'), '')
    assert.equal(languageRequest(speaking(['en']), 'zh-CN'), '')
    assert.equal(languageRequest(card, 'zh-CN'), '')
  })

  it('asks nothing of a model that follows no instructions', async () => {
    const { card } = await openPackage(await packageFor('base'))
    assert.equal(languageRequest({ ...card, languages: ['en', 'zh'] }, 'zh-CN'), '')
  })
})
