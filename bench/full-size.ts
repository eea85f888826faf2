/**
 * A synthetic blip2-opt-2.7b from checkpoint to answer: conversion rate and memory, then the time
 * of one description by stage. The weights are random, so only the speed means anything.
 */

import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { openModel } from '../inference/model.ts'
import { writeResults } from './results.ts'
import { formatTable } from './tally.ts'

const TOKENS = 21
const ROUNDS = 3
const MB = 1e6

export async function runFullSizeBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      precision: { type: 'string', default: 'int4' },
      work: { type: 'string', default: path.join(tmpdir(), 'sightseer-full-size') },
    },
  })
  const checkpoint = path.join(values.work, 'checkpoint')
  const folder = path.join(values.work, values.precision)
  try {
    await node('bench/synthetic-checkpoint.ts', checkpoint, '--dtype', 'F16')
    const started = performance.now()
    const peakBytes = await node(
      'commands/terminal/pull.ts',
      '--from',
      checkpoint,
      '--out',
      folder,
      '--precision',
      values.precision,
    )
    const seconds = (performance.now() - started) / 1000
    const { bytes, ...rest } = await describeOnce(folder)
    const results = { precision: values.precision, convertSeconds: seconds, peakBytes, ...rest }
    process.stdout.write(report(results, bytes))
    writeResults('full-size', results)
  } finally {
    rmSync(values.work, { recursive: true, force: true })
  }
}

/**
 * Runs one of our scripts to its end.
 *
 * @returns the most memory it had resident that files do not back, in bytes (Linux; else 0).
 */
async function node(...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, {
    cwd: path.join(import.meta.dirname, '..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(child.pid))
  }, 100)
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  clearInterval(watch)
  if (code !== 0) {
    throw new Error(`${args.join(' ')} ended with ${code}`)
  }
  return peak
}

function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

async function describeOnce(folder: string) {
  const started = performance.now()
  const model = await openModel(folder)
  const openMs = performance.now() - started
  try {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
    const picture = await sharp({
      create: { width: 640, height: 480, channels: 3, background: '#777', noise },
    })
      .png()
      .toBuffer()
    const rounds = []
    for (let round = 0; round < ROUNDS; round++) {
      const options = { beams: 1, maxNewTokens: TOKENS, minNewTokens: TOKENS, prompt: '' }
      rounds.push((await model.describe(picture, options)).timings)
    }
    const bytes = Object.values(model.card.files).reduce((sum, file) => sum + file.bytes, 0)
    return { openMs, rounds, bytes }
  } finally {
    await model.close()
  }
}

type Results = {
  readonly precision: string
  readonly convertSeconds: number
  readonly peakBytes: number
} & Omit<Awaited<ReturnType<typeof describeOnce>>, 'bytes'>

function report(results: Results, packageBytes: number): string {
  const median = (pick: (timings: Results['rounds'][number]) => number) =>
    results.rounds.map(pick).toSorted((a, b) => a - b)[Math.floor(results.rounds.length / 2)]!
  const decode = median(({ decodeMs, tokens }) => decodeMs / (tokens - 1))
  return formatTable([
    [`synthetic blip2-opt-2.7b, ${results.precision}`, ''],
    ['package', `${(packageBytes / MB).toFixed(0)} MB`],
    ['conversion from fp16', `${results.convertSeconds.toFixed(1)} s`],
    ['conversion, peak memory', `${(results.peakBytes / MB).toFixed(0)} MB`],
    ['open', `${(results.openMs / 1000).toFixed(1)} s`],
    ['vision', `${median(({ visionMs }) => visionMs).toFixed(0)} ms`],
    ['Q-Former', `${median(({ qformerMs }) => qformerMs).toFixed(0)} ms`],
    ['prefill', `${median(({ prefillMs }) => prefillMs).toFixed(0)} ms`],
    ['decode', `${decode.toFixed(1)} ms/token, ${(1000 / decode).toFixed(1)} tokens/s`],
  ])
}
