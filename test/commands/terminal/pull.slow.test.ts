import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, watch, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, before, beforeEach, describe, it } from 'node:test'
import { type ModelCard, readCard } from '../../../inference/package/model-card.ts'
import {
  COMMIT,
  REPOSITORY,
  sha256,
  startHub,
  type HubOptions,
  type HubServer,
} from '../../helpers/hub-server.ts'
import { FIXTURES } from '../../helpers/parity.ts'

const COMMAND = path.join(import.meta.dirname, '../../../commands/terminal/pull.ts')
const CHECKPOINT = path.join(FIXTURES, 'checkpoints', 'base')
const WEIGHTS = 'model.safetensors'
const STUCK_AFTER = 40_000

let files: Map<string, Buffer>
let models: string
let hub: HubServer | undefined

before(() => {
  files = new Map(
    readdirSync(CHECKPOINT).map((name) => [name, readFileSync(path.join(CHECKPOINT, name))]),
  )
})
beforeEach(async () => {
  models = await mkdtemp(path.join(os.tmpdir(), 'sightseer-'))
})
afterEach(async () => {
  await hub?.close()
  hub = undefined
  await rm(models, { recursive: true, force: true })
})

/** Starts the command as a person does. */
function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: {
      HF_ENDPOINT: hub?.endpoint ?? '',
      SIGHTSEER_MODELS: models,
      HF_TOKEN: '',
      HF_HOME: models,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr]) => ({ stdout, stderr, code: child.exitCode }),
  )
  return { child, ended }
}

async function run(args: readonly string[], env?: Record<string, string>) {
  return start(args, env).ended
}

async function serve(options: Partial<HubOptions> = {}) {
  hub = await startHub({ files, ...options })
}

/** The first request for the weights stays open after some bytes; later ones are answered. */
function stuckOnce(): Partial<HubOptions> {
  return {
    fault: ({ name, nth, server }) =>
      name === WEIGHTS && server === 'storage' && nth === 1
        ? { kind: 'hang', after: STUCK_AFTER }
        : undefined,
  }
}

const downloads = () => path.join(models, '.downloads')
const cache = () => path.join(downloads(), REPOSITORY.replace('/', '--'), COMMIT)

/** Waits until the partial file of the weights has all the bytes that a stuck server sent. */
async function untilStuck() {
  const partial = path.join(cache(), `${WEIGHTS}.partial`)
  const isThere = () => existsSync(partial) && statSync(partial).size >= STUCK_AFTER
  await mkdir(cache(), { recursive: true })
  const stop = new AbortController()
  const changes = watch(cache(), { signal: stop.signal })
  while (!isThere()) {
    await changes.next()
  }
  stop.abort()
}

