/**
 * The people of the sandbox's load, in a process of their own: all listen, and one after the
 * other uses the command, at a steady rate.
 *
 * Run by sandbox-load.ts: `URL CHANNEL,… NAME,… RATE`; sent `{seconds}`, it works that long and
 * answers with the outcome.
 */

import { on, once } from 'node:events'
import { createHistogram } from 'node:perf_hooks'
import { Pool } from 'undici'
import { WebSocket } from 'ws'

/** The outcome of one period. Round trips in milliseconds, as a member experiences them. */
export type Work = {
  readonly used: number
  readonly answered: number
  readonly refused: number
  readonly roundTrip: { readonly p50: number; readonly p99: number; readonly max: number }
}

const CONNECTIONS = 32
const TICK_MS = 5

/** An answer still missing after this many milliseconds counts as lost. */
const PATIENCE_MS = 10_000

const [url = '', channelList = '', nameList = '', rateText = ''] = process.argv.slice(2)
const channels = channelList.split(',')
const names = nameList.split(',')
const rate = Number(rateText)
const pool = new Pool(url, { connections: CONNECTIONS })
/** When the command was used, by interaction. */
const waiting = new Map<string, number>()
/** Answers that came before the interaction's id did. */
const early = new Set<string>()
let roundTrips = createHistogram()
let answered = 0
let refused = 0

function hear(text: string): void {
  // A message without the LOADING flag (128) ends the wait.
  const id = /"interaction_metadata":\{"id":"(\d+)"/.exec(text)?.[1]
  const flags = Number(/"flags":(\d+)/.exec(text)?.[1] ?? 0)
  if (id === undefined || (flags & 128) !== 0) {
    return
  }
  const since = waiting.get(id)
  if (since === undefined) {
    early.add(id)
  } else {
    finish(id, since)
  }
}

function finish(id: string, since: number): void {
  waiting.delete(id)
  answered += 1
  roundTrips.record(Math.max(1, Math.round((performance.now() - since) * 1000)))
}

async function use(turn: number): Promise<void> {
  const name = names[turn % names.length]
  const channel = channels[turn % channels.length]
  const since = performance.now()
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/sandbox/commands?as=${name}&channel=${channel}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'look', options: {} }),
  })
  const text = await body.text()
  if (statusCode !== 200) {
    refused += 1
    return
  }
  const { id }: { readonly id: string } = JSON.parse(text)
  if (early.delete(id)) {
    finish(id, since)
  } else {
    waiting.set(id, since)
  }
}

async function work(seconds: number): Promise<Work> {
  roundTrips = createHistogram()
  answered = 0
  refused = 0
  const total = Math.round(seconds * rate)
  const startMs = performance.now()
  const uses: Promise<void>[] = []
  for (let turn = 0; turn < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * rate) + 1)
    for (; turn < due; turn++) {
      uses.push(use(turn))
    }
    await pause(TICK_MS)
  }
  await Promise.all(uses)
  const deadline = performance.now() + PATIENCE_MS
  while (waiting.size > 0 && performance.now() < deadline) {
    await pause(TICK_MS)
  }
  waiting.clear()
  early.clear()
  const ms = (percentile: number) => roundTrips.percentile(percentile) / 1000
  return {
    used: total,
    answered,
    refused,
    roundTrip: { p50: ms(50), p99: ms(99), max: roundTrips.max / 1000 },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

const sockets = names.map((name) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/sandbox/live?as=${name}`)
  socket.on('message', (data: Buffer) => {
    // Every member receives every event; the first one's connection is enough to time by.
    if (name === names[0]) {
      hear(data.toString())
    }
  })
  return socket
})
await Promise.all(sockets.map((socket) => once(socket, 'message')))
process.once('disconnect', () => process.exit())
process.send?.('ready')
for await (const [{ seconds }] of on(process, 'message')) {
  const done: Work = await work(Number(seconds))
  process.send?.(done)
}
