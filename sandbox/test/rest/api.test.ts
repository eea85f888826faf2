/** What the REST API gives and what it refuses, asked by discord.js's own REST client. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DiscordAPIError, REST, Routes } from 'discord.js'
import type { APIMessage } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import type { Sandbox } from '../../src/server.ts'
import { restOf, typed } from '../helpers/discord-client.ts'
import { PNG } from '../helpers/pictures.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import { snowflakeTime } from '../../src/protocol/snowflake.ts'

describe('the REST API', () => {
  let sandbox: Sandbox
  let rest: REST
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox()
    rest = restOf(sandbox)
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  function send(body: object, files?: { name: string; data: Buffer }[]): Promise<APIMessage> {
    return typed(
      rest.post(Routes.channelMessages(ada.channelId), { body, ...(files && { files }) }),
    )
  }

  it('knows the bot, its application and its guild', async () => {
    const me = await typed<{ id: string; bot: boolean }>(rest.get(Routes.user('@me')))
    const application = await typed<{ id: string }>(rest.get(Routes.currentApplication()))
    assert.equal(me.bot, true)
    assert.equal(application.id, sandbox.world.application.id)
    const channels = await typed<{ name: string }[]>(
      rest.get(Routes.guildChannels(sandbox.world.guild.id)),
    )
    assert.deepEqual(
      channels.map(({ name }) => name),
      ['general', 'memes', 'after-hours', 'mod-log'],
    )
  })

  it('refuses another token with 401', async () => {
    const stranger = new REST({ api: sandbox.api, retries: 0 }).setToken('another')
    await assert.rejects(stranger.get(Routes.user('@me')), { status: 401 })
  })

  it('answers 404 to an unknown route and 405 to an unknown method', async () => {
    await assert.rejects(rest.get('/no/such/route'), { status: 404, code: 0 })
    await assert.rejects(rest.put(Routes.gatewayBot()), { status: 405, code: 0 })
  })

  it('names what is unknown: 10003, 10004, 10008', async () => {
    await assert.rejects(rest.get(Routes.channel('1')), { status: 404, code: 10003 })
    await assert.rejects(rest.get(Routes.guild('1')), { status: 404, code: 10004 })
    const missing = Routes.channelMessage(ada.channelId, '1')
    await assert.rejects(rest.get(missing), { status: 404, code: 10008 })
  })

  it('sends, reads, edits, lists and deletes a message', async () => {
    const sent = await send({ content: 'one' })
    assert.ok(Math.abs(snowflakeTime(sent.id) - Date.now()) < 60_000)
    const path = Routes.channelMessage(ada.channelId, sent.id)
    assert.equal((await typed<APIMessage>(rest.get(path))).content, 'one')

    const edited = await typed<APIMessage>(rest.patch(path, { body: { content: 'two' } }))
    assert.equal(edited.content, 'two')
    assert.notEqual(edited.edited_timestamp, null)

    const next = await send({ content: 'three' })
    const query = new URLSearchParams({ limit: '2' })
    const list = await typed<APIMessage[]>(
      rest.get(Routes.channelMessages(ada.channelId), { query }),
    )
    assert.deepEqual(
      list.map(({ id }) => id),
      [next.id, sent.id],
    )
    await rest.delete(path)
    await assert.rejects(rest.get(path), { code: 10008 })
    await ada.until((told) => told.type === 'deleted' && told.id === sent.id)
  })

  it('takes 2000 characters, counting an emoji once, and no more', async () => {
    const smiles = '🙂'.repeat(2000)
    assert.equal((await send({ content: smiles })).content, smiles)
    const error = await failure(send({ content: 'x'.repeat(2001) }))
    assert.equal(error.code, 50035)
    assert.deepEqual(error.rawError, {
      message: 'Invalid Form Body',
      code: 50035,
      errors: {
        content: {
          _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }],
        },
      },
    })
  })

  it('refuses an empty message with 50006, and editing another’s with 50005', async () => {
    assert.equal((await failure(send({ content: '  ' }))).code, 50006)
    const { id } = await ada.say('mine')
    const path = Routes.channelMessage(ada.channelId, id)
    await assert.rejects(rest.patch(path, { body: { content: 'no' } }), {
      status: 403,
      code: 50005,
    })
  })

  it('pings by the rules of allowed_mentions', async () => {
    const content = `<@${ada.id}>`
    const mentions = mentionsOf(send)
    assert.deepEqual(await mentions({ content }), [ada.id])
    assert.deepEqual(await mentions({ content, allowed_mentions: { parse: [] } }), [])
    const { id } = await ada.say('hello')
    const reply = { content: 'x', message_reference: { message_id: id } }
    assert.deepEqual(await mentions(reply), [ada.id])
    assert.deepEqual(await mentions({ ...reply, allowed_mentions: { parse: [] } }), [])
  })

  it('keeps a file with its size, alternative text and a link that works', async () => {
    const attachments = [{ id: 0, description: 'two pixels' }]
    const message = await send({ attachments }, [{ name: 'my cat.png', data: PNG }])
    const [file] = message.attachments
    assert.ok(file)
    assert.equal(file.filename, 'my_cat.png')
    assert.equal(file.description, 'two pixels')
    assert.deepEqual([file.width, file.height, file.size], [2, 1, PNG.length])
    const response = await fetch(file.url)
    assert.equal(response.headers.get('content-type'), 'image/png')
    assert.equal(response.headers.get('content-length'), String(PNG.length))
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
  })

  it('registers commands and keeps the id of one that keeps its name', async () => {
    const path = Routes.applicationCommands(sandbox.world.application.id)
    const body = [{ name: 'look', description: 'Looks' }]
    const [first] = await typed<{ id: string }[]>(rest.put(path, { body }))
    const [second] = await typed<{ id: string }[]>(rest.put(path, { body }))
    assert.equal(first!.id, second!.id)
    const wrong = [{ name: 'Look here', description: '' }]
    const error = await failure(rest.put(path, { body: wrong }))
    assert.equal(error.code, 50035)
    assert.match(JSON.stringify(error.rawError), /"errors":\{"0":\{"name"/)
  })
})

describe('a loopback server', () => {
  it('turns away other sites in the same browser', async () => {
    const sandbox = await startWatchedSandbox()
    const headers = { origin: 'https://example.com' }
    const response = await fetch(sandbox.url, { headers })
    assert.equal(response.status, 403)
    await sandbox.close()
  })

  it('serves a page that loads nothing from elsewhere', async () => {
    const sandbox = await startWatchedSandbox()
    const page = await fetch(sandbox.url)
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    const html = await page.text()
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!)
    assert.ok(links.length > 0)
    for (const link of links) {
      assert.equal((await fetch(`${sandbox.url}${link}`)).status, 200)
    }
    await sandbox.close()
  })
})

async function failure(answer: Promise<unknown>): Promise<DiscordAPIError> {
  const error: unknown = await answer.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof DiscordAPIError)
  return error
}

/** Sends a body and tells whom it pings. */
function mentionsOf(send: (body: object) => Promise<APIMessage>) {
  return async (body: object) => (await send(body)).mentions.map(({ id }) => id)
}
