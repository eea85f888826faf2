import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

function run(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
}

describe('npm run bench', () => {
  it('lists the options of all benches for one of them, too', () => {
    const { status, stdout } = run('kills', '--help')
    assert.match(stdout, /^npm run bench -- WHAT \[options\]/)
    assert.equal(status, 0)
  })

  it('says in a sentence which option it does not know', () => {
    const { status, stderr } = run('kills', '--kils', '3')
    assert.equal(stderr, "Unknown option '--kils'.\nnpm run bench -- --help lists the options.\n")
    assert.equal(status, 2)
  })
})
