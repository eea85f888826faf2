/** The documents say what the code does: permissions, link, lifetimes, commands. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { Client, PermissionFlagsBits } from 'discord.js'
import { pino } from 'pino'
import { createApp } from '../../bot/app.ts'
import {
  invitationLink,
  MODERATION_PERMISSIONS,
  MODERATION_PERMISSIONS_INTEGER,
  PERMISSIONS,
  PERMISSIONS_INTEGER,
} from '../../bot/discord/invitation.ts'
import { INTERACTION_LIFE_MS } from '../../bot/jobs/job-record.ts'
import { Jobs } from '../../bot/jobs/jobs.ts'
import { createPictureFetcher } from '../../bot/pictures/download.ts'
import { openStore } from '../../bot/store/store.ts'
import type { CollectionSpec } from '../../bot/store/types.ts'
import { EN } from '../../commands/i18n/en.ts'
import { SLASH_COMMANDS } from '../../commands/index.ts'
import { readConfig } from '../../config/config.ts'
import { settings } from '../../config/environment.ts'
import { MAX_RETENTION_HOURS } from '../../commands/guild-settings.ts'
import { openModel } from '../../inference/model.ts'
import { packageFor } from '../helpers/packages.ts'

const HOUR_MS = 60 * 60 * 1000
const UNITS: Readonly<Record<string, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS, minute: 60_000 }
const log = pino({ level: 'silent' })

function document(name: string): string {
  return readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')
}

/** Rows of all tables of a document, each with its cells. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('docs/discord-setup.md', () => {
  const text = document('discord-setup.md')

  it('explains the permissions bit by bit, as the code asks for them', () => {
    for (const { name, bit, for: why } of [...PERMISSIONS, ...MODERATION_PERMISSIONS]) {
      const row = rowsOf(text).find(([first]) => first === name)
      assert.deepEqual(row, [name, String(bit.toString(2).length - 1), String(bit), why])
    }
    const sum = rowsOf(text).find(([first]) => first === '**sum**')
    assert.equal(sum?.[2], String(PERMISSIONS_INTEGER))
    const told = rowsOf(text).filter(([first = '']) => first in PermissionFlagsBits)
    assert.equal(told.length, PERMISSIONS.length + MODERATION_PERMISSIONS.length)
    const both = rowsOf(text).find(([first]) => first === '**sum of both tables**')
    assert.equal(both?.[2], String(MODERATION_PERMISSIONS_INTEGER))
  })

  it('has the links that the bot prints', () => {
    assert.ok(text.includes(invitationLink('YOUR_APPLICATION_ID')))
    const link = invitationLink('YOUR_APPLICATION_ID', MODERATION_PERMISSIONS_INTEGER)
    assert.ok(text.includes(link))
    assert.ok(document('moderation.md').includes(String(MODERATION_PERMISSIONS_INTEGER)))
  })

  it('names settings and commands that there are', () => {
    const example = readFileSync(path.join(import.meta.dirname, '..', '..', '.env.example'), 'utf8')
    for (const [name] of text.matchAll(/\b(SIGHTSEER_[A-Z_]+|SHARDS|DISCORD_TOKEN)\b/g)) {
      assert.match(example, new RegExp(`^${name}=$`, 'm'))
    }
    assertCommands(text)
  })
})

describe('README.md', () => {
  it('names only settings that there are', () => {
    const folder = path.join(import.meta.dirname, '..', '..')
    const known = new Set(settings().map(({ name }) => name))
    const text = readFileSync(path.join(folder, 'README.md'), 'utf8')
    const named = [...text.matchAll(/`((?:SIGHTSEER|DISCORD|SANDBOX|HF)_[A-Z_]+)`/g)]
    assert.ok(named.length > 2)
    assert.deepEqual(
      named.map(([, name = '']) => name).filter((name) => !known.has(name)),
      [],
    )
  })
})

describe('docs/privacy.md', () => {
  const text = document('privacy.md')

  it('lists every kind of record, with the lifetime that the code gives it', async () => {
    const store = await openStore({ url: 'memory:', log })
    const kinds = new Map<string, number>()
    const recording = {
      backend: store.backend,
      ping: () => store.ping(),
      close: () => store.close(),
      collection<T>(spec: CollectionSpec<T>) {
        kinds.set(spec.name, spec.ttlMs)
        return store.collection(spec)
      },
    }
    const client = new Client({ intents: [] })
    const model = await openModel(await packageFor('base'))
    const { retentionMs } = readConfig({}).bot
    createApp(client, {
      model,
      store: recording,
      jobs: new Jobs({ store: recording, log }),
      fetchPicture: createPictureFetcher({ origins: [] }),
      retentionMs,
      log,
    })
    await model.close()
    const rows = rowsOf(text).filter(([first = '']) => first.startsWith('`'))
    const told = rows.map(([name = '', , life = '']) => [
      name.replaceAll('`', ''),
      durationIn(life),
    ])
    assert.deepEqual(Object.fromEntries(told), Object.fromEntries(kinds))
    await store.close()
    await client.destroy()
  })

  it('says how long an unanswered request and a conversation are kept at most', () => {
    assert.equal(INTERACTION_LIFE_MS, 15 * 60_000)
    assert.match(text, /15 minutes at most, and its record one hour more/)
    assert.match(text, new RegExp(`another number of hours than 24, up to ${MAX_RETENTION_HOURS}`))
    assert.equal(readConfig({}).bot.retentionMs, 24 * HOUR_MS)
    assert.throws(() => readConfig({ SIGHTSEER_RETENTION_HOURS: String(MAX_RETENTION_HOURS + 1) }))
  })

  it('offers only commands that there are', () => {
    assertCommands(text)
  })
})

describe('docs/moderation.md', () => {
  it('names commands and menus that there are', () => {
    const text = document('moderation.md')
    assertCommands(text)
    for (const menu of Object.values(EN.moderation.menus)) {
      assert.ok(text.includes(`**${menu}**`), menu)
    }
  })
})

/** The first duration that a text names, in milliseconds. */
function durationIn(text: string): number {
  const [, count = '', unit = ''] = /(\d+) (minute|hour|day)s?/.exec(text) ?? []
  return Number(count) * (UNITS[unit] ?? Number.NaN)
}

/** Every `/command sub` of a text exists. */
function assertCommands(text: string): void {
  const used = [...text.matchAll(/`\/([a-z-]+)(?: ([a-z-]+))?`/g)].filter(
    ([, name = '']) => !['livez', 'readyz', 'metrics'].includes(name),
  )
  assert.ok(used.length > 0)
  for (const [whole, name, sub] of used) {
    const command = SLASH_COMMANDS.find(({ data }) => data.name === name)
    assert.ok(command, whole)
    const options = command.data.options ?? []
    assert.ok(sub === undefined || options.some((option) => option.name === sub), whole)
  }
}
