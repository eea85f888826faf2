/** What the bot does where Discord refuses, each for the reason that its code names. */

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { ManualClock } from 'loopback-discord/clock'
import type { HookPlace } from 'loopback-discord/fault-spec'
import type { Exchange } from 'loopback-discord/exchange'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, hearts, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { idle } from '../../helpers/held-bot.ts'

const FIRST_RESPONSE_MS = 3000
const TOKEN_LIFE_MS = 15 * 60 * 1000
const CALLBACK = { method: 'POST', path: '/interactions/*/*/callback' } as const
const POST = { method: 'POST', path: '/channels/*/messages' } as const
const EDIT = { method: 'PATCH', path: '/webhooks/*/*/messages/*' } as const

describe('refusals', { timeout: 120_000 }, () => {
  const clock = new ManualClock(Date.now())
  const exchanges: Exchange[] = []
  const lines: string[] = []
  let sandbox: Sandbox
  let demo: DemoBot
  let ada: Member

  before(async () => {
    sandbox = await startSandbox({ clock, observe: (exchange) => exchanges.push(exchange) })
    demo = await startDemoBot({}, sandbox, { write: (line) => void lines.push(line) })
    ada = await demo.join('ada')
  })
  // Suggestions are an edit that follows the answer; a fault of the next test must not hit it.
  afterEach(() => idle(demo))
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
    const own = ada.events.filter(({ message }) => message?.author.bot === true)
    return new Set(own.map(({ message }) => message?.id)).size
  }

  /** Takes a permission from the bot in the channel, just before it calls that route. */
  function lose(permission: 'viewChannel' | 'sendMessages', at: HookPlace) {
    return sandbox.faults.add({ kind: 'permission', permission, channel: ada.channelId, ...at })
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
    const said = ada.events.flatMap(({ message }) =>
      message?.interaction_metadata?.id === id ? [message.content] : [],
    )
    // Thinking, and what Discord itself says in the end.
    assert.deepEqual(said, ['', 'The application did not respond'])
  })

  it('10008: an answer deleted while it is made is left, and nothing is said', async () => {
    const before = posted()
    const deleted = new Promise<string>((resolve) => {
      sandbox.faults.hook(EDIT, () => {
        const thinking = sandbox.world.history(ada.channelId).at(-1)
        assert.ok(thinking && thinking.authorId === demo.bot.client.user.id)
        sandbox.world.remove(thinking)
        resolve(thinking.id)
      })
    })
    await ada.use('describe', { image: hearts() })
    const id = await deleted
    await ada.until((told) => told.type === 'deleted' && told.id === id)
    await answersAgain()
    assert.deepEqual(refusals(), [10_008])
    assert.equal(posted(), before + 2, 'the one that was deleted, and the next')
  })

  it('50001: a channel that it may no longer see when it answers a message is left', async () => {
    const hidden = lose('viewChannel', POST)
    const before = posted()
    await ada.upload(hearts(), `<@${demo.bot.client.user.id}>`)
    await hidden.until()
    await answersAgain()
    assert.deepEqual(refusals(), [50_001])
    assert.equal(posted(), before + 1)
    hidden.cancel()
  })

  it('50001: a command still gets its answer, though the channel is hidden meanwhile', async () => {
    const hidden = lose('viewChannel', EDIT)
    const { content } = await ada.slash('describe', { image: hearts() })
    assert.match(content, /heart/)
    assert.deepEqual(refusals(), [])
    hidden.cancel()
  })

  it('50001: a channel whose pictures it may not see has to be given the picture', async () => {
    await ada.upload(hearts())
    const hidden = lose('viewChannel', { method: 'GET', path: '/channels/*/messages' })
    const { content } = await ada.slash('describe')
    assert.equal(content, EN.errors['channel/unreadable'])
    assert.deepEqual(refusals(), [50_001])
    hidden.cancel()
  })

  it('50001, 50013: what it may not do is said to who pressed', async () => {
    for (const code of [50_001, 50_013]) {
      sandbox.faults.add({ kind: 'rest', ...EDIT, status: 403, code })
      const { content } = await ada.slash('describe', { image: hearts() })
      assert.equal(content, EN.errors['bot/no-access'])
      assert.deepEqual(refusals(), [code])
    }
  })

  it('50013: where it may no longer write, it is silent, and keeps running', async () => {
    const muted = lose('sendMessages', POST)
    const before = posted()
    await ada.upload(hearts(), `<@${demo.bot.client.user.id}>`)
    await muted.until()
    await answersAgain()
    assert.deepEqual(refusals(), [50_013])
    assert.equal(posted(), before + 1)
    muted.cancel()
  })

  it('50035: a message deleted before it is answered is answered nowhere', async () => {
    const before = posted()
    const deleted = new Promise<void>((resolve) => {
      sandbox.faults.hook(POST, () => {
        const asked = sandbox.world.history(ada.channelId).at(-1)
        assert.ok(asked && asked.authorId === ada.id)
        sandbox.world.remove(asked)
        resolve()
      })
    })
    await ada.upload(hearts(), `<@${demo.bot.client.user.id}>`)
    await deleted
    await answersAgain()
    assert.deepEqual(refusals(), [50_035])
    assert.equal(posted(), before + 1)
  })

  it('50035: a form of ours that Discord does not take is a bug, with an id to tell', async () => {
    sandbox.faults.add({ kind: 'rest', ...EDIT, status: 400, code: 50_035 })
    const { content } = await ada.slash('describe', { image: hearts() })
    const [id = ''] = /[0-9a-f]{8}$/.exec(content) ?? []
    assert.equal(content, EN.errors['bot/bug']({ id: id }))
    assert.deepEqual(refusals(), [50_035])
    const logged = lines.splice(0).filter((line) => line.includes(id))
    assert.equal(logged.length, 1)
    assert.match(logged[0] ?? '', /"level":50.*"code":50035.*"msg":"a request failed"/)
  })

  it('30046: an answer edited too often is followed by a new one', async () => {
    sandbox.faults.add({ kind: 'rest', ...EDIT, status: 400, code: 30_046 })
    const { content } = await ada.slash('describe', { image: hearts() })
    assert.match(content, /heart/)
    assert.deepEqual(refusals(), [30_046])
  })
})
