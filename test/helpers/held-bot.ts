/** Pauses the bot in the middle of an answer, and reads its store afterwards. */

import assert from 'node:assert/strict'
import { mock, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isFinished, JOBS } from '../../bot/jobs/job-record.ts'
import type { DemoBot } from './demo-bot.ts'

/** What is stored of conversations, and of what is being answered. */
const SPACES = [
  'conversations',
  'answers',
  'messages',
  'forms',
  'searchable',
  'searchable-vectors',
  'jobs',
]
/** What moderation stores. */
export const MODERATION = [
  'moderation',
  'moderation-hashes',
  'moderation-recent',
  'moderation-cases',
  'moderation-open',
  'moderation-rules',
  'moderation-reposts',
  'moderation-first',
]
const DELETION_LIMIT_MS = 5_000

/** Pauses the model at its next requests, even if they are aborted meanwhile. @param requests how many. */
export function hold(demo: DemoBot, method: 'describe' | 'ask', requests = Infinity) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { model } = demo.bot
  const original: (...args: never[]) => Promise<unknown> = model[method]
  const holding = mock.method(model, method, async (...args: unknown[]) => {
    reach()
    if (holding.mock.callCount() < requests) {
      await released
    }
    return Reflect.apply(original, model, args)
  })
  return {
    reached,
    release: () => {
      holding.mock.restore()
      release()
    },
  }
}

/**
 * Pauses a method of all objects of a class from now to the end of a test, until it is released.
 *
 * @returns `release` waits until a call that was paused has ended, whether or not it failed.
 */
export function holdMethod<T extends object>(
  t: TestContext,
  prototype: T,
  method: keyof T & string,
) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const original: unknown = Reflect.get(prototype, method)
  assert.ok(typeof original === 'function')
  Reflect.set(prototype, method, async function held(this: unknown, ...args: unknown[]) {
    reach()
    await released
    try {
      const result: unknown = await Reflect.apply(original, this, args)
      return result
    } finally {
      end()
    }
  })
  t.after(() => Reflect.set(prototype, method, original))
  return {
    reached,
    release: async () => {
      release()
      await ended
    },
  }
}

/** Pauses the download of the next picture until it is aborted. */
export function holdDownload(demo: DemoBot) {
  const slow = demo.sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 1 })
  return { reached: slow.until(), release: () => slow.cancel() }
}

/** Waits until an answer is stored whose suggestions are not yet. */
export async function delivered(demo: DemoBot): Promise<void> {
  const space = demo.bot.store.collection({ name: 'answers', ttlMs: 1, decode: readRecord })
  while ((await Array.fromAsync(space.entries())).length === 0) {
    await wait(10)
  }
}

/** Waits until nothing is being answered, and a moment longer for work in the background. */
export async function idle(demo: DemoBot): Promise<void> {
  const jobs = demo.bot.store.collection(JOBS)
  while ((await Array.fromAsync(jobs.entries())).some(([, record]) => !isFinished(record))) {
    await wait(10)
  }
  await wait(100)
}

/** All records in the store that contain an id. */
export async function kept(
  demo: Pick<DemoBot, 'bot'>,
  id: string,
  spaces: readonly string[] = SPACES,
): Promise<string[]> {
  const named: string[] = []
  for (const name of spaces) {
    const space = demo.bot.store.collection({ name, ttlMs: 1, decode: readRecord })
    for await (const [key, record] of space.entries()) {
      if (`${key} ${JSON.stringify(record)}`.includes(id)) {
        named.push(`${name} ${key}`)
      }
    }
  }
  return named
}

/**
 * The records that contain an id, once deletions have had time to end: what is there for good, or
 * comes back.
 */
export async function leftOver(
  demo: DemoBot,
  id: string,
  spaces: readonly string[] = SPACES,
): Promise<string[]> {
  const givenUp = performance.now() + DELETION_LIMIT_MS
  const all = [...spaces, 'deletions']
  let earlier = ['not looked yet']
  let left = earlier
  while (earlier.length + left.length > 0 && performance.now() < givenUp) {
    await wait(100)
    earlier = left
    left = await kept(demo, id, all)
  }
  return [...earlier, ...left]
}

export function readRecord(data: unknown): object {
  assert.ok(data instanceof Object)
  return data
}
