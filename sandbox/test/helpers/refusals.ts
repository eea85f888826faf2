/** Assertions about validation errors of a field. */

import assert from 'node:assert/strict'
import { DiscordAPIError } from 'discord.js'
import type { WatchedSandbox } from './watched-sandbox.ts'

/**
 * Asserts that an intentionally invalid request is refused with 50035, with an error code at a
 * field's path.
 */
export async function refusedAt(
  sandbox: WatchedSandbox,
  answer: Promise<unknown>,
  path: string,
  code: string | RegExp,
): Promise<void> {
  await assert.rejects(
    sandbox.wrongly(() => answer),
    (error) => {
      assert.ok(error instanceof DiscordAPIError, String(error))
      assert.equal(error.code, 50035)
      const raw: { errors?: object } = JSON.parse(JSON.stringify(error.rawError))
      let node: unknown = raw.errors
      for (const key of path.split('.')) {
        node = Reflect.get(Object(node), key)
      }
      const errors = JSON.stringify(Reflect.get(Object(node), '_errors') ?? [])
      assert.match(errors, new RegExp(code), `nothing at ${path} of ${JSON.stringify(raw)}`)
      return true
    },
  )
}
