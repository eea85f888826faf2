/** Searching a guild's messages, and renewing links of files. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { restOf } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

type Found = { readonly total_results: number; readonly messages: readonly APIMessage[][] }

describe('message search', () => {
  let stage: GuildClient
  let ada: Member

  before(async () => {
    stage = await startGuildClient()
    ada = await Member.connect(stage.sandbox.url)
    await ada.say('an orange cat on a keyboard')
    await ada.upload({ name: 'Cat.PNG', bytes: new Uint8Array(3) }, 'see my cat')
    await stage.channel('general').send('https://example.com/cat is a cat, too')
    await stage.channel('after-hours').send('cat after hours')
  })

  after(async () => {
    ada.close()
    await stage.close()
  })

  async function find(query: Readonly<Record<string, string>>): Promise<string[]> {
    const path = `/guilds/${stage.guild.id}/messages/search` as const
    const text = JSON.stringify(
      await stage.client.rest.get(path, { query: new URLSearchParams(query) }),
    )
    const found: Found = JSON.parse(text)
    const hits = found.messages.map(([message]) => message!.content)
    assert.equal(found.total_results >= hits.length, true)
    return hits
  }

  it('finds words in any order, the newest first', async () => {
    assert.deepEqual(await find({ content: 'cat orange' }), ['an orange cat on a keyboard'])
    assert.deepEqual(await find({ content: 'CAT' }), [
      'https://example.com/cat is a cat, too',
      'see my cat',
      'an orange cat on a keyboard',
    ])
  })

  it('finds what someone sent, with a picture or without', async () => {
    const author_id = ada.id
    assert.deepEqual(await find({ author_id, has: 'image' }), ['see my cat'])
    assert.deepEqual(await find({ author_id, has: '-image' }), ['an orange cat on a keyboard'])
    assert.deepEqual(await find({ attachment_filename: 'cat' }), ['see my cat'])
    assert.deepEqual(await find({ attachment_extension: 'png' }), ['see my cat'])
    assert.deepEqual(await find({ author_type: 'bot', has: 'link' }), [
      'https://example.com/cat is a cat, too',
    ])
  })

  it('leaves age-restricted channels out unless told otherwise', async () => {
    assert.deepEqual(await find({ content: 'hours' }), [])
    assert.deepEqual(await find({ content: 'hours', include_nsfw: 'true' }), ['cat after hours'])
  })

  it('turns pages, from either end', async () => {
    const page = { content: 'cat', limit: '1', sort_order: 'asc' }
    assert.deepEqual(await find(page), ['an orange cat on a keyboard'])
    assert.deepEqual(await find({ ...page, offset: '1' }), ['see my cat'])
  })

  it('refuses what the description does not allow', async () => {
    const wrong = find.bind(null, { limit: '26', has: 'cats' })
    await assert.rejects(stage.sandbox.wrongly(wrong), (error: { rawError?: object }) => {
      assert.match(JSON.stringify(error.rawError), /"limit":.*"has":\{"0"/)
      return true
    })
  })

  it('is closed to an application without Message Content', async () => {
    stage.sandbox.world.application.messageContent = false
    await assert.rejects(find({ content: 'cat' }), { code: 50001 })
    stage.sandbox.world.application.messageContent = true
  })
})

describe('refreshing links', () => {
  it('gives an expired link a fresh signature, and refuses foreign ones', async () => {
    const clock = new ManualClock(Date.now())
    // No gateway here: a day without a heartbeat would end its session.
    const sandbox = await startWatchedSandbox({ clock })
    const ada = await Member.connect(sandbox.url)
    const sent = await ada.upload({ name: 'note.txt', bytes: Buffer.from('hello') })
    const { url } = sent.attachments[0]!
    clock.advance(25 * 3_600_000)
    assert.equal((await fetch(url)).status, 404)
    const rest = restOf(sandbox)
    const ask = async (urls: readonly string[]) => {
      const body = { attachment_urls: urls }
      return JSON.stringify(await rest.post('/attachments/refresh-urls', { body }))
    }
    const answer: { refreshed_urls: { original: string; refreshed: string }[] } = JSON.parse(
      await ask([url]),
    )
    assert.equal(answer.refreshed_urls[0]?.original, url)
    assert.equal(await (await fetch(answer.refreshed_urls[0].refreshed)).text(), 'hello')
    await assert.rejects(ask(['https://example.com/x']), { code: 50035 })
    await assert.rejects(ask(Array.from({ length: 51 }, () => url)), { code: 50035 })
    ada.close()
    await sandbox.close()
  })
})
