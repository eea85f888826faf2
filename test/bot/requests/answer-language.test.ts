import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Locale } from 'discord.js'
import { languageNote, languageRequest } from '../../../bot/requests/answer-language.ts'
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

describe('languageNote', () => {
  it('has a sentence for every language of Discord but English, each in its script', () => {
    const notes = new Map(
      Object.values(Locale).map((locale) => [locale, languageNote({ languages: ['en'] }, locale)]),
    )
    assert.deepEqual(
      [...notes].flatMap(([locale, note]) => (note === null ? [locale] : [])),
      ['en-US', 'en-GB'],
    )
    assert.equal(notes.get(Locale.German), 'Antworten kommen auf Englisch.')
    assert.match(notes.get(Locale.Ukrainian)!, /\p{Script=Cyrillic}{8}/u)
    assert.match(notes.get(Locale.Korean)!, /\p{Script=Hangul}{2}/u)
    assert.notEqual(notes.get(Locale.ChineseCN), notes.get(Locale.ChineseTW))
  })

  it('says nothing where the model speaks the language, or it is not known what it speaks', () => {
    assert.equal(languageNote({ languages: ['en', 'es'] }, 'es-419'), null)
    assert.equal(languageNote({ languages: ['zh'] }, 'de'), null)
    assert.equal(languageNote({}, 'de'), null)
    assert.equal(languageNote({ languages: ['en'] }, 'xx'), null)
  })
})
