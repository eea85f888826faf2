/** The one owner of pictures: what is shared, what is kept, and what is deleted. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'discord.js'
import { pino } from 'pino'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { Eraser } from '../../../bot/memory/eraser.ts'
import { GuildSettingsStore } from '../../../bot/memory/guild-settings.ts'
import { PendingDeletions } from '../../../bot/memory/pending-deletions.ts'
import { ConversationRecords } from '../../../bot/memory/records.ts'
import { UserStore } from '../../../bot/memory/user-store.ts'
import type { FetchPicture } from '../../../bot/pictures/download.ts'
import { Pictures, type PicturesOptions } from '../../../bot/pictures/pictures.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import { hasCode, InputError } from '../../../config/errors.ts'
import { hearts, scene } from '../../helpers/demo-bot.ts'

const client = new Client({ intents: [] })

function picture(key: string, about: Partial<FoundPicture['source'] & object> = {}): FoundPicture {
  const source = { channelId: '1', messageId: '2', authorId: '3', ...about }
  const link = { url: `https://cdn.discordapp.com/${key}`, size: 0 }
  return { ...link, key, name: key, spoiler: false, altText: null, source }
}

/** An owner whose downloads are counted, and wait for `gate`. */
function setUp(options: Partial<PicturesOptions> = {}) {
  const asked: string[] = []
  const counts = new Map<string, number>()
  const world = {
    asked,
    gate: Promise.resolve(),
    /** Hashes of the pictures that the model was to delete. */
    deleted: [] as string[],
    /** Misses of a cache: how often it was done. */
    done: (cache: string) => counts.get(cache) ?? 0,
    files: new Map([
      ['scene', scene().bytes],
      ['copy', scene().bytes],
      ['hearts', hearts().bytes],
      ['text', new Uint8Array(Buffer.from('no picture'))],
    ]),
  }
  const fetchPicture: FetchPicture = async ({ url }, signal) => {
    const name = url.slice(url.lastIndexOf('/') + 1)
    asked.push(name)
    await world.gate
    signal?.throwIfAborted()
    const bytes = world.files.get(name)
    if (!bytes) {
      throw new InputError('image/not-fetched')
    }
    return bytes
  }
  const model = {
    forget: async (keys: readonly string[]) => {
      world.deleted.push(...keys)
    },
  }
  const log = pino({ enabled: false })
  const looked = (cache: string, hit: boolean) => {
    if (!hit) {
      counts.set(cache, (counts.get(cache) ?? 0) + 1)
    }
  }
  const pictures = new Pictures({ client, fetchPicture, model, log, looked, ...options })
  return { ...world, world, pictures }
}

const isGone = (error: unknown) => hasCode(error, 'image/gone')

