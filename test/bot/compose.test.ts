/** compose.yaml, as far as it can be held against the program without Docker. */

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readConfig } from '../../config/config.ts'
import { settings } from '../../config/environment.ts'
import { commandOf } from '../helpers/dockerfile.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const KEY = Buffer.alloc(32, 1).toString('base64')
const OF_FLEET = ['worker', 'bot-0', 'bot-1']

type Service = {
  readonly environment: Readonly<Record<string, string>>
  readonly command: readonly string[]
  readonly base: string | undefined
  readonly profile: string | undefined
  readonly replicas: number
}

/** The services of a file, each by the lines below its name. */
function servicesOf(file: string): ReadonlyMap<string, Service> {
  const text = readFileSync(path.join(ROOT, file), 'utf8')
  const [, body = ''] = text.split(/^services:$/m)
  const [services = ''] = body.split(/^\S/m)
  return new Map(
    services
      .split(/^ {2}(?=[\w-]+:$)/m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf(':')), serviceOf(part)]),
  )
}

function serviceOf(part: string): Service {
  const command = /^ {4}command: \[(.*)\]$/m.exec(part)?.[1] ?? ''
  return {
    environment: Object.fromEntries(
      [...part.matchAll(/^ {6}([A-Z][A-Z_]+): (.*)$/gm)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
    command: [...command.matchAll(/'([^']*)'/g)].map(([, word = '']) => word),
    base: /^ {4}extends:\n {6}service: (\S+)$/m.exec(part)?.[1],
    profile: /^ {4}profiles: \[(\S+)\]$/m.exec(part)?.[1],
    replicas: Number(/^ {6}replicas: (\d+)$/m.exec(part)?.[1] ?? 1),
  }
}

const services = servicesOf('compose.yaml')

/** What a service's process has in its environment. */
function environmentOf(name: string): Readonly<Record<string, string>> {
  const service = services.get(name)
  assert.ok(service, name)
  const { base, environment } = service
  return { ...(base !== undefined && environmentOf(base)), ...environment }
}

function configOf(name: string) {
  return readConfig({ ...environmentOf(name), DISCORD_TOKEN: 'a.b.c', SIGHTSEER_STORE_KEY: KEY })
}

function fileOf(name: string): string {
  const { command = [] } = services.get(name) ?? {}
  const image = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8')
  const words = command.length > 0 ? command : commandOf(/^CMD \[.*$/m.exec(image)?.[0] ?? '')
  assert.equal(words[0], 'node')
  return words[1] ?? ''
}

describe('compose.yaml', () => {
  it('sets nothing that is no setting', () => {
    const names = new Set(settings().map(({ name }) => name))
    for (const file of ['compose.yaml', 'compose.gpu.yaml']) {
      for (const [service, { environment }] of servicesOf(file)) {
        for (const name of Object.keys(environment)) {
          assert.ok(names.has(name), `${file}: ${service}: ${name}`)
        }
      }
    }
  })

  it('starts what npm starts, and so does npm run fleet', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
    const script = readFileSync(path.join(ROOT, 'bot', 'queue', 'fleet.ts'), 'utf8')
    for (const [name, command] of [
      ['sightseer', scripts.start],
      ['worker', scripts.worker],
      ['bot-0', scripts.start],
      ['bot-1', scripts.start],
    ]) {
      const file = fileOf(name)
      assert.equal(`node ${file}`, command, name)
      assert.ok(existsSync(path.join(ROOT, file)))
      assert.ok(script.includes(`'${file}'`), file)
    }
  })

  it('has two bots with a shard each and two workers on one queue, of one store', () => {
    for (const name of OF_FLEET) {
      assert.equal(services.get(name)?.profile, 'fleet', name)
      assert.equal(services.get(name)?.base, 'sightseer', name)
    }
    assert.equal(services.get('worker')?.replicas, 2)
    const { workerQueue } = configOf('worker')
    const bots = ['bot-0', 'bot-1'].map(configOf)
    assert.deepEqual(
      bots.map(({ bot }) => bot.shards),
      [
        { count: 2, ids: [0] },
        { count: 2, ids: [1] },
      ],
    )
    for (const { model, store } of bots) {
      assert.equal(model, workerQueue)
      assert.equal(store.url, configOf('sightseer').store.url)
      assert.notEqual(store.url, workerQueue)
      assert.equal(new URL(store.url).host, new URL(workerQueue).host)
    }
  })

  it('checks the health of each of them', () => {
    for (const name of OF_FLEET) {
      assert.equal(configOf(name).operations?.port, 9090, name)
    }
  })
})
