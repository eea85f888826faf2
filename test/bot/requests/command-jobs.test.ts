/**
 * The process is killed before each of its writes to the store and each of its requests to Discord
 * while it carries out a command that asks the model nothing. The next process answers the person.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type APIMessage, type Client, DefaultRestOptions } from 'discord.js'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import type { Sandbox } from 'loopback-discord'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { connect } from '../../../bot/discord/client.ts'
import { dispatch, type Dispatcher } from '../../../bot/dispatch.ts'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import { JOBS } from '../../../bot/jobs/job-record.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { UserStore } from '../../../bot/memory/user-store.ts'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { loadingModel } from '../../../bot/operations/loading-model.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { findModel } from '../../../config/models.ts'
import type { ModelCard } from '../../../inference/package/model-card.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { buttonsOf } from '../../helpers/demo-bot.ts'
import { Life, mortalStore } from '../../helpers/mortal-store.ts'
import { connectMember } from '../../helpers/members.ts'

const log = pino({ level: 'silent' })
const RETENTION_MS = 24 * 60 * 60 * 1000

/** A process of the bot. */
type Process = {
  readonly client: Client<true>
  readonly jobs: Jobs
  readonly dispatcher: Dispatcher
  /** Resolves with the outcome of the next interaction. */
  readonly handled: Promise<string>
}

describe('a command that is interrupted', () => {
  let sandbox: Sandbox
  let ada: Member
  let card: ModelCard
  let store: Store
  /** Ids of interactions. */
  const acknowledged = new Set<string>()

  before(async () => {
    card = (await openPackage(findModel('demo', undefined))).card
    sandbox = await startWatchedSandbox({
      rateLimits: 'off',
      observe: ({ path }) => {
        acknowledged.add(/^\/interactions\/(\d+)\//.exec(path)?.[1] ?? '')
      },
    })
    ada = await connectMember(sandbox.url)
  })
  after(async () => {
    ada.close()
    await sandbox.close()
  })

  /** Starts a process, which lives until it is killed. */
  async function start(life: Life, instance: string): Promise<Process> {
    const handled = Promise.withResolvers<string>()
    const owner = { ...thisProcess(), pid: 2 ** 22 + 1, instance }
    const mortal = mortalStore(store, life)
    const jobs = new Jobs({ store: mortal, log, owner })
    const metrics = {
      ...createMetrics(),
      request: (_: string, out: string) => handled.resolve(out),
    }
    let dispatcher: Dispatcher | undefined
    const client = await connect({
      token: sandbox.token,
      api: sandbox.api,
      log,
      listen: (fresh) => {
        dispatcher = dispatch(fresh, {
          model: loadingModel({ card, matcher: null }, new Promise(() => {})),
          store: mortal,
          jobs,
          fetchPicture: async () => assert.fail('no picture'),
          retentionMs: RETENTION_MS,
          metrics,
          log,
        })
      },
    })
    client.rest.options.makeRequest = (...request) =>
      life.write(() => DefaultRestOptions.makeRequest(...request))
    assert.ok(dispatcher)
    return { client, jobs, dispatcher, handled: handled.promise }
  }

  /** The next process takes over what the one before left, and ends. */
  async function goOn(): Promise<void> {
    const { client, jobs, dispatcher } = await start(new Life(Infinity), 'next')
    await dispatcher.resumeDeletions()
    await jobs.resume(dispatcher.resumeJob, dispatcher.giveUpJob)
    await jobs.stop(10_000)
    await client.destroy()
    assert.deepEqual(await Array.fromAsync(store.collection(JOBS).keys()), [])
  }

  it('is finished where it deletes, and tells the person', async () => {
    const said = new Set<string>()
    for (let moment = 1, isKilled = true; isKilled; moment++) {
      store = await openStore({ url: 'memory:', log })
      const users = new UserStore(store, new Deletions())
      await users.locales.set(ada.id, { locale: 'en-US', at: Date.now() })
      const healthy = await start(new Life(Infinity), 'healthy')
      const asked = await ada.slash('privacy delete')
      await healthy.handled
      await healthy.client.destroy()

      const first = await start(new Life(moment), 'first')
      const [confirm] = buttonsOf(asked)
      assert.ok(confirm)
      const pressed = await ada.press(asked, confirm.id)
      isKilled = (await first.handled) !== 'answered'
      await first.client.destroy()
      const isAccepted =
        !isKilled || (await Array.fromAsync(store.collection(JOBS).keys())).length > 0
      await goOn()
      if (isAccepted) {
        assert.equal(await users.locales.get(ada.id), undefined, `the kill at ${moment}`)
      }
      if (acknowledged.has(pressed)) {
        const isNew = ({ content }: APIMessage) => !['', asked.content].includes(content)
        said.add((await ada.changed(asked, isNew)).content)
      }
      await store.close()
    }
    assert.deepEqual([...said].slice(0, 1), [EN.privacy.deletedAll])
    assert.ok([...said].slice(1).every((content) => /^Deleted: \d/.test(content)))
  })

  it('is repeated where it deletes and the store fails, and says so', async () => {
    const said = new Set<string>()
    for (let moment = 1; !said.has(EN.errors['deletion/pending']); moment++) {
      assert.ok(moment < 40, [...said].join(' | '))
      store = await openStore({ url: 'memory:', log })
      const healthy = await start(new Life(Infinity), 'healthy')
      const asked = await ada.slash('privacy delete')
      await healthy.client.destroy()

      const failing = await start(new Life(moment, true), 'failing')
      const [confirm] = buttonsOf(asked)
      assert.ok(confirm)
      const pressed = await ada.press(asked, confirm.id)
      if ((await failing.handled) === 'failed') {
        const told = await ada.until(
          ({ type, id, message }) =>
            (type === 'failed' && id === pressed) ||
            (message?.interaction_metadata?.id === pressed && message.content !== ''),
        )
        said.add(told.message?.content ?? '')
      }
      await failing.client.destroy()
      await store.close()
    }
  })

  it('is told to the person where it is not done again, unless they have the answer', async () => {
    const said = new Set<string>()
    for (let moment = 1, isKilled = true; isKilled; moment++) {
      store = await openStore({ url: 'memory:', log })
      const first = await start(new Life(moment), 'first')
      const id = await ada.use('memory show')
      isKilled = (await first.handled) !== 'answered'
      await first.client.destroy()
      await goOn()
      if (acknowledged.has(id)) {
        said.add((await ada.answer(id)).content)
        const last = await ada.say('and then?')
        await ada.until(({ message }) => message?.id === last.id)
        const shown = ada.events.flatMap(({ message }) =>
          message?.interaction_metadata?.id === id && message.content ? [message.content] : [],
        )
        assert.equal(new Set(shown).size, 1, `the kill at ${moment}: ${shown.join(' | ')}`)
      }
      await store.close()
    }
    assert.deepEqual(said, new Set([EN.errors['request/interrupted'], EN.memory.nothing]))
  })
})