describe('Pictures', () => {
  it('downloads and decodes a picture once for all who ask', async () => {
    const { pictures, asked, done } = setUp()
    const fresh = { ...picture('scene'), url: 'https://cdn.discordapp.com/renewed/scene' }
    const [file, print, again] = await Promise.all([
      pictures.file(picture('scene')),
      pictures.fingerprint(picture('scene')),
      pictures.fingerprint(fresh),
    ])
    assert.deepEqual(again, print)
    assert.equal((await pictures.file(fresh)).bytes, file.bytes)
    assert.deepEqual(await pictures.fingerprint(fresh), print)
    assert.deepEqual(asked, ['scene'])
    assert.equal(done('picture-files'), 1)
    assert.equal(done('fingerprints'), 1)
  })

  it('shares what was made of a copy', async () => {
    const { pictures, asked, done } = setUp()
    const print = await pictures.fingerprint(picture('scene'))
    const copy = picture('copy', { messageId: '9' })
    assert.deepEqual(await pictures.fingerprint(copy), print)
    assert.equal((await pictures.file(copy)).bytes, (await pictures.file(picture('scene'))).bytes)
    assert.deepEqual(asked, ['scene', 'copy'])
    assert.equal(done('fingerprints'), 1)
  })

  it('continues the download for the others when one no longer waits', async () => {
    const { pictures, world, asked } = setUp()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const stop = new AbortController()
    const cancelled = pictures.file(picture('scene'), stop.signal)
    const waiting = pictures.file(picture('scene'))
    stop.abort(new Error('not needed any more'))
    await assert.rejects(cancelled, /not needed any more/)
    gate.resolve()
    assert.equal((await waiting).bytes, world.files.get('scene'))
    assert.deepEqual(asked, ['scene'])
  })

  it('keeps files for a while, and fingerprints longer', async () => {
    const { pictures, asked } = setUp({ bytesMs: 20 })
    const print = await pictures.fingerprint(picture('scene'))
    await setTimeout(60)
    assert.deepEqual(await pictures.fingerprint(picture('scene')), print)
    assert.deepEqual(asked, ['scene'])
    await pictures.file(picture('scene'))
    assert.deepEqual(asked, ['scene', 'scene'])
  })

  it('keeps no more bytes than it may', async () => {
    const { length } = scene().bytes
    const { pictures, asked } = setUp({ maxBytes: length + 10 })
    await pictures.file(picture('scene'))
    await pictures.file(picture('hearts'))
    await pictures.file(picture('hearts'))
    assert.deepEqual(asked, ['scene', 'hearts'])
    await pictures.file(picture('scene'))
    assert.deepEqual(asked, ['scene', 'hearts', 'scene'])
  })

  it('compares what can be compared of ten pictures', async () => {
    const { pictures } = setUp()
    const keys = ['text', 'lost', 'scene', ...Array.from({ length: 8 }, () => 'hearts')]
    const comparable = await pictures.fingerprintAll(keys.map((key) => picture(key)))
    assert.equal(comparable.length, 8)
    assert.equal(comparable[0]!.picture.key, 'scene')
    assert.match(comparable[0]!.print.whole, /^[0-9a-f]{16}$/)
  })

  it('deletes by message, channel, author and content', async () => {
    const { pictures, asked, world } = setUp()
    const hash = (await pictures.file(picture('scene'))).hash
    for (const forgotten of [
      { messages: ['2'] },
      { channel: '1' },
      { author: '3' },
      { hashes: [hash] },
    ]) {
      asked.length = 0
      await pictures.fingerprint(picture('scene'))
      await pictures.forget({ messages: ['1'], channel: '2', author: '2', hashes: ['3'] })
      await pictures.fingerprint(picture('scene'))
      assert.deepEqual(asked.slice(1), [], 'others are kept')
      world.deleted.length = 0
      await pictures.forget(forgotten)
      assert.deepEqual(world.deleted, [hash], 'at the model too')
      world.files.set('scene', hearts().bytes)
      assert.notEqual((await pictures.file(picture('scene'))).hash, hash, 'nothing is kept')
      world.files.set('scene', scene().bytes)
      await pictures.clear()
    }
  })

  it('keeps nothing of a picture that is deleted while it is downloaded', async () => {
    const { pictures, world, asked } = setUp()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const file = pictures.file(picture('scene'))
    const print = pictures.fingerprint(picture('scene'))
    await pictures.forget({ messages: ['2'] })
    await assert.rejects(file, isGone)
    await assert.rejects(print, isGone)
    gate.resolve()
    await setTimeout(10)
    await pictures.file(picture('scene'))
    assert.deepEqual(asked, ['scene', 'scene'])
  })

  it('ends no download for /privacy, /memory or a server that is left, but keeps nothing of it', async () => {
    for (const deletion of [
      (pictures: Pictures) => pictures.forget({ author: '3' }),
      (pictures: Pictures) => pictures.forget({ clearedChannel: '1' }),
      (pictures: Pictures) => pictures.clear(),
    ]) {
      const { pictures, world, asked } = setUp()
      const gate = Promise.withResolvers<void>()
      world.gate = gate.promise
      const prints = pictures.fingerprintAll([picture('scene')])
      const early = await pictures.source({ ...picture('hearts'), hash: 'of a talk' })
      await deletion(pictures)
      gate.resolve()
      assert.equal((await prints).length, 1, 'moderation still compares it')
      await assert.rejects(early.bytes(), isGone, 'another file than that')
      asked.length = 0
      await pictures.fingerprint(picture('scene'))
      await pictures.file(picture('hearts'))
      assert.deepEqual(asked, ['scene', 'hearts'], 'nothing was kept')
    }
  })

  it('ends downloads with a channel that is deleted, not with one that /memory forgets', async () => {
    for (const [before, compared] of [
      [undefined, 0],
      ['99', 1],
    ] as const) {
      const { pictures, world } = setUp()
      const gate = Promise.withResolvers<void>()
      world.gate = gate.promise
      const store = await openStore({ url: 'memory:', log: pino({ enabled: false }) })
      const deletions = new Deletions()
      const pending = new PendingDeletions({ store, log: pino({ enabled: false }) })
      const eraser = new Eraser({
        deletePost: async () => {},
        jobs: { areStored: async () => false, forget: async () => {} },
        moderation: {
          forgetGuild: async () => {},
          forgetChannel: async () => {},
          forgetUser: async () => 0,
          picturesOf: async () => [],
          forgetMessage: async () => {},
        },
        pending,
        records: new ConversationRecords(store, pictures, pending),
        deletions,
        users: new UserStore(store, deletions),
        settings: new GuildSettingsStore(store, 60_000),
        pictures,
      })
      const prints = pictures.fingerprintAll([picture('scene')])
      await eraser.deleteChannel({ guildId: '7', channelId: '1' }, before)
      gate.resolve()
      assert.equal((await prints).length, compared)
      await store.close()
    }
  })

  it('keeps nothing of a picture that is deleted while it is decoded', async () => {
    const { pictures, asked, done } = setUp()
    await pictures.file(picture('scene'))
    const print = pictures.fingerprint(picture('scene'))
    while (done('fingerprints') === 0) {
      await Promise.resolve()
    }
    await pictures.forget({ author: '3' })
    assert.ok(await print)
    await pictures.fingerprint(picture('scene'))
    assert.deepEqual(asked, ['scene', 'scene'])
    assert.equal(done('fingerprints'), 2)
  })

  it('still compares a copy when another one is deleted while both are decoded', async () => {
    const { pictures, done } = setUp()
    const copy = picture('copy', { messageId: '9', channelId: '8' })
    await Promise.all([pictures.file(picture('scene')), pictures.file(copy)])
    const prints = pictures.fingerprintAll([picture('scene'), copy])
    while (done('fingerprints') === 0) {
      await Promise.resolve()
    }
    await pictures.forget({ messages: ['2'] })
    assert.equal((await prints).length, 2)
    assert.equal(done('fingerprints'), 1)
  })

  it('gives the model a file where it asks for one', async () => {
    const { pictures, asked, world } = setUp({ bytesMs: 20 })
    const source = await pictures.source(picture('scene'))
    assert.equal(source.key, (await pictures.file(picture('scene'))).hash)
    assert.equal(await source.bytes(), world.files.get('scene'))
    assert.deepEqual(asked, ['scene'])
    await setTimeout(60)
    const again = await pictures.source({ ...picture('scene'), hash: source.key })
    assert.deepEqual(asked, ['scene'], 'what is known needs no file')
    assert.equal(await again.bytes(), world.files.get('scene'))
    assert.deepEqual(asked, ['scene', 'scene'])
    const changed = await pictures.source({ ...picture('hearts'), hash: source.key })
    await assert.rejects(changed.bytes(), isGone)
  })

  it('gives the model nothing of a picture whose message was deleted', async () => {
    const { pictures, asked } = setUp()
    const source = await pictures.source(picture('scene'))
    await pictures.forget({ messages: ['2'] })
    await assert.rejects(source.bytes(), isGone)
    const other = await pictures.source(picture('hearts'))
    await pictures.forget({ channel: '1' })
    await assert.rejects(other.bytes(), isGone)
    assert.deepEqual(asked, ['scene', 'hearts'])
  })

  it('keeps nothing of what is forgotten while it is used, but lets that end', async () => {
    const { pictures, asked, world } = setUp()
    const source = await pictures.source(picture('scene'))
    await pictures.forget({ hashes: [source.key] })
    assert.deepEqual(world.deleted, [source.key])
    assert.equal(await source.bytes(), world.files.get('scene'))
    await pictures.settle([source])
    assert.deepEqual(world.deleted, [source.key, source.key])
    const fresh = await pictures.source(picture('scene'))
    assert.deepEqual(asked, ['scene', 'scene', 'scene'], 'nothing was kept')
    await pictures.settle([fresh])
    assert.equal(world.deleted.length, 2, 'what is not forgotten is kept')
    await pictures.settle([fresh], false)
    assert.equal(world.deleted.length, 3)
    await pictures.file(picture('scene'))
    assert.equal(asked.length, 4)
  })
})
