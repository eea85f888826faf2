import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { createHttpClient, type HttpClient } from '../../../inference/download/http.ts'
import { pullModel, type PullOptions } from '../../../inference/download/pull.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { COMMIT, REPOSITORY, startHub, type HubServer } from '../../helpers/hub-server.ts'
import { checkpointFolder } from '../../helpers/parity.ts'

let models: string
let client: HttpClient
let hub: HubServer | undefined

beforeEach(() => {
  models = mkdtempSync(path.join(tmpdir(), 'pull-'))
  client = createHttpClient(undefined)
})
afterEach(async () => {
  await client.dispatcher.destroy()
  await hub?.close()
  hub = undefined
  rmSync(models, { recursive: true })
})

function pull(options: Partial<PullOptions> = {}) {
  return pullModel({
    source: { folder: checkpointFolder('base') },
    out: path.join(models, 'mine'),
    name: 'mine',
    precision: 'fp32',
    force: false,
    keepDownload: false,
    modelsFolder: models,
    hub: { endpoint: hub?.endpoint ?? 'http://127.0.0.1:9', client },
    signal: new AbortController().signal,
    onProgress: () => {},
    onNote: () => {},
    ...options,
  })
}

async function serve() {
  const folder = checkpointFolder('base')
  const files = new Map(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))]),
  )
  hub = await startHub({ files })
  return { source: { repository: REPOSITORY, revision: 'main' } }
}

function says(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ConfigError, String(error))
    assert.match(error.message, pattern)
    return true
  }
}

describe('two pulls at once', () => {
  it('to one place: the second is told who is there, and the first makes a whole package', async () => {
    const [first, second] = await Promise.allSettled([
      pull({ precision: 'int8' }),
      pull({ precision: 'fp16' }),
    ])
    assert.equal(first.status, 'fulfilled')
    assert.ok(second.status === 'rejected')
    assert.ok(says(/is being made at .*mine by this process\. Wait for it/)(second.reason))
    const { card } = await openPackage(path.join(models, 'mine'))
    assert.equal(card.precision, 'int8')
    assert.deepEqual(readdirSync(models), ['mine'])
  })

  it('of one repository: one touches nothing of the other', async () => {
    const source = await serve()
    const names = ['one', 'other']
    const results = await Promise.allSettled(
      names.map((name) => pull({ ...source, out: path.join(models, name) })),
    )
    const [refused] = results.filter((result) => result.status === 'rejected')
    assert.ok(says(/tiny-blip2 is being downloaded or converted by this/)(refused?.reason))
    const made = names.filter((_, i) => results[i]?.status === 'fulfilled')
    assert.deepEqual(readdirSync(models), made)
    assert.equal(made.length, 1)
    await openPackage(path.join(models, made[0]!))
  })
})

describe('the target of a pull', () => {
  it('may be a symbolic link to a package: what it leads to is replaced', async () => {
    const disk = path.join(models, 'disk')
    await pull({ out: disk })
    const link = path.join(models, 'link')
    symlinkSync(disk, link)
    await pull({ out: link, force: true, precision: 'fp16' })
    assert.ok(lstatSync(link).isSymbolicLink())
    assert.equal((await openPackage(disk)).card.precision, 'fp16')
    assert.deepEqual(readdirSync(models).sort(), ['disk', 'link'])
  })

  it('is refused where it is a symbolic link to nothing', async () => {
    symlinkSync(path.join(models, 'nothing'), path.join(models, 'mine'))
    await assert.rejects(pull(), says(/mine is a symbolic link that leads nowhere/))
  })

  it('may be a package that was prepared', async () => {
    await pull()
    mkdirSync(path.join(models, 'mine', 'prepared'))
    await pull({ force: true, precision: 'fp16' })
    assert.ok(!existsSync(path.join(models, 'mine', 'prepared')))
  })

  it('gets the old package back after a kill in the middle of a replacement', async () => {
    await pull()
    renameSync(path.join(models, 'mine'), path.join(models, 'mine.old'))
    await assert.rejects(pull(), says(/There is a model package at .*mine already/))
    assert.deepEqual(readdirSync(models), ['mine'])
    renameSync(path.join(models, 'mine'), path.join(models, 'mine.old'))
    cpSync(path.join(models, 'mine.old'), path.join(models, 'mine.new'), { recursive: true })
    await pull({ force: true, precision: 'fp16' })
    assert.equal((await openPackage(path.join(models, 'mine'))).card.precision, 'fp16')
    assert.deepEqual(readdirSync(models), ['mine'])
  })

  it('is named where its folder cannot be written to', async () => {
    writeFileSync(path.join(models, 'file'), '')
    const out = path.join(models, 'file', 'mine')
    await assert.rejects(pull({ out }), says(/file is a file where a folder is needed/))
  })
})

it('a format in sightseer.json is no gap in the chat template', async () => {
  const folder = path.join(models, 'checkpoint')
  cpSync(checkpointFolder('smolvlm-whole'), folder, { recursive: true })
  rmSync(path.join(folder, 'chat_template.jinja'))
  const asIs = await pull({ source: { folder } })
  assert.deepEqual(asIs.templateGap, { reason: 'missing' })
  const prompts = { opening: 'A<image>', answer: 'B', next: 'C', generationPrompt: 'B' }
  const own = path.join(folder, 'sightseer.json')
  writeFileSync(own, JSON.stringify({ prompts: { ...prompts, next: undefined } }))
  assert.deepEqual((await pull({ source: { folder }, force: true })).templateGap, asIs.templateGap)
  writeFileSync(own, JSON.stringify({ prompts }))
  const given = await pull({ source: { folder }, force: true })
  assert.equal(given.templateGap, null)
  assert.partialDeepStrictEqual(given.card, { prompts })
})

it('a download of a commit that is kept is not deleted by a failure', async () => {
  const source = await serve()
  await pull({ ...source, keepDownload: true })
  await assert.rejects(pull(source), says(/already/))
  assert.ok(existsSync(path.join(models, '.downloads', REPOSITORY.replace('/', '--'), COMMIT)))
})
