/** The API in general: authentication, the form of errors, and unknown routes. */

import assert from 'node:assert/strict'
import { REST, Routes, SnowflakeUtil } from 'discord.js'
import type { APIMessage, APIUser } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'

/** Cases of the API itself. */
export function httpCases(contract: Contract): void {
  errorCases(contract)
  formCases(contract)
  userCases(contract)
}

function errorCases(contract: Contract): void {
  contract('refuses a wrong token', 'reference#authentication', async (stage) => {
    const stranger = new REST({ api: stage.sandbox.api, retries: 0 }).setToken('another')
    await refused(stage, { status: 401, code: 0 }, () => stranger.get(Routes.user()))
  })

  contract('refuses to go without a token', 'reference#authentication', async ({ sandbox }) => {
    const response = await fetch(`${sandbox.api}/v10/users/@me`)
    assert.equal(response.status, 401)
    assert.deepEqual(await response.json(), { message: '401: Unauthorized', code: 0 })
  })

  contract(
    'answers 404 for a route that there is not',
    'topics/opcodes-and-status-codes#http-http-response-codes',
    async (stage) => {
      await refused(stage, { status: 404, code: 0 }, () => stage.rest.get('/no/such/route'))
    },
  )

  contract(
    'answers 405 for a method that a route does not have',
    'topics/opcodes-and-status-codes#http-http-response-codes',
    async (stage) => {
      await refused(stage, { status: 405, code: 0 }, () => stage.rest.put(Routes.gatewayBot()))
    },
  )

  contract(
    'refuses a body that is not JSON: 50109',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    async (stage) => {
      const response = await stage.sandbox.wrongly(() =>
        fetch(`${stage.sandbox.api}/v10${Routes.channelMessages(stage.general.id)}`, {
          method: 'POST',
          headers: {
            authorization: `Bot ${stage.sandbox.token}`,
            'content-type': 'application/json',
          },
          body: '{"content":',
        }),
      )
      assert.equal(response.status, 400)
      const body = JSON.parse(await response.text())
      assert.equal(body.code, 50109)
    },
  )

  contract(
    'names what is unknown: 10003, 10004, 10008, 10013',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    async (stage) => {
      const { rest, general } = stage
      const missing = [
        { code: 10003, route: Routes.channel('1') },
        { code: 10004, route: Routes.guild('1') },
        { code: 10008, route: Routes.channelMessage(general.id, '1') },
        { code: 10013, route: Routes.user('1') },
      ]
      for (const { code, route } of missing) {
        await refused(stage, { status: 404, code }, () => rest.get(route))
      }
    },
  )

  contract('says which field is wrong, and how', 'reference#error-messages', async (stage) => {
    const act = () => stage.general.send({ embeds: [{ title: 'x'.repeat(257) }] })
    const expected = { status: 400, code: 50035, field: 'embeds.0.title' }
    const error = await refused(stage, expected, act)
    assert.deepEqual(error.rawError, {
      code: 50035,
      message: 'Invalid Form Body',
      errors: {
        embeds: {
          0: {
            title: {
              _errors: [
                { code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 256 or fewer in length.' },
              ],
            },
          },
        },
      },
    })
  })
}

function formCases(contract: Contract): void {
  contract('makes ids that tell their time', 'reference#snowflakes', async ({ rest, general }) => {
    const body = { content: 'when?' }
    const raw = await typed<APIMessage>(rest.post(Routes.channelMessages(general.id), { body }))
    const madeMs = SnowflakeUtil.timestampFrom(raw.id)
    assert.ok(Math.abs(madeMs - Date.parse(raw.timestamp)) < 10_000)
    assert.ok(Math.abs(madeMs - Date.now()) < 60_000)
  })

  contract('sends ids as text', 'reference#id-serialization', async ({ rest, general }) => {
    const raw = await typed<APIMessage>(
      rest.post(Routes.channelMessages(general.id), { body: { content: 'ids' } }),
    )
    for (const id of [raw.id, raw.channel_id, raw.author.id]) {
      assert.match(id, /^\d{15,20}$/)
    }
  })

  contract('sends ISO 8601 times', 'reference#iso8601-datetime', async ({ rest, general }) => {
    const raw = await typed<APIMessage>(
      rest.post(Routes.channelMessages(general.id), { body: { content: 'time' } }),
    )
    assert.match(raw.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
    assert.equal(raw.edited_timestamp, null)
  })

  contract('serves version 10', 'reference#api-versioning', async ({ sandbox }) => {
    const response = await fetch(`${sandbox.api}/v10/gateway`)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { url: sandbox.gateway.url })
  })
}

function userCases(contract: Contract): void {
  contract(
    'knows the bot itself',
    'resources/user#get-current-user',
    async ({ client, rest, sandbox }) => {
      const me = await typed<APIUser>(rest.get(Routes.user()))
      assert.equal(me.id, client.user.id)
      assert.equal(me.bot, true)
      assert.equal(me.username, sandbox.world.application.name)
      assert.equal(me.discriminator, '0')
    },
  )

  contract('finds a user', 'resources/user#get-user', async ({ client, ada }) => {
    const user = await client.users.fetch(ada.id, { force: true })
    assert.deepEqual([user.username, user.globalName, user.bot], ['ada', 'Ada', false])
  })

  contract(
    'lists the guilds of the bot',
    'resources/user#get-current-user-guilds',
    async ({ client, guild }) => {
      const guilds = await client.guilds.fetch()
      const listed = guilds.get(guild.id)
      assert.equal(listed?.name, guild.name)
      assert.equal(listed.owner, false)
      assert.ok(listed.permissions.has('SendMessages'))
    },
  )

  contract('opens a direct-message channel once', 'resources/user#create-dm', async (stage) => {
    const { client, lin, rest } = stage
    const user = await client.users.fetch(lin.id)
    const channel = await user.createDM()
    const again = await typed<{ id: string; type: number }>(
      rest.post(Routes.userChannels(), { body: { recipient_id: lin.id } }),
    )
    assert.deepEqual({ id: again.id, type: again.type }, { id: channel.id, type: 1 })
    assert.equal(channel.recipientId, lin.id)
    const unknown = () => rest.post(Routes.userChannels(), { body: { recipient_id: '1' } })
    await refused(stage, { status: 400, code: 50033 }, unknown)
  })

  contract(
    'describes the application',
    'resources/application#get-current-application',
    async ({ client, sandbox }) => {
      const application = await client.application.fetch()
      assert.equal(application.id, sandbox.world.application.id)
      assert.equal(application.name, sandbox.world.application.name)
      assert.equal(application.bot?.id, client.user.id)
      assert.equal(application.flags.has('GatewayMessageContentLimited'), true)
    },
  )
}
