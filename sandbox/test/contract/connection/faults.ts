/** Faults of Discord: server errors, late and duplicated events, lost connections and files. */

import assert from 'node:assert/strict'
import { Events, HTTPError, REST, Routes } from 'discord.js'
import { PNG } from '../../helpers/pictures.ts'
import type { Contract } from '../contract.ts'
import { next, nextRaw } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of faults. */
export function faultCases(contract: Contract): void {
  restFaults(contract)
  eventFaults(contract)
  gatewayFaults(contract)
  fileFaults(contract)
}

function patient({ sandbox }: Stage, retries: number, timeout = 15_000): REST {
  return new REST({ api: sandbox.api, retries, timeout }).setToken(sandbox.token)
}

function restFaults(contract: Contract): void {
  contract(
    'fails with 500 once, and discord.js tries again',
    'topics/opcodes-and-status-codes#http-http-response-codes',
    async (stage) => {
      const path = Routes.user()
      const fault = stage.sandbox.faults.add({ kind: 'rest', path: '/users/@me', status: 500 })
      await assert.rejects(patient(stage, 0).get(path), { status: 500 })
      assert.equal(fault.applied, 1)
      stage.sandbox.faults.add({ kind: 'rest', path: '/users/@me', status: 502, count: 2 })
      assert.ok(await patient(stage, 2).get(path))
    },
  )

  contract(
    'answers 429 on demand, and discord.js waits',
    'topics/rate-limits#exceeding-a-rate-limit',
    async (stage) => {
      const fault = { kind: 'rest', path: '/gateway/bot', status: 429, retryAfter: 0.05 } as const
      const limited = stage.sandbox.faults.add({ ...fault, scope: 'shared' })
      assert.ok(await patient(stage, 0).get(Routes.gatewayBot()))
      assert.equal(limited.applied, 1)
    },
  )

  contract('does not answer in time', 'reference#consistency', async (stage) => {
    const fault = { kind: 'rest', path: '/gateway/bot', status: 'timeout', count: 2 } as const
    stage.sandbox.faults.add(fault)
    const error: unknown = await patient(stage, 1, 300)
      .get(Routes.gatewayBot())
      .catch((e: unknown) => e)
    assert.ok(error instanceof Error && !(error instanceof HTTPError))
  })

  contract('takes effect although it answers 500', 'reference#consistency', async (stage) => {
    const { client, general, sandbox } = stage
    const path = Routes.channelMessages(general.id)
    sandbox.faults.add({
      kind: 'rest',
      method: 'POST',
      path: '/channels/*/messages',
      status: 500,
      handled: true,
    })
    const heard = next(client, Events.MessageCreate, ({ content }) => content === 'happened')
    await assert.rejects(patient(stage, 0).post(path, { body: { content: 'happened' } }), {
      status: 500,
    })
    await heard
  })
}

function eventFaults(contract: Contract): void {
  contract('sends an event twice', 'reference#consistency', async ({ client, ada, sandbox }) => {
    sandbox.faults.add({ kind: 'event', event: 'MESSAGE_CREATE', action: 'duplicate' })
    let count = 0
    // discord.js itself hides the second one.
    const twice = nextRaw(
      client,
      'MESSAGE_CREATE',
      ({ content }) => content === 'double' && ++count === 2,
    )
    await ada.say('double')
    await twice
  })

  contract(
    'sends events in another order',
    'reference#consistency',
    async ({ client, ada, sandbox }) => {
      sandbox.faults.add({
        kind: 'event',
        event: 'MESSAGE_CREATE',
        action: 'reorder',
        delayMs: 20_000,
      })
      const contents: string[] = []
      const both = next(client, Events.MessageCreate, ({ content }) => {
        contents.push(content)
        return contents.length === 2
      })
      await ada.say('first')
      await ada.say('second')
      await both
      assert.deepEqual(contents, ['second', 'first'])
    },
  )

  contract('never sends an event', 'reference#consistency', async ({ client, ada, sandbox }) => {
    sandbox.faults.add({ kind: 'event', event: 'MESSAGE_CREATE', action: 'lose' })
    const heard = next(client, Events.MessageCreate)
    await ada.say('lost')
    await ada.say('arrives')
    const [{ content }] = await heard
    assert.equal(content, 'arrives')
  })

  contract('sends an event late', 'reference#consistency', async ({ client, ada, sandbox }) => {
    const contents: string[] = []
    const both = next(client, Events.MessageCreate, ({ content }) => {
      contents.push(content)
      return contents.length === 2
    })
    const delay = {
      kind: 'event',
      event: 'MESSAGE_CREATE',
      action: 'delay',
      delayMs: 2000,
    } as const
    sandbox.faults.add(delay)
    await ada.say('late')
    await ada.say('punctual')
    await both
    assert.deepEqual(contents, ['punctual', 'late'])
  })
}

function gatewayFaults(contract: Contract): void {
  contract(
    'drops the connection, and discord.js resumes',
    'events/gateway#disconnecting',
    async ({ client, sandbox }) => {
      const resumed = next(client, Events.ShardResume)
      sandbox.faults.add({ kind: 'gateway', action: 'drop', code: 4000 })
      await resumed
    },
  )

  contract(
    'lets a session that is only said to be invalid be resumed',
    'events/gateway-events#invalid-session',
    async ({ client, sandbox }) => {
      const resumed = next(client, Events.ShardResume)
      sandbox.faults.add({ kind: 'gateway', action: 'invalid', resumable: true })
      await resumed
    },
  )
}

async function uploaded({ ada, general }: Stage, name: string): Promise<string> {
  const { id } = await ada.upload({ name, bytes: new Uint8Array(PNG) })
  const message = await general.messages.fetch({ message: id, force: true, cache: false })
  return message.attachments.first()?.url ?? ''
}

function fileFaults(contract: Contract): void {
  contract('cuts a file short', 'reference#signed-attachment-cdn-urls', async (stage) => {
    const url = await uploaded(stage, 'short.png')
    stage.sandbox.faults.add({ kind: 'cdn', action: 'truncated' })
    const response = await fetch(url)
    assert.equal(response.headers.get('content-length'), String(PNG.length))
    await assert.rejects(response.arrayBuffer())
    assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, PNG.length)
  })

  contract('loses a file', 'reference#signed-attachment-cdn-urls', async (stage) => {
    const url = await uploaded(stage, 'lost.png')
    stage.sandbox.faults.add({ kind: 'cdn', action: 'missing' })
    assert.equal((await fetch(url)).status, 404)
    assert.equal((await fetch(url)).status, 200)
  })

  contract(
    'lets links expire, and hands out fresh ones',
    'reference#signed-attachment-cdn-urls',
    async (stage) => {
      const { general, sandbox } = stage
      const url = await uploaded(stage, 'stale.png')
      sandbox.faults.add({ kind: 'cdn', action: 'expired' })
      assert.equal((await fetch(url)).status, 404)
      const newest = await general.messages.fetch({ limit: 1, cache: false })
      const fresh = newest.first()?.attachments.first()?.url ?? ''
      assert.notEqual(fresh, url)
      assert.equal((await fetch(fresh)).status, 200)
    },
  )
}
