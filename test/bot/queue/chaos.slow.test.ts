/**
 * Bots and workers while everything around them fails: workers are killed every few seconds, one hangs
 * for a while, one is slow, and Redis restarts twice. Each request is answered rightly or told why, once.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { InputError } from '../../../config/errors.ts'
import { WorkerCrashError } from '../../../inference/contract/errors.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { WITH_REDIS } from '../../helpers/databases.ts'
import { openFromQueue } from '../../helpers/fleet.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { TroubledFleet } from '../../helpers/troubled-fleet.ts'

const REQUESTS = 300
const PER_SECOND = 5
const BOTS = 3
const WORKERS = 3
const MIB = 2 ** 20
const image = readFileSync(path.join(FIXTURES, loadParity('base').image))
const QUESTIONS = ['what color is it?', 'how many shapes are there?', 'is there a circle?']

describe('a fleet in trouble', WITH_REDIS, () => {
  let fleet: TroubledFleet
  let expected: ReadonlyMap<string, string>

  before(async () => {
    fleet = await TroubledFleet.start(WORKERS)
    const here = await openDemoModel()
    const answers = QUESTIONS.map(async (question) => {
      const { text } = await here.ask(image, question)
      return [question, text] as const
    })
    expected = new Map(await Promise.all(answers))
    await here.close()
  })
  after(() => fleet.stop())

  it('answers each request rightly or says why not, once, and leaves nothing behind', async () => {
    const bots = await Promise.all(Array.from({ length: BOTS }, () => openFromQueue(fleet.url)))
    const outcomes: string[] = []
    const asking = [...Array(REQUESTS).keys()].map(async (number) => {
      await delay((number * 1000) / PER_SECOND)
      outcomes.push(await outcomeOf(bots[number % BOTS]!, number))
    })
    const all = Promise.all(asking)
    const trouble = new AbortController()
    const troubled = fleet.trouble(trouble.signal)
    const early = memory()
    await all
    trouble.abort()
    await troubled
    const counts = Map.groupBy(outcomes, (outcome) => outcome)
    const told = [...counts].map(([outcome, list]) => `${outcome}: ${list.length}`).join(', ')
    assert.equal(outcomes.length, REQUESTS)
    assert.equal(outcomes.filter((one) => one.startsWith('wrong')).length, 0, told)
    assert.ok((counts.get('answered')?.length ?? 0) > REQUESTS * 0.9, told)
    process.stdout.write(`# ${told}; ${memory() - early} MiB more\n`)
    assert.ok(memory() - early < 100, `${memory() - early} MiB more`)
    await Promise.all(bots.map((bot) => bot.close()))
    assert.deepEqual(await fleet.leftBehind(), [])
  })

  /** What became of a request; every failure must be one that a person is told in words. */
  async function outcomeOf(bot: Model, number: number): Promise<string> {
    const question = QUESTIONS[number % QUESTIONS.length] ?? ''
    const asker = { tenant: `server ${number % 7}`, user: `member ${number % 20}` }
    try {
      const deadline = Date.now() + 120_000
      const { text } = await bot.ask(image, question, { ...asker, deadline, onStep: () => {} })
      return text === expected.get(question) ? 'answered' : `wrong: ${text}`
    } catch (error) {
      if (error instanceof InputError) {
        return error.code
      }
      return error instanceof WorkerCrashError ? 'crashed' : `wrong: ${String(error)}`
    }
  }
})

/** Of this process, MiB. */
function memory(): number {
  return Math.round(process.memoryUsage().rss / MIB)
}
