/** Decoding in processes of their own: what one of them does or suffers never reaches the others. */

import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import sharp from 'sharp'
import { InputError } from '../../../../config/errors.ts'
import { DecodingPool, type PoolOptions } from '../../../../inference/image/decoding/pool.ts'
import { toPixelValues } from '../../../../inference/image/pixel-values.ts'
import { decodeBrightness } from '../../../../inference/image/thumbnail.ts'
import { CLIP_PREPROCESSING, pictureBytes } from '../../../helpers/pictures.ts'

const STUCK = new URL('../../../helpers/stuck-decoder.ts', import.meta.url)
const SPEC = { imageSize: 224, preprocessing: CLIP_PREPROCESSING }
const FOREVER = Uint8Array.of(0)
const CRASH = Uint8Array.of(1)
const GARBLED = Uint8Array.of(2)

/** A picture that takes a while. */
function large(): Promise<Buffer> {
  const sides = { width: 6000, height: 6000 }
  return sharp({ create: { ...sides, channels: 3, background: '#456' } })
    .png({ compressionLevel: 1 })
    .toBuffer()
}

describe('DecodingPool', () => {
  let pool: DecodingPool
  const open = (options: PoolOptions = {}) => {
    pool = new DecodingPool(options)
    return pool
  }
  const stuck = (options: PoolOptions = {}) => open({ ...options, entry: STUCK })
  afterEach(() => pool.close())

  it('gives what decoding on this thread gives', async () => {
    open()
    const bytes = pictureBytes('420.jpg')
    const [values, gray] = await Promise.all([
      pool.pixelValues(bytes, SPEC),
      pool.brightness(bytes, 32),
    ])
    assert.deepEqual(values, await toPixelValues(bytes, SPEC))
    assert.deepEqual(new Uint8Array(gray), new Uint8Array(await decodeBrightness(bytes, 32)))
  })

  it('passes on why a file is refused, and goes on', async () => {
    open({ limits: { maxPixels: 2000 } })
    await assert.rejects(pool.pixelValues(Buffer.from('<svg >'), SPEC), {
      code: 'image/unsupported-format',
      params: { format: 'svg' },
    })
    await assert.rejects(pool.pixelValues(pictureBytes('size-448x448.png'), SPEC), {
      code: 'image/too-many-pixels',
      params: { width: 448, height: 448, maxPixels: 2000 },
    })
    assert.equal((await pool.brightness(pictureBytes('444.jpg'), 8)).length, 64)
  })

  it('answers others at once while files take all the time they can', async () => {
    stuck({ slowMs: 25, limits: { maxSeconds: 5 } })
    const stop = new AbortController()
    let given = 0
    const hostile = Array.from({ length: 4 }, () =>
      pool.brightness(FOREVER, 1, stop).finally(() => given++),
    )
    const ended = Promise.allSettled(hostile)
    assert.deepEqual(await pool.brightness(Uint8Array.of(7), 1), Uint8Array.of(7))
    assert.equal(given, 0, 'a hostile one had to end first')
    stop.abort()
    await ended
  })

  it('lets those who brought pictures take turns', async () => {
    stuck()
    const ones = Array.from({ length: 100 }, () => 'one')
    // All processes run before the turns begin: one that starts late would answer late.
    await Promise.all(ones.map(() => pool.brightness(Uint8Array.of(9), 1)))
    const order: string[] = []
    const names = [...ones, 'other', 'third']
    await Promise.all(
      names.map(async (owner) => {
        await pool.brightness(Uint8Array.of(9), 1, { owner })
        order.push(owner)
      }),
    )
    assert.ok(order.indexOf('other') < ones.length - 5, order.join())
    assert.ok(order.indexOf('third') < ones.length - 5, order.join())
  })

  it('ends a decoding at once when nobody needs it, and the next one starts', async () => {
    stuck()
    const stop = new AbortController()
    const reason = new Error('nobody waits')
    const both = [FOREVER, FOREVER].map((bytes) => pool.brightness(bytes, 1, stop))
    const next = pool.brightness(Uint8Array.of(9), 1)
    stop.abort(reason)
    for (const one of both) {
      await assert.rejects(one, reason)
    }
    assert.deepEqual(await next, Uint8Array.of(9))
    await assert.rejects(pool.brightness(FOREVER, 1, stop), reason)
  })

  it('gives up a file that takes too long', async () => {
    stuck({ limits: { maxSeconds: 0.1 } })
    await assert.rejects(pool.brightness(FOREVER, 1), { code: 'image/slow-to-decode' })
  })

  it('gives up a file that takes too much of the processor', async () => {
    open({ limits: { maxSeconds: 0.05 } })
    await assert.rejects(pool.pixelValues(await large(), SPEC), { code: 'image/slow-to-decode' })
  })

  it('survives a decoder that crashes or says something else', async () => {
    const crashes: unknown[] = []
    stuck({ onCrash: (error) => crashes.push(error) })
    await assert.rejects(pool.brightness(CRASH, 1), (error) => {
      assert.ok(error instanceof InputError)
      assert.equal(error.code, 'image/decoder-crashed')
      assert.match(String(error.cause), /SIGABRT/)
      assert.deepEqual(crashes, [error])
      return true
    })
    await assert.rejects(pool.brightness(GARBLED, 1), TypeError)
    assert.deepEqual(await pool.brightness(Uint8Array.of(5), 1), Uint8Array.of(5))
  })

  it('refuses results of another size', async () => {
    stuck()
    await assert.rejects(pool.pixelValues(Uint8Array.of(9), SPEC), /which are no picture/)
  })

  it('gives up a file that takes too much memory', async () => {
    open({ maxMemory: 2 ** 20 }) // less than any process has
    await assert.rejects(pool.pixelValues(await large(), SPEC), {
      code: 'image/large-to-decode',
    })
  })

  it('rejects what waits when it is closed', async () => {
    stuck()
    const all = [FOREVER, FOREVER, FOREVER].map((bytes) => pool.brightness(bytes, 1))
    const ended = Promise.allSettled(all)
    await pool.close()
    assert.deepEqual(
      (await ended).map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
    await assert.rejects(pool.brightness(FOREVER, 1), /closed/)
  })
})
