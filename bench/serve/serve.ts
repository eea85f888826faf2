/**
 * The overhead of `serve` against a thread of the same process: the same model opened twice, once here and
 * once by `npm run serve` in a process of its own, asked in turn. The picture is known to both after the
 * first question, as in a conversation; a new picture also has to be re-encoded and sent.
 */

import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { findModel } from '../../config/models.ts'
import type { GenerationOptions, ImageInput, Model } from '../../inference/contract/types.ts'
import { openModel } from '../../inference/model.ts'
import { openServedModel } from '../../inference/served-model.ts'
import { alternate, quantile } from '../report/compare.ts'
import { createRandom } from '../report/random.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const PEOPLE = 8
const TOKENS = 24
const FIXED: GenerationOptions = { beams: 1, minNewTokens: TOKENS, maxNewTokens: TOKENS }
const SIDE = 480

type Side = 'thread' | 'serve'
type Measured = {
  /** Milliseconds of a question about a known picture, of its first token, and of a new picture. */
  readonly known: number
  readonly first: number
  readonly fresh: number
  /** Tokens a second of people who ask at once. */
  readonly together: number
}

export async function runServeBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: 'demo' },
      rounds: { type: 'string', default: '40' },
      threads: { type: 'string', default: '1' },
    },
  })
  const folder = findModel(values.model)
  const threads = Number(values.threads)
  await using started = new AsyncDisposableStack()
  const base = await startServer(folder, threads, started)
  const thread = await openModel(folder, { threads })
  started.defer(() => thread.close())
  const serve = await openServedModel({
    addresses: [{ base, key: undefined }],
    model: undefined,
    silenceMs: 60_000,
  })
  started.defer(() => serve.close())
  const pictures = noisePictures()
  const known = await pictures()
  const measured = await alternate<Side, Measured>(Number(values.rounds), {
    thread: async () => measure(thread, known, await pictures()),
    serve: async () => measure(serve, known, await pictures()),
  })
  report(values.model, measured)
}

/** `npm run serve` on a free port. @returns its address. */
async function startServer(
  folder: string,
  threads: number,
  started: AsyncDisposableStack,
): Promise<string> {
  const command = path.join(ROOT, 'commands', 'terminal', 'serve.ts')
  const server = spawn(process.execPath, [command, '--model', folder, '--port', '0'], {
    env: { ...process.env, SIGHTSEER_THREADS: String(threads), LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  started.defer(() => {
    server.kill('SIGTERM')
  })
  for await (const line of createInterface({ input: server.stderr })) {
    const [address] = /http:\/\/\S+\/v1/.exec(line) ?? []
    if (address !== undefined) {
      server.stderr.resume()
      return address
    }
  }
  throw new Error('the server ended before it listened')
}

async function measure(model: Model, known: ImageInput, fresh: ImageInput): Promise<Measured> {
  let firstAt = 0
  const start = performance.now()
  const onStep = () => {
    firstAt ||= performance.now()
  }
  await model.ask(known, 'what is it?', { ...FIXED, onStep })
  const end = performance.now()
  await model.describe(fresh, FIXED)
  const described = performance.now()
  const people = Array.from({ length: PEOPLE }, (_, i) =>
    model.ask(known, `what is it, ${i}?`, { ...FIXED, user: String(i), onStep: () => {} }),
  )
  await Promise.all(people)
  const seconds = (performance.now() - described) / 1000
  return {
    known: end - start,
    first: firstAt - start,
    fresh: described - end,
    together: (PEOPLE * TOKENS) / seconds,
  }
}

/** Each another one, of noise: nothing knows it yet. */
function noisePictures(): () => Promise<Uint8Array> {
  const random = createRandom(11)
  return async () => {
    const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.between(0, 256))
    const image = sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    return new Uint8Array(await image.jpeg().toBuffer())
  }
}

const ROWS = {
  known: 'a question, picture known',
  first: 'the same, first token',
  fresh: 'a new picture',
} as const

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

function report(model: string, measured: Readonly<Record<Side, readonly Measured[]>>): void {
  const at = (side: Side, what: keyof Measured, share: number) =>
    quantile(
      measured[side].map((one) => one[what]).toSorted((a, b) => a - b),
      share,
    )
  const times = (['known', 'first', 'fresh'] as const).flatMap((what) =>
    [0.5, 0.99].map((share) => {
      const [thread, serve] = [at('thread', what, share), at('serve', what, share)]
      return { what, share, thread, serve, added: serve - thread }
    }),
  )
  const together = { thread: at('thread', 'together', 0.5), serve: at('serve', 'together', 0.5) }
  const kept = together.serve / together.thread
  process.stdout.write(
    formatTable([
      [`${model}, ${TOKENS} tokens`, 'thread', 'serve', 'added'],
      ...times.map(({ what, share, thread, serve, added }) => [
        `${ROWS[what]}, p${share * 100}`,
        ms(thread),
        ms(serve),
        ms(added),
      ]),
      [
        `${PEOPLE} people at once`,
        `${together.thread.toFixed(0)} tokens/s`,
        `${together.serve.toFixed(0)} tokens/s`,
        `${(kept * 100).toFixed(1)} % kept`,
      ],
    ]),
  )
  const file = writeResults('serve', {
    model,
    tokens: TOKENS,
    people: PEOPLE,
    times,
    together,
    kept,
  })
  process.stdout.write(`\n${file}\n`)
}
