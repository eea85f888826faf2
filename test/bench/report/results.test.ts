/** Where results go: an own run never changes the published figures. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { after, describe, it } from 'node:test'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const NAME = `test-${process.pid}`

function write(...lines: string[]): string {
  const module = JSON.stringify(path.join(ROOT, 'bench/report/results.ts'))
  const program = `const r = await import(${module}); ${lines.join(';')}; console.log(r.writeResults('${NAME}', { own: 1 }))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(stderr, '')
  return path.relative(ROOT, stdout.trim())
}

describe('writeResults', () => {
  const published = path.join(ROOT, 'bench', 'results', `${NAME}.json`)
  const own = path.join(ROOT, 'bench', 'results', 'own', `${NAME}.json`)
  after(() => {
    rmSync(published, { force: true })
    rmSync(own, { force: true })
  })

  it('writes to a folder that git ignores', () => {
    assert.equal(write(), path.relative(ROOT, own))
    assert.ok(!existsSync(published))
    const { status } = spawnSync('git', ['check-ignore', '--quiet', own], { cwd: ROOT })
    assert.equal(status, 0)
  })

  it('replaces the published figures only when told to', () => {
    assert.equal(write('r.updatePublished()'), path.relative(ROOT, published))
    assert.match(readFileSync(published, 'utf8'), /"own": 1/)
  })
})
