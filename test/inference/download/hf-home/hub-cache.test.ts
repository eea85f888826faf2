import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { hubPaths } from '../../../../config/hub.ts'
import { readConfig } from '../../../../config/config.ts'
import {
  cachedSnapshot,
  findSnapshot,
  nameOfFolder,
} from '../../../../inference/download/hf-home/hub-cache.ts'
import { readSavedToken } from '../../../../inference/download/hf-home/saved-token.ts'

const COMMIT = 'a'.repeat(40)
const OTHER = 'b'.repeat(40)

let cache: string
let repository: string

beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'hub-cache-'))
  repository = path.join(cache, 'models--some--tiny-blip2--x')
  for (const commit of [COMMIT, OTHER]) {
    mkdirSync(path.join(repository, 'snapshots', commit), { recursive: true })
  }
  mkdirSync(path.join(repository, 'refs'))
  writeFileSync(path.join(repository, 'refs', 'main'), COMMIT)
})
afterEach(() => rmSync(cache, { recursive: true }))

function snapshot(commit: string) {
  const id = 'some/tiny-blip2--x'
  return { folder: path.join(repository, 'snapshots', commit), id, commit }
}

describe('a folder of the cache', () => {
  it('stands for the snapshot of main, and a snapshot for itself', async () => {
    assert.deepEqual(await findSnapshot(repository), snapshot(COMMIT))
    assert.deepEqual(await findSnapshot(snapshot(OTHER).folder), snapshot(OTHER))
    assert.equal(await findSnapshot(cache), null)
  })

  it('is named by its repository', () => {
    assert.equal(nameOfFolder(repository), 'tiny-blip2--x')
    assert.equal(nameOfFolder(snapshot(OTHER).folder), 'tiny-blip2--x')
    assert.equal(nameOfFolder('/a/checkpoint'), 'checkpoint')
  })
})

describe('the cache', () => {
  it('has a model by its name and revision', async () => {
    const id = 'some/tiny-blip2--x'
    assert.deepEqual(await cachedSnapshot(cache, id, 'main'), snapshot(COMMIT))
    assert.deepEqual(await cachedSnapshot(cache, id, OTHER), snapshot(OTHER))
    await assert.rejects(cachedSnapshot(cache, id, 'v9'), /has no snapshot of the revision v9/)
    await assert.rejects(cachedSnapshot(cache, id, '../../x'), /has no snapshot/)
    rmSync(snapshot(COMMIT).folder, { recursive: true })
    await assert.rejects(cachedSnapshot(cache, id, 'main'), /has no snapshot of the revision main/)
  })

  it('says how to get a model that it does not have', async () => {
    await assert.rejects(
      cachedSnapshot(cache, 'some/other', 'main'),
      /HF_HUB_OFFLINE is set, and some\/other is not in the cache at .*`hf download some\/other`/,
    )
  })
})

describe('the paths and the token of Hugging Face', () => {
  it('follow the same variables', () => {
    const home = path.join(homedir(), '.cache', 'huggingface')
    assert.deepEqual(hubPaths({}), { tokenFile: `${home}/token`, cache: `${home}/hub` })
    const xdg = hubPaths({ XDG_CACHE_HOME: '/c', HF_TOKEN_PATH: '~/t' })
    assert.deepEqual(xdg, { tokenFile: path.join(homedir(), 't'), cache: '/c/huggingface/hub' })
    const both = hubPaths({ HF_HOME: '/h', HF_HUB_CACHE: '/k' })
    assert.deepEqual(both, { tokenFile: '/h/token', cache: '/k' })
  })

  it('say whether there is a network', () => {
    for (const value of ['1', 'ON', 'yes', 'True']) {
      assert.ok(readConfig({ HF_HUB_OFFLINE: value }).hub.offline)
    }
    for (const value of ['', '0', 'no', undefined]) {
      assert.ok(!readConfig({ HF_HUB_OFFLINE: value }).hub.offline)
    }
  })

  it('read a token as it was saved, and nothing that is none', async () => {
    const file = path.join(cache, 'token')
    assert.equal(await readSavedToken(file), undefined)
    for (const [text, token] of [
      [' hf_abc\n', 'hf_abc'],
      ['', undefined],
      ['two words', undefined],
      ['x'.repeat(2000), undefined],
    ] as const) {
      writeFileSync(file, text)
      assert.equal(await readSavedToken(file), token)
    }
  })
})
