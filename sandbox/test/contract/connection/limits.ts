/** Rate limits: the headers, the 429s, and the ban of clients that ignore them. */

import assert from 'node:assert/strict'
import { RESTEvents, Routes } from 'discord.js'
import type { REST } from 'discord.js'
import { Member } from '../../../src/test-client/client.ts'
import type { SandboxOptions } from '../../../src/server.ts'
import { startWatchedSandbox } from '../../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../../helpers/watched-sandbox.ts'
import { restOf } from '../../helpers/discord-client.ts'
import type { Contract } from '../contract.ts'

/** A sandbox with limits, and how to ask it without a library that would wait by itself. */
type Limited = {
  readonly sandbox: WatchedSandbox
  readonly rest: REST
  readonly channelId: string
  readonly ask: (method: string, path: string, body?: object, token?: string) => Promise<Response>
}

async function limited(
  rateLimits: NonNullable<SandboxOptions['rateLimits']>,
  act: (given: Limited) => Promise<void>,
): Promise<void> {
  const sandbox = await startWatchedSandbox({ rateLimits })
  const ada = await Member.connect(sandbox.url)
  const ask = (method: string, path: string, body?: object, token = sandbox.token) =>
    fetch(`${sandbox.api}/v10${path}`, {
      method,
      headers: { authorization: `Bot ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  try {
    await act({ sandbox, rest: restOf(sandbox), channelId: ada.channelId, ask })
  } finally {
    ada.close()
    await sandbox.close()
  }
}

function header(response: Response, name: string): string {
  return response.headers.get(`x-ratelimit-${name}`) ?? ''
}

/** Cases of rate limits. */
export function limitCases(contract: Contract): void {
  routeCases(contract)
  otherCases(contract)
}

function routeCases(contract: Contract): void {
  contract('tells the limit of a route in headers', 'topics/rate-limits#header-format', () =>
    limited('discord', async ({ ask, channelId }) => {
      const path = Routes.channelMessages(channelId)
      const first = await ask('POST', path, { content: 'a' })
      const second = await ask('POST', path, { content: 'b' })
      assert.deepEqual([first.status, second.status], [200, 200])
      const limit = Number(header(first, 'limit'))
      assert.ok(limit > 1)
      assert.deepEqual(
        [header(first, 'remaining'), header(second, 'remaining')],
        [String(limit - 1), String(limit - 2)],
      )
      assert.ok(header(first, 'bucket') !== '')
      assert.equal(header(first, 'bucket'), header(second, 'bucket'))
      const afterS = Number(header(second, 'reset-after'))
      assert.ok(afterS > 0 && afterS < 60)
      assert.ok(Math.abs(Number(header(second, 'reset')) - Date.now() / 1000 - afterS) < 2)
    }),
  )

  contract(
    'answers 429 beyond the limit of a route',
    'topics/rate-limits#exceeding-a-rate-limit-example-exceeded-user-rate-limit-response',
    () =>
      limited('discord', async ({ ask, channelId }) => {
        const path = Routes.channelMessages(channelId)
        let response = await ask('POST', path, { content: '0' })
        const limit = Number(header(response, 'limit'))
        for (let i = 1; i <= limit; i++) {
          response = await ask('POST', path, { content: `${i}` })
        }
        assert.equal(response.status, 429)
        assert.equal(header(response, 'scope'), 'user')
        assert.equal(header(response, 'remaining'), '0')
        assert.ok(Number(response.headers.get('retry-after')) > 0)
        const body = JSON.parse(await response.text())
        assert.equal(body.global, false)
        assert.equal(typeof body.retry_after, 'number')
        assert.equal(body.message, 'You are being rate limited.')
      }),
  )

  contract('counts channels apart', 'topics/rate-limits#header-format', () =>
    limited('discord', async ({ sandbox, ask, channelId }) => {
      const [, other] = [...sandbox.world.channels.keys()]
      assert.ok(other !== undefined && other !== channelId)
      const first = await ask('POST', Routes.channelMessages(channelId), { content: 'here' })
      const second = await ask('POST', Routes.channelMessages(other), { content: 'there' })
      assert.equal(header(first, 'remaining'), header(second, 'remaining'))
    }),
  )

  contract('makes discord.js wait for its turn', 'topics/rate-limits#exceeding-a-rate-limit', () =>
    limited('discord', async ({ rest, channelId, ask }) => {
      const waits: number[] = []
      rest.on(RESTEvents.RateLimited, ({ timeToReset }) => waits.push(timeToReset))
      const path = Routes.channelTyping(channelId)
      const first = await ask('POST', path)
      const limit = Number(header(first, 'limit'))
      const all = Array.from({ length: limit }, () => rest.post(path))
      await Promise.all(all)
      assert.ok(waits.length > 0)
    }),
  )
}

function otherCases(contract: Contract): void {
  contract(
    'limits all routes together',
    'topics/rate-limits#exceeding-a-rate-limit-example-exceeded-global-rate-limit-response',
    () =>
      limited({ globalPerSecond: 3 }, async ({ ask }) => {
        const responses = await Promise.all(
          Array.from({ length: 10 }, () => ask('GET', Routes.user())),
        )
        const refused = responses.find(({ status }) => status === 429)
        assert.ok(refused)
        assert.equal(header(refused, 'global'), 'true')
        assert.equal(header(refused, 'scope'), 'global')
        const body = JSON.parse(await refused.text())
        assert.equal(body.global, true)
        assert.ok(body.retry_after > 0)
      }),
  )

  contract(
    'does not count interactions against the global limit',
    'topics/rate-limits#global-rate-limit',
    () =>
      limited({ globalPerSecond: 1 }, async ({ ask }) => {
        const path = '/interactions/1/token/callback'
        const responses = await Promise.all(
          Array.from({ length: 4 }, () => ask('POST', path, { type: 5 })),
        )
        assert.deepEqual(
          responses.map(({ status }) => status),
          [404, 404, 404, 404],
        )
      }),
  )

  contract(
    'bans who sends too many invalid requests',
    'topics/rate-limits#invalid-request-limit-aka-cloudflare-bans',
    () =>
      limited({ invalidRequests: 3 }, async ({ ask }) => {
        for (let i = 0; i < 3; i++) {
          assert.equal((await ask('GET', Routes.user(), undefined, 'wrong')).status, 401)
        }
        const banned = await ask('GET', Routes.user())
        assert.equal(banned.status, 429)
        assert.ok(!(banned.headers.get('content-type') ?? '').includes('json'))
      }),
  )

  contract(
    'does not count 404s as invalid',
    'topics/rate-limits#invalid-request-limit-aka-cloudflare-bans',
    () =>
      limited({ invalidRequests: 3 }, async ({ ask }) => {
        for (let i = 0; i < 5; i++) {
          assert.equal((await ask('GET', Routes.channel('1'))).status, 404)
        }
        assert.equal((await ask('GET', Routes.user())).status, 200)
      }),
  )
}
