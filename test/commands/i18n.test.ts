/** The catalogues, and that what inference says of a picture has its sentence in each language. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RestartingError } from '../../bot/jobs.ts'
import { catalogueFor, Said, sentenceOf } from '../../commands/i18n/catalogue.ts'
import { EN } from '../../commands/i18n/en.ts'
import { ZH } from '../../commands/i18n/zh.ts'
import { COMMANDS } from '../../commands/index.ts'
import { InputError } from '../../config/errors.ts'
import { QueueFullError, TooLateError } from '../../inference/errors.ts'
import { decodeImage } from '../../inference/image/decode.ts'
import { encodePrompt } from '../../inference/text/prompts.ts'
import { findModel } from '../../config/models.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { pictureBytes } from '../helpers/pictures.ts'

/** A command, or an option of one. */
type Part = {
  readonly name: string
  readonly description?: string
  readonly description_localizations?: object
  readonly options?: readonly Part[]
}

/** Every text of a catalogue that is not a function. */
function texts(catalogue: object): string[] {
  return Object.values(catalogue).flatMap((value: unknown) =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value ? texts(value) : [],
  )
}

function errorOf(work: () => Promise<unknown>): Promise<InputError> {
  return work().then(
    () => assert.fail('expected an InputError'),
    (error: unknown) => {
      assert.ok(error instanceof InputError)
      return error
    },
  )
}

describe('catalogueFor', () => {
  it('speaks Chinese to those who use Discord in Chinese, English to all others', () => {
    assert.equal(catalogueFor('zh-CN'), ZH)
    assert.equal(catalogueFor('zh-TW'), ZH)
    assert.equal(catalogueFor('de'), EN)
    assert.equal(catalogueFor(undefined), EN)
  })

  it('has everything in Chinese', () => {
    const untranslated = texts(ZH).filter((text) => !/\p{Script=Han}/u.test(text))
    assert.deepEqual(untranslated, ['English'], 'a language’s own name stays')
  })
})

describe('sentenceOf', () => {
  it('says an error of the bot’s own in either language', () => {
    const error = new Said(({ errors }) => errors.dailyLimit(3))
    assert.equal(sentenceOf(error, EN), EN.errors.dailyLimit(3))
    assert.equal(sentenceOf(error, ZH), ZH.errors.dailyLimit(3))
  })

  it('translates what is wrong with a file, a size or a text', async () => {
    const { card } = await openPackage(findModel('demo'))
    const png = new Uint8Array(pictureBytes('parity.png'))
    const wrong: (readonly [() => Promise<unknown>, string])[] = [
      [() => decodeImage(new Uint8Array()), ZH.errors.notAPicture],
      [() => decodeImage(new TextEncoder().encode('hello')), ZH.errors.notAPicture],
      [() => decodeImage(new TextEncoder().encode('%PDF-1.7 hello')), ZH.errors.notAPicture],
      [() => decodeImage(png.slice(0, 200)), ZH.errors.brokenPicture],
      [() => decodeImage(png, { maxBytes: 10 }), ZH.errors.pictureTooLarge('10 bytes')],
      [() => decodeImage(png, { maxPixels: 10 }), ZH.errors.pictureTooLarge('10 pixels')],
      [async () => encodePrompt(card, 'x'.repeat(1e5), () => []), ZH.errors.textTooLong],
    ]
    for (const [work, sentence] of wrong) {
      const error = await errorOf(work)
      assert.equal(sentenceOf(error, ZH), sentence, error.message)
      assert.equal(sentenceOf(error, EN), error.message)
    }
  })
})

describe('sentenceOf, for what holds an answer up', () => {
  it('is the English sentence itself, and its translation', () => {
    for (const [error, key] of [
      [new QueueFullError(), 'queueFull'],
      [new TooLateError(), 'tooLate'],
      [new RestartingError(true), 'restartingLater'],
      [new RestartingError(false), 'restarting'],
    ] as const) {
      assert.equal(sentenceOf(error, EN), error.message)
      assert.equal(sentenceOf(error, ZH), ZH.errors[key])
    }
  })
})

describe('COMMANDS', () => {
  it('have a Chinese name or description wherever they have an English one', () => {
    const check = (part: Part, path: string) => {
      if (part.description !== undefined) {
        assert.ok(part.description_localizations, `${path} description`)
      }
      for (const option of part.options ?? []) {
        check(option, `${path}.${option.name}`)
      }
    }
    for (const { data } of COMMANDS) {
      const part: Part = JSON.parse(JSON.stringify(data))
      check(part, data.name)
      assert.ok(data.name_localizations, data.name)
    }
  })

  it('stay within Discord’s 8,000 characters each, in the longest language', () => {
    for (const { data } of COMMANDS) {
      assert.ok(JSON.stringify(data).length < 8000, data.name)
    }
  })
})