function assertPackage(folder: string): ModelCard {
  const card = readCard(JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')))
  assert.ok(typeof card !== 'string')
  for (const [name, { bytes, sha256: expected }] of Object.entries(card.files)) {
    const stored = readFileSync(path.join(folder, name))
    assert.equal(stored.length, bytes, name)
    assert.equal(sha256(stored), expected, name)
  }
  const files = readdirSync(folder).filter((name) => !['prepared', '.verified.json'].includes(name))
  assert.deepEqual(files.sort(), [...Object.keys(card.files), 'model.json'].sort())
  return card
}

describe('npm run pull', () => {
  it('makes a package of a repository and removes the download', async () => {
    await serve()
    const { stdout, stderr, code } = await run([REPOSITORY, '--json', '--precision', 'fp16'])
    assert.equal(code, 0, stderr)
    const card = assertPackage(path.join(models, 'tiny-blip2'))
    assert.deepEqual(card.source, { repository: REPOSITORY, revision: COMMIT, license: 'mit' })
    assert.equal(card.precision, 'fp16')
    const folder = path.join(models, 'tiny-blip2')
    const result: unknown = JSON.parse(stdout)
    assert.partialDeepStrictEqual(result, { folder, name: 'tiny-blip2', precision: 'fp16' })
    assert.match(stderr, /License stated by the model: mit\. .*non-commercial research only/)
    assert.match(stderr, /Downloading 100%/)
    assert.ok(!existsSync(downloads()))
  })

  it('keeps the download when asked, and needs nothing from the hub’s storage then', async () => {
    await serve()
    assert.equal((await run([REPOSITORY, '--keep-download', '--precision', 'fp32'])).code, 0)
    assert.ok(existsSync(path.join(cache(), WEIGHTS)))
    const before = hub!.requests.length
    const second = await run([
      REPOSITORY,
      '--out',
      path.join(models, 'second'),
      '--precision',
      'fp32',
    ])
    assert.equal(second.code, 0, second.stderr)
    assert.equal(hub!.requests.length, before)
  })

  it('makes a package of a folder', async () => {
    const out = path.join(models, 'mine')
    const { stdout, stderr, code } = await run(['--from', CHECKPOINT, '--out', out, '--prepare'])
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '')
    assert.equal(assertPackage(out).precision, 'int8')
    assert.equal(assertPackage(out).quantization?.vision, 'w8a8')
    assert.ok(existsSync(path.join(out, 'prepared')))
    assert.match(stderr, /npm run describe -- IMAGE --model/)
    const last = stderr.trimEnd().split('\n').at(-1)
    const line = `The bot runs it with SIGHTSEER_MODEL=${out} in .env: 0.01 GB of disk, about `
    assert.ok(last?.startsWith(line), last)
    assert.match(last ?? '', /about 0\.\d\d GB of memory\.$/)
  })

  it('calibrates with the pictures of a folder, and says so', async () => {
    const pictures = path.join(models, 'pictures')
    await mkdir(pictures)
    await cp(path.join(FIXTURES, 'images', 'parity.png'), path.join(pictures, 'a.png'))
    const out = path.join(models, 'mine')
    const { stderr, code } = await run([
      '--from',
      CHECKPOINT,
      '--out',
      out,
      '--calibrate',
      pictures,
    ])
    assert.equal(code, 0, stderr)
    assert.equal(assertPackage(out).quantization?.calibration?.pictures, 1)
    assert.match(stderr, /Calibrating with 1 picture from .*pictures\./)
    assert.match(stderr, /Calibrating 100%/)
    assert.match(stderr, /\d of 2 layers of the image encoder were smoothed\./)
  })

  it('looks at the pictures to calibrate with before it downloads', async () => {
    await serve()
    const { stderr, code } = await run([REPOSITORY, '--calibrate', models])
    assert.equal(code, 1)
    assert.match(stderr, /--calibrate: .* has no picture in it/)
    assert.equal(hub!.requests.length, 0)
  })

  it('resumes after being killed in the middle of a file', async () => {
    await serve(stuckOnce())
    const { child, ended } = start([REPOSITORY])
    await untilStuck()
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(readdirSync(models), ['.downloads', '.tiny-blip2.lock'])

    const { stderr, code } = await run([REPOSITORY])
    assert.equal(code, 0, stderr)
    assertPackage(path.join(models, 'tiny-blip2'))
    const asked = hub!.requests.filter(
      ({ name, server }) => name === WEIGHTS && server === 'storage',
    )
    assert.deepEqual(
      asked.map(({ range }) => range),
      [undefined, `bytes=${STUCK_AFTER}-`],
    )
    assert.match(asked[1]?.ifRange ?? '', /^"[0-9a-f]{64}"$/)
  })

  it('stops cleanly on Ctrl-C and says how to go on', async () => {
    await serve(stuckOnce())
    const { child, ended } = start([REPOSITORY, '--json'])
    await untilStuck()
    child.kill('SIGINT')
    const { stdout, stderr, code } = await ended
    assert.equal(code, 130)
    assert.equal(stdout, '')
    assert.match(stderr, /Stopped\. The downloaded files are kept\. Run the same command again/)
    assert.deepEqual(readdirSync(models), ['.downloads'])
    assert.deepEqual(readdirSync(path.dirname(cache())), [COMMIT])
  })

  it('refuses a target that is taken, and replaces a package by force only', async () => {
    const out = path.join(models, 'mine')
    assert.equal((await run(['--from', CHECKPOINT, '--out', out, '--precision', 'fp32'])).code, 0)
    const again = ['--from', CHECKPOINT, '--out', out, '--precision', 'int4', '--vision', 'block']
    const refused = await run(again)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /There is a model package at .*mine already\. Use --force/)
    const forced = await run([...again, '--force'])
    assert.equal(forced.code, 0, forced.stderr)
    assert.equal(assertPackage(out).quantization?.vision, 'block')
    assert.deepEqual(readdirSync(models), ['mine'])
  })

  it('never replaces a folder that is not a package, even by force', async () => {
    const out = path.join(models, 'photos')
    await mkdir(path.join(out, 'holiday'), { recursive: true })
    await writeFile(path.join(out, 'model.json'), '{}')
    const { stderr, code } = await run(['--from', CHECKPOINT, '--out', out, '--force'])
    assert.equal(code, 1)
    assert.match(stderr, /is not a model package/)
    assert.deepEqual(readdirSync(out).sort(), ['holiday', 'model.json'])
  })

  it('clears away what a killed conversion left', async () => {
    const out = path.join(models, 'mine')
    await mkdir(`${out}.partial`)
    await writeFile(path.join(`${out}.partial`, 'model.json'), '{}')
    assert.equal((await run(['--from', CHECKPOINT, '--out', out])).code, 0)
    assert.deepEqual(readdirSync(models), ['mine'])
  })

  it('refuses a model that cannot be converted before its weights come', async () => {
    const config = files.get('config.json')!.toString('utf8')
    const other = Buffer.from(config.replace('"model_type": "blip-2"', '"model_type": "mllama"'))
    await serve({ files: new Map([...files, ['config.json', other]]) })
    const { stderr, code } = await run([REPOSITORY])
    assert.equal(code, 1)
    assert.match(stderr, /model_type.*mllama/)
    assert.ok(!hub!.requests.some(({ name }) => name === WEIGHTS))
  })

  it('refuses a download that does not fit on the disk, before it begins', async () => {
    await serve({
      describe: (answer) => {
        const size = `"size":${files.get(WEIGHTS)!.length},"sha256"`
        return JSON.parse(JSON.stringify(answer).replace(size, '"size":4000000000000000,"sha256"'))
      },
    })
    const { stderr, code } = await run([REPOSITORY])
    assert.equal(code, 1)
    assert.match(stderr, /Not enough free disk at .* 4000000\.\d GB needed .* Free \d+\.\d GB more/)
    assert.ok(!hub!.requests.some(({ name }) => name === WEIGHTS))
  })

  it('leaves nothing at the target when the weights are not what the configuration says', async () => {
    const from = path.join(models, 'broken')
    await cp(CHECKPOINT, from, { recursive: true })
    await writeFile(path.join(from, WEIGHTS), files.get(WEIGHTS)!.subarray(0, 50_000))
    const { stderr, code } = await run(['--from', from, '--out', path.join(models, 'out')])
    assert.equal(code, 1)
    assert.match(stderr, /model\.safetensors/)
    assert.deepEqual(readdirSync(models), ['broken'])
  })

  it('never prints the token', async () => {
    await serve()
    const { stdout, stderr, code } = await run([REPOSITORY, '--json'], { HF_TOKEN: 'hf_secret' })
    assert.equal(code, 0, stderr)
    assert.ok(!/hf_secret/.test(stdout + stderr))
    assert.ok(hub!.requests.some(({ authorization }) => authorization === 'Bearer hf_secret'))
  })

  it('says what is wrong with the command line and exits with 2', async () => {
    const wrong = [
      ['a/b', 'c/d'],
      ['a/b', '--from', 'x'],
      ['not-a-model'],
      ['../x'],
      ['a/b', '--precision', 'int2'],
      ['a/b', '--vision', 'int2'],
      ['a/b', '--calibrate', ''],
      ['a/b', '--calibrate', 'x', '--precision', 'fp16'],
      ['a/b', '--calibrate', 'x', '--vision', 'block'],
      ['a/b', '--frm', 'x'],
      ['--from', 'x', '--revision', 'main'],
      ['--from'],
      ['a/b', '--subfolder', '../x'],
      ['a/b', '--tokenizer', ''],
    ]
    for (const { stdout, stderr, code } of await Promise.all(wrong.map((args) => run(args)))) {
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, /npm run pull -- --help says more/)
    }
  })

  it('explains itself', async () => {
    const { stdout, code } = await run(['--help'])
    assert.equal(code, 0)
    assert.match(stdout, /--precision/)
  })
})
