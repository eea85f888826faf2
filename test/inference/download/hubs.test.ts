import assert from 'node:assert/strict'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
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
} from '../../helpers/downloads.ts'
import { SHARDS } from '../../helpers/hub-files.ts'
import { type Fault } from '../../helpers/hub-server.ts'

giveEachTestADownload()

describe('downloadCheckpoint bears', () => {
  it('resumes where a proxy leaves out the Content-Range, or the length in it', async () => {
    const drops: Fault[] = Array.from({ length: 3 }, () => ({ kind: 'drop', after: 1000 }))
    await download({ ...firstShard(...drops), contentRange: () => null })
    await assertWhole()
    assert.deepEqual(
      shardRequests().map(({ range }) => range),
      [undefined, 'bytes=1000-', 'bytes=2000-', 'bytes=3000-'],
    )
    await stopHub()
    await rm(folder, { recursive: true })
    const faults = firstShard(...drops)
    await download({
      ...faults,
      contentRange: ({ offset, total }) => `bytes ${offset}-${total - 1}/*`,
    })
    await assertWhole()
    assert.equal(shardRequests().length, 4)
  })

  it('writes through no symbolic link in its folder', async () => {
    const secret = path.join(path.dirname(folder), 'secret')
    await writeFile(secret, 'mine')
    for (const name of [`${SHARDS[0]}.partial`, `${SHARDS[0]}.partial.etag`]) {
      await mkdir(folder, { recursive: true })
      await symlink(secret, path.join(folder, name))
      await assert.rejects(
        download(firstShard({ kind: 'drop', after: 1000 })),
        /\.partial(?:\.etag)? is a symbolic link that cannot be followed here/,
      )
      assert.equal(await readFile(secret, 'utf8'), 'mine')
      await rm(folder, { recursive: true })
    }
  })

  it('starts over when the whole file is sent as a part', async () => {
    await download(firstShard({ kind: 'drop', after: 1000 }, { kind: 'whole-as-part' }))
    await assertWhole()
    assert.deepEqual(
      shardRequests().map(({ range }) => range),
      [undefined, 'bytes=1000-'],
    )
  })

  it('starts over when it gets another part than it requested', async () => {
    await download(firstShard({ kind: 'drop', after: 1000 }, { kind: 'wrong-part' }))
    await assertWhole()
    assert.match(notes.at(-1) ?? '', /sent another part/)
  })

  it('waits as long as a limiting server asks', async () => {
    const headers = { 'retry-after': '7' }
    await download(firstShard({ kind: 'status', status: 429, headers }))
    await assertWhole()
    assert.deepEqual(pauses, [7000])
  })

  it('reads the pause from a date and from the hub’s own header', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString()
    await download(
      firstShard(
        { kind: 'status', status: 503, headers: { 'retry-after': date } },
        { kind: 'status', status: 429, headers: { ratelimit: '"resolvers";r=0;t=55' } },
      ),
    )
    await assertWhole()
    assert.ok(pauses[0]! > 50_000 && pauses[0]! <= 60_000, `${pauses[0]}`)
    assert.equal(pauses[1], 55_000)
  })

  it('does not wait an hour', async () => {
    const headers = { 'retry-after': '3600' }
    await assert.rejects(
      download(firstShard({ kind: 'status', status: 429, headers })),
      (e) => e instanceof ConfigError && /asks to wait 60 minutes/.test(e.message),
    )
    await stopHub()
    const forever = {
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '9'.repeat(20) },
    } as const
    await assert.rejects(download(firstShard(forever)), /asks to wait more than a day\. Try again/)
  })

  it('asks the hub for a new link when a signed one has run out', async () => {
    await download(firstShard({ kind: 'status', status: 403 }))
    await assertWhole()
    const asked = hub!.requests.filter(({ name, server }) => name === SHARDS[0] && server === 'hub')
    assert.equal(asked.length, 2)
  })

  it('refuses a redirect to another protocol and one that never ends', async () => {
    for (const to of ['file:///etc/passwd', 'http://', '']) {
      const fault: Fault = { kind: 'redirect', to }
      await assert.rejects(
        download({ fault: ({ name }) => (name === 'config.json' ? fault : undefined) }),
        (e) => e instanceof ConfigError && /cannot be used|more than 5 times/.test(e.message),
      )
      await stopHub()
    }
  })
})
