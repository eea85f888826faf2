/** The CDN: links, ranges, validators, resized pictures, and its faults. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import type { Sandbox } from '../../src/server.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const TEXT = 'It was a dark and stormy night.'

describe('the CDN', () => {
  let clock: ManualClock
  let sandbox: Sandbox
  let ada: Member
  let picture: { readonly url: string; readonly proxy_url: string }
  let note: { readonly url: string; readonly proxy_url: string }
  let png: Buffer

  before(async () => {
    clock = new ManualClock(Date.now())
    sandbox = await startWatchedSandbox({ clock })
    ada = await Member.connect(sandbox.url)
    const background = { r: 200, g: 30, b: 30 }
    png = await sharp({ create: { width: 60, height: 30, channels: 3, background } })
      .png()
      .toBuffer()
    picture = (await ada.upload({ name: 'red.png', bytes: png })).attachments[0]!
    const bytes = new TextEncoder().encode(TEXT)
    note = (await ada.upload({ name: 'night.txt', bytes })).attachments[0]!
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  it('gives a file with its length, type, name and validator', async () => {
    const response = await fetch(picture.url)
    assert.equal(response.headers.get('content-length'), String(png.length))
    assert.equal(response.headers.get('content-type'), 'image/png')
    assert.equal(response.headers.get('content-disposition'), 'attachment; filename="red.png"')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), png)
    const etag = response.headers.get('etag')!
    const again = await fetch(picture.url, { headers: { 'if-none-match': etag } })
    assert.equal(again.status, 304)
    assert.notEqual((await fetch(note.url)).headers.get('etag'), etag)
    const head = await fetch(picture.url, { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), String(png.length))
    assert.equal((await head.arrayBuffer()).byteLength, 0)
    assert.equal((await fetch(picture.url, { method: 'POST' })).status, 405)
  })

  it('takes the type from the name, photographs of phones included', async () => {
    const bytes = new Uint8Array(1)
    const types = {
      'a.HEIC': 'image/heic',
      'a.m4a': 'audio/mp4',
      'a.zip': 'application/zip',
      'a.xyz': undefined,
    }
    for (const [name, type] of Object.entries(types)) {
      const [file] = (await ada.upload({ name, bytes })).attachments
      assert.equal(file?.content_type, type)
    }
  })

  it('gives parts of it', async () => {
    const total = TEXT.length
    assert.deepEqual(await part(note.url, 'bytes=0-1'), [206, `bytes 0-1/${total}`, 'It'])
    assert.deepEqual(await part(note.url, 'bytes=25-'), [
      206,
      `bytes 25-${total - 1}/${total}`,
      TEXT.slice(25),
    ])
    const last = [206, `bytes ${total - 6}-${total - 1}/${total}`, 'night.']
    assert.deepEqual(await part(note.url, 'bytes=-6'), last)
    assert.deepEqual(await part(note.url, `bytes=${total}-`), [416, `bytes */${total}`, ''])
    assert.deepEqual(await part(note.url, 'bytes=0-1,3-4'), [200, null, TEXT])
  })

  it('refuses a wrong, a foreign and an expired signature with 404', async () => {
    const [, query] = picture.url.split('?')
    const [path] = note.url.split('?')
    const refused = [
      path!,
      `${path}?${query}`,
      note.url.replace(/ex=\w+/, 'ex=ffffffff'),
      note.url.replace(/hm=../, 'hm=zz'),
      note.url.replace('night', 'day'),
      note.url.replace('night', '%E0%A4%A'),
    ]
    for (const url of refused) {
      const response = await fetch(url)
      assert.equal(response.status, 404, url)
      assert.equal(await response.text(), 'This content is no longer available.')
    }
  })

  it('renews a link that has expired, and only ours', async () => {
    const sandbox = await startWatchedSandbox({ clock })
    const ada = await Member.connect(sandbox.url)
    const bytes = new TextEncoder().encode(TEXT)
    const { url } = (await ada.upload({ name: 'night.txt', bytes })).attachments[0]!
    clock.advance(DAY_MS)
    assert.equal((await fetch(url)).status, 404)
    const fresh = sandbox.world.cdn.refresh(url)!
    assert.equal(await (await fetch(fresh)).text(), TEXT)
    assert.equal(sandbox.world.cdn.refresh('https://example.com/cdn/a/b'), null)
    assert.equal(sandbox.world.cdn.refresh('night.txt'), null)
    ada.close()
    await sandbox.close()
  })

  it('keeps a file given to a command for as long as anything can refer to it', async () => {
    const { cdn, nextId } = sandbox.world
    const bytes = new Uint8Array(3)
    const file = await cdn.add(nextId(), 'ephemeral-attachments/1', { name: 'a.bin', bytes })
    assert.equal(Reflect.get(cdn.describe(file), 'ephemeral'), true)
    clock.advance(15 * 60_000)
    assert.equal((await fetch(cdn.media(file).url)).status, 200)
    clock.advance(60 * 60_000)
    assert.equal((await fetch(cdn.media(file).url)).status, 404)
  })
})

describe('the store of files', () => {
  it('forgets the oldest files beyond its bytes, never the newest', async () => {
    const sandbox = await startWatchedSandbox()
    const { cdn, nextId } = sandbox.world
    cdn.keptBytes = 100
    const add = (length: number) =>
      cdn.add(nextId(), 'attachments/1', { name: 'a.bin', bytes: new Uint8Array(length) })
    const files = [await add(40), await add(40), await add(40)]
    const statuses = async () =>
      Promise.all(files.map(async (file) => (await fetch(cdn.media(file).url)).status))
    assert.deepEqual(await statuses(), [404, 200, 200])
    cdn.remove(files[1]!)
    files.push(await add(60))
    assert.deepEqual(await statuses(), [404, 404, 200, 200])
    files.push(await add(200))
    assert.deepEqual(await statuses(), [404, 404, 404, 404, 200])
    await sandbox.close()
  })
})

describe('the media proxy', () => {
  let sandbox: Sandbox
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox()
    ada = await Member.connect(sandbox.url)
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  async function proxied(name: string, bytes: Uint8Array, query = '') {
    const { proxy_url: url } = (await ada.upload({ name, bytes })).attachments[0]!
    return fetch(`${url}${query}`)
  }

  it('passes a picture on as it is without wishes', async () => {
    const png = await noise(60, 30)
    assert.deepEqual((await shape(await proxied('a.png', png))).bytes, png)
  })

  it('fits it into the size asked for, never larger', async () => {
    const png = await noise(60, 30)
    const fits = async (query: string) => {
      const { width, height } = await shape(await proxied('a.png', png, query))
      return [width, height]
    }
    assert.deepEqual(await fits('width=30&height=15'), [30, 15])
    assert.deepEqual(await fits('width=20&height=20'), [20, 10])
    assert.deepEqual(await fits('height=10'), [20, 10])
    assert.deepEqual(await fits('width=600&height=300'), [60, 30])
  })

  it('changes its format and quality', async () => {
    const png = await noise(120, 120)
    const webp = await shape(await proxied('a.png', png, 'format=webp&quality=lossless'))
    assert.deepEqual([webp.type, webp.format], ['image/webp', 'webp'])
    const low = await shape(await proxied('a.png', png, 'format=jpg&quality=10'))
    const high = await shape(await proxied('a.png', png, 'format=jpeg&quality=95'))
    assert.deepEqual([low.type, low.format], ['image/jpeg', 'jpeg'])
    assert.ok(low.bytes.length < high.bytes.length)
  })

  it('refuses other files, and invalid sizes and formats: 415', async () => {
    assert.equal((await proxied('a.txt', new Uint8Array(3))).status, 415)
    assert.equal((await proxied('a.png', new Uint8Array(3))).status, 415)
    const png = await noise(6, 6)
    for (const query of ['width=0', 'height=x', 'format=bmp', 'quality=0', 'width=5000']) {
      assert.equal((await proxied('a.png', png, query)).status, 415, query)
    }
  })
})

describe('faults of the CDN', () => {
  let clock: ManualClock
  let sandbox: Sandbox
  let ada: Member
  let url: string

  before(async () => {
    clock = new ManualClock(Date.now())
    sandbox = await startWatchedSandbox({ clock })
    ada = await Member.connect(sandbox.url)
    const bytes = new TextEncoder().encode(TEXT)
    url = (await ada.upload({ name: 'night.txt', bytes })).attachments[0]!.url
  })

  after(async () => {
    ada.close()
    await sandbox.close()
  })

  it('lose a file once', async () => {
    const path = '/cdn/attachments/*/*/night.txt'
    const fault = sandbox.faults.add({ kind: 'cdn', action: 'missing', path })
    assert.equal((await fetch(url)).status, 404)
    assert.equal((await fetch(url)).status, 200)
    assert.equal(fault.applied, 1)
  })

  it('break off half-way', async () => {
    sandbox.faults.add({ kind: 'cdn', action: 'truncated' })
    const response = await fetch(url)
    assert.equal(response.headers.get('content-length'), String(TEXT.length))
    await assert.rejects(response.text())
  })

  it('send slowly, by the clock', async () => {
    sandbox.faults.add({ kind: 'cdn', action: 'slow', bytesPerSecond: 100 })
    const { body } = await fetch(url)
    const reader = body!.getReader()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        break
      }
      text += new TextDecoder().decode(value)
      assert.ok(value.length <= 10)
      clock.advance(100)
    }
    assert.equal(text, TEXT)
  })

  it('expire every link signed so far, and none signed later', async () => {
    const fault = sandbox.faults.add({ kind: 'cdn', action: 'expired' })
    assert.equal((await fetch(url)).status, 404)
    assert.equal(fault.applied, 1)
    assert.equal((await fetch(url.replace('hm=', 'hm=00'))).status, 404)
    assert.equal(fault.applied, 1)
    assert.equal((await fetch(sandbox.world.cdn.refresh(url)!)).status, 200)
  })
})

/** What a request for a range gets: its status, its `Content-Range`, its text. */
async function part(url: string, range: string) {
  const response = await fetch(url, { headers: { range } })
  const { status, headers } = response
  return [status, headers.get('content-range'), await response.text()]
}

function noise(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3).map((_, i) => (i * 7919) % 256)
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

async function shape(response: Response) {
  assert.equal(response.status, 200)
  const bytes = Buffer.from(await response.arrayBuffer())
  const { format, width, height } = await sharp(bytes).metadata()
  assert.equal(response.headers.get('content-length'), String(bytes.length))
  return { type: response.headers.get('content-type'), format, width, height, bytes }
}
