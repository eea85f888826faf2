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

  it('says in a sentence what is missing, and what makes it', () => {
    const { status, stderr } = run('three-bridges', '--rows', '/nowhere')
    assert.match(stderr, /^\/nowhere has no rows: python -m training\.compare writes them .*\n/)
    assert.doesNotMatch(stderr, / at /)
    assert.equal(status, 2)
  })

  it('measures nothing of a GPU where there is none, and says so', () => {
    const hidden = { PATH: '/nowhere', CUDA_VISIBLE_DEVICES: '', VK_DRIVER_FILES: '/dev/null' }
    const { status, stdout } = spawnSync(process.execPath, [MAIN, 'gpu'], {
      encoding: 'utf8',
      env: hidden,
    })
    assert.match(stdout, /^nvidia-smi is not installed/)
    assert.match(stdout, /No GPU is at hand .*: nothing was measured\.\n$/)
    assert.equal(status, 0)
  })
})
