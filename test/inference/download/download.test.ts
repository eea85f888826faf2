import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import {
  assertWhole,
  download,
  firstShard,
  folder,
  giveEachTestADownload,
  hub,
  notes,
  pauses,
  shardRequests,
  stopHub,
  useToken,
  versionOf,
} from '../../helpers/downloads.ts'
import { FILES, SHARDS } from '../../helpers/hub-files.ts'
import { bytesOf, REPOSITORY, type Fault, type FileRequest } from '../../helpers/hub-server.ts'

giveEachTestADownload()

describe('downloadCheckpoint', () => {
  it('fetches what a package needs and nothing else', async () => {
    const downloaded = await download({})
    await assertWhole()
    assert.equal(downloaded.files, 6)
    assert.deepEqual(notes, [])
  })

  it('asks for the revision with sizes and digests', async () => {
    await download({})
    assert.ok(hub!.paths[0]?.startsWith(`/api/models/${REPOSITORY}/revision/main?blobs=true`))
  })

  it('fetches several files at once, but not all', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `model-0000${i + 1}-of-00009.safetensors`)
    const index = JSON.stringify({ weight_map: Object.fromEntries(names.entries()) })
    const files = new Map([
      ['config.json', Buffer.from('{}')],
      ['model.safetensors.index.json', Buffer.from(index)],
      ...names.map((name, i) => [name, bytesOf(1000, i)] as const),
    ])
    const slow = { kind: 'slow', pieces: 4, everyMs: 10 } as const
    const fault = ({ server }: FileRequest) => (server === 'storage' ? slow : undefined)
    await download({ files, fault })
    await assertWhole(files)
    assert.equal(hub!.mostAtOnce(), 4)
  })

  it('says what to do when a gated repository shows its files but does not give them', async () => {
    const gated: Fault = { kind: 'status', status: 401, headers: { 'x-error-code': 'GatedRepo' } }
    await assert.rejects(
      download({ fault: ({ name }) => (name === 'config.json' ? gated : undefined) }),
      (e) => e instanceof ConfigError && /is gated.*Accept the terms/.test(e.message),
    )
  })

  it('sends the token to the hub and never to the storage it redirects to', async () => {
    await useToken('hf_secret')
    await download({})
    const sent = new Set(
      hub!.requests.map(({ server, authorization }) => `${server} ${authorization}`),
    )
    assert.deepEqual([...sent].sort(), ['hub Bearer hf_secret', 'storage undefined'])
  })

  it('resumes after dropped connections, guarded by the entity tag', async () => {
    await download(firstShard({ kind: 'drop', after: 100_000 }, { kind: 'drop', after: 50_000 }))
    await assertWhole()
    const [, second, third] = shardRequests()
    assert.match(second?.range ?? '', /^bytes=\d+-$/)
    assert.match(second?.ifRange ?? '', /^"[0-9a-f]{64}"$/)
    assert.notEqual(third?.range, second?.range)
    assert.equal(pauses.length, 2)
    assert.match(notes[0] ?? '', /broke \(model-00001-of-00002\.safetensors\); retrying in \d s/)
  })

  it('resumes in a later run from the partial file of an earlier one', async () => {
    const first = FILES.get(SHARDS[0])!
    await mkdir(folder)
    await writeFile(path.join(folder, `${SHARDS[0]}.partial`), first.subarray(0, 12_345))
    await download({})
    await assertWhole()
    assert.equal(shardRequests()[0]?.range, 'bytes=12345-')
  })

  it('downloads nothing again that is whole, and what is damaged', async () => {
    await mkdir(folder)
    for (const name of SHARDS) {
      await writeFile(path.join(folder, name), FILES.get(name)!)
    }
    await writeFile(path.join(folder, 'config.json'), '{"model_type":"blip-X"}')
    await download({})
    await assertWhole()
    assert.equal(shardRequests().length, 0)
    assert.deepEqual(notes, [
      'config.json from an earlier download is damaged. Downloading it again.',
    ])
  })

  it('starts over when the server ignores the range', async () => {
    await download(firstShard({ kind: 'drop', after: 100_000 }, { kind: 'ignore-range' }))
    await assertWhole()
    assert.equal(shardRequests().length, 2)
    assert.equal(notes.length, 1)
  })

  it('starts over when the file has another entity tag than before', async () => {
    await download({
      ...firstShard({ kind: 'drop', after: 100_000 }),
      etag: versionOf,
    })
    await assertWhole()
    assert.equal(shardRequests()[1]?.ifRange, '"version-1"')
  })

  it('asks for a plain range when the entity tag is weak', async () => {
    await download({ ...firstShard({ kind: 'drop', after: 100_000 }), etag: () => 'W/"weak"' })
    await assertWhole()
    assert.equal(shardRequests()[1]?.ifRange, undefined)
  })

  it('keeps going while drops alternate with progress, however many there are', async () => {
    const big = new Map([...FILES, [SHARDS[0], bytesOf(3_000_000, 3)]])
    const drop = { kind: 'drop', after: 280_000 } as const
    await download({ files: big, ...firstShard(...Array.from({ length: 10 }, () => drop)) })
    await assertWhole(big)
  })

  it('gives up on a server that always starts over and always drops', async () => {
    const big = new Map([...FILES, [SHARDS[0], bytesOf(1_000_000, 3)]])
    const drop = { kind: 'drop', after: 600_000 } as const
    const faults = firstShard(...Array.from({ length: 50 }, () => drop))
    await assert.rejects(download({ files: big, etag: versionOf, ...faults }), /broke \(6 tries\)/)
  })

  it('gives up after six failures without progress', async () => {
    const drop = { kind: 'drop', after: 10 } as const
    await assert.rejects(
      download(firstShard(...Array.from({ length: 9 }, () => drop))),
      (e) => e instanceof ConfigError && /connection to .* broke \(6 tries\)/.test(e.message),
    )
    assert.equal(shardRequests().length, 6)
    assert.ok(pauses.every((pause, i) => pause <= 1000 * 2 ** i && pause >= 750 * 2 ** i))
  })

  it('tries again when a server stays silent before or within a body', async () => {
    await download(firstShard({ kind: 'silence' }, { kind: 'hang', after: 1000 }))
    await assertWhole()
    assert.equal(notes.filter((note) => note.includes('went silent')).length, 2)
  })

  it('bears a slow server', async () => {
    await download(firstShard({ kind: 'slow', pieces: 12, everyMs: 120 }))
    await assertWhole()
    assert.deepEqual(notes, [])
  })

  it('downloads a corrupted file again, once', async () => {
    await download(firstShard({ kind: 'corrupt' }))
    await assertWhole()
    assert.match(notes[0] ?? '', /arrived damaged: its sha256 is/)
  })

  it('gives up on a file that is corrupted twice and leaves nothing of it', async () => {
    await assert.rejects(
      download(firstShard({ kind: 'corrupt' }, { kind: 'corrupt' })),
      (e) => e instanceof ConfigError && /arrived damaged twice: its sha256/.test(e.message),
    )
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith(SHARDS[0])))
  })

  it('checks small files by their git digest', async () => {
    await assert.rejects(
      download({ fault: ({ name }) => (name === 'config.json' ? { kind: 'corrupt' } : undefined) }),
      /config\.json .* arrived damaged twice: its git-sha1/,
    )
  })

  it('refuses a body of another size than the repository says', async () => {
    await download(firstShard({ kind: 'resize', bytes: 17 }))
    await assertWhole()
    assert.match(notes[0] ?? '', /the server sends 17 bytes instead of 300000/)
  })

  it('stops a body that is longer than the file', async () => {
    await download(firstShard({ kind: 'endless', extra: 5_000_000 }))
    await assertWhole()
    assert.match(notes[0] ?? '', /sends more than 300000 bytes/)
  })

  it('resumes after a body that ends early without an error', async () => {
    await download(firstShard({ kind: 'short', after: 1000 }))
    await assertWhole()
    assert.equal(shardRequests()[1]?.range, 'bytes=1000-')
  })

  it('stops the other files when one fails, and keeps what they have', async () => {
    const headers = { 'x-error-code': 'EntryNotFound' }
    const missing: Fault = { kind: 'status', status: 404, headers }
    const hang: Fault = { kind: 'hang', after: 100_000 }
    await assert.rejects(
      download({
        fault: ({ name, server }) =>
          name === SHARDS[1] ? missing : server === 'storage' ? hang : undefined,
      }),
      /someone\/tiny-blip2 has no file model-00002-of-00002\.safetensors/,
    )
    assert.deepEqual(notes, [])
  })

  it('ends at once when aborted, and leaves a file that can be resumed', async () => {
    const stop = new AbortController()
    const onStuck = () => stop.abort(new Error('stopped'))
    const waiting = download({ ...firstShard({ kind: 'hang', after: 1000 }), onStuck }, stop.signal)
    await assert.rejects(waiting, /stopped/)
    await assert.rejects(readFile(path.join(folder, SHARDS[0])), /ENOENT/)
    await stopHub()
    await download({})
    await assertWhole()
  })

  it('lets the caller refuse before the weights come', async () => {
    await assert.rejects(
      download({}, undefined, async (weights, missingBytes) => {
        throw new ConfigError([`${weights.length} shards, ${missingBytes} bytes`])
      }),
      /^ConfigError: 2 shards, 600000 bytes$/,
    )
    assert.ok(!hub!.requests.some(({ name }) => name.endsWith('.safetensors')))
  })
})
