/** The real discord.js client, the real model (a small random one) and the loopback Discord. */

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { startSandbox } from 'loopback-discord'
import { type Bot, startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import { asSentence } from '../../bot/requests/captions.ts'
import type { Answer } from '../../inference/contract/types.ts'
import { quotedParagraphs } from '../../commands/answer-text.ts'
import { EN } from '../../commands/i18n/en.ts'
import { sentenceOf } from '../../commands/i18n/catalog.ts'
import { ConfigError, InputError } from '../../config/errors.ts'
import { packageFor } from '../helpers/packages.ts'
import { pictureFile } from '../helpers/pictures.ts'
import { connectMember } from '../helpers/members.ts'

const silent = pino({ level: 'silent' })

/** An answer as it is shown, with the line that says that a model of random weights is unsure. */
function shown({ text, judgment }: Answer): string {
  return quotedParagraphs(text) + (judgment.verdict === 'unsure' ? `\n-# ${EN.answer.unsure}` : '')
}

describe('the bot on the loopback Discord', () => {
  let bot: Bot
  let ada: Member

  before(async () => {
    const folder = await packageFor('base')
    bot = await startBot(readConfig({ SIGHTSEER_MODEL: folder, SANDBOX_STATE: 'memory' }), silent)
    ada = await connectMember(bot.sandbox!.url)
  })

  after(async () => {
    ada.close()
    await bot.close()
  })

  it('answers /describe with the model’s own description', async () => {
    const answer = await ada.slash('describe', { image: pictureFile() })
    const described = await bot.model.describe(pictureFile().bytes)
    const text = asSentence(described.text)
    assert.equal(answer.content, shown({ ...described, text }))
  })

  it('answers a reply from the same picture, and the next one with the history', async () => {
    const description = await ada.slash('describe', { image: pictureFile() })
    const first = await ada.answerTo(await ada.reply(description, 'what color is it?'))
    const alone = await bot.model.ask(pictureFile().bytes, 'what color is it?')
    assert.equal(first.content, shown(alone))

    const second = await ada.answerTo(await ada.reply(first, 'and now?'))
    const history = [{ question: 'what color is it?', answer: alone.text }]
    const following = await bot.model.ask(pictureFile().bytes, 'and now?', { history })
    assert.equal(second.content, shown(following))
  })

  it('keeps two pictures apart', async () => {
    const one = await ada.slash('describe', { image: pictureFile() })
    const other = await ada.slash('describe', { image: pictureFile('rgba.png') })
    const answers = await Promise.all(
      [one, other].map(async (message) => ada.answerTo(await ada.reply(message, 'how many?'))),
    )
    const expected = await Promise.all(
      ['parity.png', 'rgba.png'].map((name) => bot.model.ask(pictureFile(name).bytes, 'how many?')),
    )
    assert.deepEqual(
      answers.map(({ content }) => content),
      expected.map(shown),
    )
    assert.notEqual(answers[0]!.content, answers[1]!.content)
  })

  it('says in a sentence what is wrong with a file', async () => {
    const bytes = new TextEncoder().encode('not a picture')
    const answer = await ada.slash('describe', { image: { name: 'note.png', bytes } })
    await assert.rejects(bot.model.describe(bytes), (error) => {
      assert.ok(error instanceof InputError)
      assert.equal(unescaped(answer.content), sentenceOf(error, EN))
      return true
    })
  })
})

describe('startBot', () => {
  it('opens the model as the settings say', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-settings-'))
    cpSync(await packageFor('base'), folder, { recursive: true })
    const env = {
      SIGHTSEER_MODEL: folder,
      SANDBOX_STATE: 'memory',
      SIGHTSEER_PREPARE: 'yes',
      SIGHTSEER_MAX_SEQUENCES: '1',
      SIGHTSEER_QUEUE: '3',
      SIGHTSEER_CONVERSATION_MIB: '0',
      SIGHTSEER_IMAGE_CACHE_MIB: '1',
    }
    const bot = await startBot(readConfig(env), silent)
    try {
      const questions = ['how many?', 'what color?', 'how many?']
      await Promise.all(
        questions.map((question) => bot.model.ask(pictureFile().bytes, question, { beams: 1 })),
      )
      const { stages, caches } = bot.model.stats()
      assert.equal(stages.decode.rows, stages.decode.runs, 'more than one row at once')
      assert.equal(caches.conversations.hits, 0)
      assert.ok(existsSync(path.join(folder, 'prepared')))
      const many = Array.from({ length: 12 }, () => bot.model.ask(pictureFile().bytes, 'how many?'))
      const refused = (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected')
      assert.ok(refused.length > 0 && refused.length < many.length, `${refused.length} refused`)
      assert.equal(bot.model.stats().refused, refused.length)
    } finally {
      await bot.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('names what is wrong with the model, and leaves nothing running', async () => {
    const config = readConfig({ SIGHTSEER_MODEL: './no-such-model', SANDBOX_STATE: 'memory' })
    await assert.rejects(startBot(config, silent), ConfigError)
  })

  it('says what is wrong with the file of the loopback Discord', async () => {
    const SANDBOX_STATE = import.meta.filename
    const SIGHTSEER_MODEL = await packageFor('base')
    const env = { SIGHTSEER_MODEL, SANDBOX_STATE, SIGHTSEER_STORE: 'memory:' }
    await assert.rejects(startBot(readConfig(env), silent), {
      name: 'ConfigError',
      message: `SANDBOX_STATE: The sandbox’s state file ${SANDBOX_STATE} is not a database.`,
    })
  })

  it('says that the port of the loopback Discord is taken', async () => {
    const other = await startSandbox()
    const { port } = new URL(other.url)
    try {
      const SIGHTSEER_MODEL = await packageFor('base')
      const env = { SIGHTSEER_MODEL, SANDBOX_PORT: port, SANDBOX_STATE: 'memory' }
      await assert.rejects(startBot(readConfig(env), silent), {
        name: 'ConfigError',
        message: `Port ${port} is in use already; set another SANDBOX_PORT, or none for a free one.`,
      })
    } finally {
      await other.close()
    }
  })
})

/** What a person sees of escaped markdown. */
function unescaped(content: string): string {
  return content.replaceAll(/\\([^\p{L}\p{N}\s])/gu, '$1')
}
