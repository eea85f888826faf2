import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** Words of the chat platform, in camel case too, such as `guildId`. */
const PLATFORM =
  /discord|snowflake|guild|\balt[- ]text|(?<![a-z])(interaction|moderation|repl(y|ies))(?![a-z])/gi

describe('inference/', () => {
  it('has no words of the platform that uses it', () => {
    const files = globSync('inference/**/*.ts', { cwd: ROOT })
    assert.ok(files.length > 50)
    const places = files.flatMap((file) =>
      readFileSync(path.join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => (line.match(PLATFORM) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
    )
    assert.deepEqual(places, [])
  })
})
