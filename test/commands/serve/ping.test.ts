import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { Outbox } from '../../../commands/serve/outbox.ts'

const PING_MS = 50

/** What a client reads of a stream with an event, a pause and a last event. */
async function bodyWith(pauseMs: number): Promise<string> {
  const app = new Hono().get('/', (c) =>
    streamSSE(c, async (stream) => {
      const outbox = new Outbox(stream, PING_MS)
      outbox.send('first')
      await wait(pauseMs)
      await outbox.end('[DONE]')
    }),
  )
  const response = await app.request('/')
  return response.text()
}

describe('Outbox', () => {
  it('pings in a silence, with comments, which clients skip', async () => {
    const body = await bodyWith(10 * PING_MS)
    assert.match(body, /^data: first\n\n(?:: ping\n\n)+data: \[DONE\]\n\n$/)
  })

  it('pings nobody who is told something, nor after the end', async () => {
    const body = await bodyWith(0)
    await wait(2 * PING_MS)
    assert.equal(body, 'data: first\n\ndata: [DONE]\n\n')
  })
})
