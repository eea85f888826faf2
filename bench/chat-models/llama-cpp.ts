/**
 * llama.cpp's side of describe.ts: its server, with the same checkpoint converted by its own program.
 *
 * The folder is one of its source, with `build/bin/llama-server` and `build/bin/llama-quantize`.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ConfigError } from '../../config/errors.ts'
import { freePort } from '../../test/helpers/databases.ts'
import type { Asked, Side, Times } from './asked.ts'
import { peakOf } from './peak.ts'

const START_TRIES = 600
const TRY_MS = 200
const CONTEXT = 4096

export type LlamaCpp = {
  /** Of its source. */
  readonly source: string
  /** With what its converter needs: numpy, sentencepiece, torch, transformers. */
  readonly python: string
}

/** Files of a model that is converted, of which the tower is in 8 bits and the language model in 4. */
type Files = { readonly model: string; readonly tower: Record<Asked['detail'], string> }

/** Converts a checkpoint, unless it is; `folder` is made. */
export async function convertForLlamaCpp(
  { source, python }: LlamaCpp,
  checkpoint: string,
  folder: string,
): Promise<Files> {
  const files = {
    model: path.join(folder, 'q4_0.gguf'),
    tower: { high: path.join(folder, 'tower.gguf'), low: path.join(folder, 'tower-1.gguf') },
  }
  const quantize = programOf(source, 'llama-quantize')
  await mkdir(folder, { recursive: true })
  const script = path.join(import.meta.dirname, 'to_gguf.py')
  const convert = (out: string, ...options: string[]) =>
    // What it says of its progress is long; of a failure, execFileSync shows it.
    execFileSync(python, [script, source, checkpoint, '--outfile', out, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  if (!existsSync(files.model)) {
    const whole = path.join(folder, 'f16.gguf')
    convert(whole, '--outtype', 'f16')
    execFileSync(quantize, [whole, `${files.model}.partial`, 'Q4_0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await rename(`${files.model}.partial`, files.model)
  }
  for (const detail of ['high', 'low'] as const) {
    if (!existsSync(files.tower[detail])) {
      const one = detail === 'low' ? ['--one-tile'] : []
      convert(files.tower[detail], '--mmproj', '--outtype', 'q8_0', ...one)
    }
  }
  return files
}

/** @returns one server, for one detail: that is a setting of the tower's file. */
export async function startLlamaCpp(
  { source }: LlamaCpp,
  files: Files,
  detail: Asked['detail'],
): Promise<Side> {
  const port = await freePort()
  const program = programOf(source, 'llama-server')
  const threads = String(availableParallelism())
  const weights = ['-m', files.model, '--mmproj', files.tower[detail]]
  const place = ['--host', '127.0.0.1', '--port', String(port), '--parallel', '1', '--jinja']
  const limits = ['--ctx-size', String(CONTEXT), '--threads', threads, '--threads-batch', threads]
  const begun = performance.now()
  const child = spawn(program, [...weights, ...place, ...limits], { stdio: 'ignore' })
  const base = `http://127.0.0.1:${port}`
  await untilReady(base, child)
  return {
    readyMs: performance.now() - begun,
    ask: (asked) => ask(base, asked),
    peakBytes: () => peakOf(child.pid!),
    async close() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** @throws {ConfigError} if it is not there. */
function programOf(source: string, name: string): string {
  const program = path.join(source, 'build', 'bin', name)
  if (!existsSync(program)) {
    throw new ConfigError([
      `${program} is missing: --llama-cpp DIR is a folder of llama.cpp's source, built there (cmake -B build, cmake --build build).`,
    ])
  }
  return program
}

async function untilReady(base: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < START_TRIES; tries++) {
    if (child.exitCode !== null) {
      throw new Error(`llama-server ended with ${child.exitCode}.`)
    }
    const answer = await fetch(`${base}/health`).catch(() => null)
    if (answer?.ok) {
      return
    }
    await wait(TRY_MS)
  }
  child.kill()
  throw new Error('llama-server did not start.')
}

/** The fields that are read of a streamed piece. */
type Piece = {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[]
  readonly timings?: {
    readonly prompt_n: number
    readonly predicted_n: number
    readonly predicted_per_second: number
  }
}

async function ask(base: string, { file, question, tokens }: Asked): Promise<Times> {
  const url = `data:image/png;base64,${readFileSync(file).toString('base64')}`
  const body = JSON.stringify({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url } },
          { type: 'text', text: question },
        ],
      },
    ],
    max_tokens: tokens,
    temperature: 0,
    ignore_eos: true,
    cache_prompt: false,
    stream: true,
  })
  const start = performance.now()
  const answer = await fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  if (!answer.ok || answer.body === null) {
    throw new Error(`llama-server answered ${answer.status}: ${await answer.text()}`)
  }
  let firstTokenMs = 0
  let timings: Piece['timings']
  for await (const piece of pieces(answer.body)) {
    if (piece.choices?.[0]?.delta?.content) {
      firstTokenMs ||= performance.now() - start
    }
    timings = piece.timings ?? timings
  }
  if (timings?.predicted_n !== tokens) {
    throw new Error(`llama-server generated ${timings?.predicted_n} tokens of ${tokens}.`)
  }
  const totalMs = performance.now() - start
  return {
    totalMs,
    firstTokenMs,
    visionMs: 0, // it does not tell
    tokensPerSecond: timings.predicted_per_second,
    promptTokens: timings.prompt_n,
  }
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Piece> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('data: {')) {
        yield JSON.parse(line.slice('data: '.length))
      }
    }
  }
}
