/** The image, as far as it can be held against its rules without Docker. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readConfig } from '../../config/config.ts'
import { settings } from '../../config/environment.ts'
import { commandOf, inherited, readDockerfile, type Stage } from '../helpers/dockerfile.ts'
import { locate, needs } from '../helpers/tools.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const FILE = path.join(ROOT, 'Dockerfile')
const text = readFileSync(FILE, 'utf8')
const stages = readDockerfile(text)
const DIGEST = /^sha256:[0-9a-f]{64}$/
const finals = stages.filter(({ name }) => name !== 'dependencies')

function last(stage: Stage, name: string): string {
  return inherited(stages, stage).findLast((one) => one.name === name)?.words ?? ''
}

describe('the Dockerfile', () => {
  it('passes hadolint', needs('hadolint'), () => {
    const { status, stdout } = spawnSync(locate('hadolint'), [FILE], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })

  it('pins the versions of what it starts from, the Node of package.json (DL3006, DL3007)', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
    const images = stages.filter(({ from }) => !stages.some(({ name }) => name === from))
    assert.ok(images.length > 0)
    for (const { from } of images) {
      const [tag, digest = ''] = from.split('@')
      assert.equal(tag, `node:${dependencies.node}-bookworm-slim`)
      assert.match(digest, DIGEST)
      assert.equal(from, images[0]!.from)
    }
  })

  it('is run beside an image that has a digest, too', () => {
    const compose = readFileSync(path.join(ROOT, 'compose.yaml'), 'utf8')
    const images = [...compose.matchAll(/^\s*image: \S+?@?(sha256:\S+)?$/gm)]
    assert.ok(images.length > 0)
    for (const [, digest] of images) {
      assert.match(digest ?? '', DIGEST)
    }
  })

  it('runs as a user by number who is not root (DL3002, DL3066)', () => {
    for (const stage of finals) {
      assert.equal(last(stage, 'USER'), '1000:1000', stage.name)
    }
  })

  it('has several stages, and leaves build tools and caches behind (DL3009, DL3015, DL3020)', () => {
    assert.ok(stages.length > 2)
    for (const { name, words } of stages.flatMap(({ instructions }) => instructions)) {
      assert.notEqual(name, 'ADD')
      assert.doesNotMatch(words, /\bsudo\b|\bcurl\b.*\|/)
      if (words.includes('apt-get install')) {
        assert.match(words, /--no-install-recommends/)
        assert.match(words, /rm -rf \/var\/lib\/apt\/lists/)
      }
      if (words.includes('npm ci')) {
        assert.match(words, /--omit=dev/)
      }
    }
  })

  it('leaves the loopback Discord out', () => {
    const ignored = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8')
    assert.doesNotMatch(ignored, /sandbox/)
    for (const { words } of stages.flatMap(({ instructions }) => instructions)) {
      assert.doesNotMatch(words, /sandbox/i)
    }
  })

  it('starts without a shell, and checks its health (DL3025, DL3057)', () => {
    for (const stage of finals) {
      assert.deepEqual(commandOf(last(stage, 'CMD')), ['node', 'bot/main.ts'])
      assert.deepEqual(commandOf(last(stage, 'HEALTHCHECK')), [
        'node',
        'bot/operations/check-health.ts',
      ])
    }
  })

  it('sets settings that there are, to values that are right', () => {
    const known = new Set(settings().map(({ name }) => name))
    const set = Object.fromEntries(
      finals
        .flatMap((stage) => inherited(stages, stage))
        .filter(({ name }) => name === 'ENV')
        .flatMap(({ words }) => words.split(' '))
        .map((pair) => pair.split('=')),
    )
    const foreign = Object.keys(set).filter((name) => !known.has(name))
    assert.deepEqual(foreign, ['NODE_ENV', 'NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'])
    assert.deepEqual(readConfig(set).operations, { host: '127.0.0.1', port: 9090 })
  })

  it('writes only to its volumes, which compose.yaml provides', () => {
    const compose = readFileSync(path.join(ROOT, 'compose.yaml'), 'utf8')
    assert.deepEqual(JSON.parse(last(stages.at(-1)!, 'VOLUME')), ['/models', '/data'])
    assert.match(compose, /^ {4}read_only: true$/m)
    assert.match(compose, /- models:\/models/)
    assert.match(compose, /tmpfs:\n {6}- \/tmp\n {6}- \/data/)
  })

  it('keeps its own settings beside a .env that leaves them empty', () => {
    const compose = readFileSync(path.join(ROOT, 'compose.yaml'), 'utf8')
    const block = /^ {4}environment:\n((?: {6}.+\n)+)/m.exec(compose)?.[1] ?? ''
    const own = Object.fromEntries(
      block
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/: (.*)/, 2)),
    )
    const emptied = Object.fromEntries(settings().map(({ name }) => [name, '']))
    const { store, modelsFolder, operations } = readConfig({ ...emptied, ...own })
    assert.equal(store.url, 'redis://redis:6379')
    assert.equal(modelsFolder, '/models')
    assert.equal(operations?.port, 9090)
  })

  it('gives the bot the time it needs to stop', () => {
    const compose = readFileSync(path.join(ROOT, 'compose.yaml'), 'utf8')
    const grace = Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1])
    assert.ok(grace * 1000 >= readConfig({}).bot.stopLimitMs + 10_000)
  })
})
