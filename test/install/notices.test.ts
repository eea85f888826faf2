/** The notices of third-party software: complete, and in the image. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..', '..')
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8')

describe('THIRD-PARTY.md', () => {
  it('has every package of an installation with its license', () => {
    const text = read('THIRD-PARTY.md')
    const lock: {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; license?: string }>
    } = JSON.parse(read('package-lock.json'))
    for (const [key, { dev, devOptional, license }] of Object.entries(lock.packages)) {
      const name = key.split('node_modules/').at(-1)!
      if (key.startsWith('node_modules/') && dev !== true && devOptional !== true && license) {
        const row = text.split('\n').find((line) => line.startsWith(`- **${license}**: `)) ?? ''
        assert.ok(
          row
            .replace(/^[^:]+:/, '')
            .split(',')
            .some((cell) => cell.trim() === name),
          `${name}: ${license}. npm run notices`,
        )
      }
    }
  })

  it('is in the image', () => {
    assert.match(read('Dockerfile'), /^COPY package\.json LICENSE THIRD-PARTY\.md \.\/$/m)
    assert.match(read('.dockerignore'), /^!THIRD-PARTY\.md$/m)
  })
})
