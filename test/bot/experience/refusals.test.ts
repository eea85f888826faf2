/** What the bot does where Discord refuses, each for the reason that its code names. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from '../../../sandbox/client.ts'
import { ManualClock } from '../../../sandbox/clock.ts'
import type { Exchange } from '../../../sandbox/exchange.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { type DemoBot, hearts, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

const FIRST_RESPONSE_MS = 3000
const TOKEN_LIFE_MS = 15 * 60 * 1000
const CALLBACK = { method: 'POST', path: '/interactions/*/*/callback' } as const
const EDIT = { method: 'PATCH', path: '/webhooks/*/*/messages/*' } as const

describe('refusals', { timeout: 120_000 }, () => {
  const clock = new ManualClock(Date.now())
  const exchanges: Exchange[] = []
  let sandbox: Sandbox
  let demo: DemoBot
  let ada: Member

  before(async () => {
    sandbox = await startSandbox({ clock, observe: (exchange) => exchanges.push(exchange) })
    demo = await startDemoBot({}, sandbox)
    ada = await demo.join('ada')
  })
  after(async () => {
    await demo.close()
    await sandbox.close()
  })

  /** The codes that the bot was refused with since the last time. */
  function refusals(): unknown[] {
    return exchanges
      .splice(0)
      .filter(({ status }) => status >= 400 && status < 500)
      .map(({ responseBody }) =>
        typeof responseBody === 'object' && responseBody !== null
          ? Reflect.get(responseBody, 'code')
          : undefined,
      )
  }

  /** How many messages the bot has posted, as far as everybody sees. */
  function posted(): number {
    const own = ada.told.filter(({ message }) => message?.author.bot === true)
    return new Set(own.map(({ message }) => message?.id)).size
  }

  async function answersAgain() {
    const { content } = await ada.slash('describe', { image: triangle() })
    assert.match(content, /green triangle/)
  }

  it('10062: an interaction that Discord gave up on is left, and the next is answered', async () => {
    sandbox.faults.hook(CALLBACK, () => clock.advance(FIRST_RESPONSE_MS))
    const before = posted()
    await assert.rejects(ada.slash('describe', { image: hearts() }), /did not respond/)
    await answersAgain()
    assert.deepEqual(refusals(), [10_062])
    assert.equal(posted(), before + 1)
  })

  it('40060: what its own first try has acknowledged is answered', async () => {
    sandbox.faults.add({ kind: 'rest', ...CALLBACK, status: 502, handled: true })
    const { content } = await ada.slash('describe', { image: hearts() })
    assert.match(content, /heart/)
    assert.deepEqual(refusals(), [40_060])
  })

  it('an interaction that comes twice is answered once', async () => {
    const before = posted()
    sandbox.faults.add({ kind: 'event', event: 'INTERACTION_CREATE', action: 'duplicate' })
    const { content } = await ada.slash('describe', { image: hearts() })
    assert.match(content, /heart/)
    await answersAgain()
    assert.equal(posted(), before + 2)
  })

  it('50027: a token that died while the bot looked is left, and nothing is said', async () => {
    const died = new Promise<void>((resolve) => {
      sandbox.faults.hook(EDIT, () => {
        clock.advance(TOKEN_LIFE_MS)
        resolve()
      })
    })
    const id = await ada.use('describe', { image: hearts() })
    await died
    await answersAgain()
    assert.deepEqual(refusals(), [50_027])
    const said = ada.told.flatMap(({ message }) =>
      message?.interaction_metadata?.id === id ? [message.content] : [],
    )
    // Thinking, and what Discord itself says in the end.
    assert.deepEqual(said, ['', 'The application did not respond'])
  })
})
