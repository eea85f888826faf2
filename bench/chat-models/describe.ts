/**
 * Picture to 50 tokens of chat models that see, of random weights: ours beside llama.cpp and transformers on the
 * same checkpoint, in turn.
 */

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  FULL_SIZE_OPTIONS,
  fullSizeCheckpoint,
  fullSizeOn,
  noisePicture,
  note,
} from '../full-size/full-size-package.ts'
import { type Bar, writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, type Spread, spread } from '../report/compare.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'
import type { ChatModel } from '../synthetic/chat-sizes.ts'
import type { Asked, Side, Times } from './asked.ts'
import { convertForLlamaCpp, startLlamaCpp } from './llama-cpp.ts'
import { type Profile, profileAnswer, reportProfile } from './profile.ts'
import { DTYPES, startOwn, startTransformers } from './sides.ts'

const TOKENS = 50
const QUESTION = 'Describe this image.'
const SECOND = 1000
const GB = 1e9
const TILES = { low: 'one tile', high: '13 tiles' } as const
/** Positions of our prompt beside the picture and the question, which has one for each letter. */
const FORMAT_TOKENS = { 'smolvlm2-256m': 21, 'smolvlm2-500m': 21, 'llava-onevision-0.5b': 19 }
/** In pixels; as many tiles in each family. */
const PICTURE = { width: 1536, height: 1152 }

/** What is measured of a side: spreads in milliseconds and tokens a second, and bytes. */
type Measured = {
  readonly firstTokenMs: Spread
  readonly tokensPerSecond: Spread
  readonly totalMs: Spread
  readonly promptTokens: number
  readonly peakBytes: number
  readonly readyMs: number
}
type Row = { readonly tiles: string; readonly sides: Readonly<Record<string, Measured>> }

const OPTIONS = {
  ...FULL_SIZE_OPTIONS,
  rounds: { type: 'string', default: '3' },
  model: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  reference: { type: 'boolean', default: true },
  dtypes: { type: 'string', default: DTYPES.join(',') },
  'llama-cpp': { type: 'string' },
  details: { type: 'string', default: 'low,high' },
  profile: { type: 'boolean', default: false },
} as const

export async function runChatDescribeBench(
  model: ChatModel,
  args: readonly string[],
): Promise<void> {
  const { values } = parseArgs({ args: [...args], allowNegative: true, options: OPTIONS })
  const checkpoint = await fullSizeCheckpoint(values.work, 'F16', model)
  const { folder, precision } = await fullSizeOn({ ...values, provider: 'cpu', model })
  const file = path.join(values.work, model, 'picture.png')
  writeFileSync(file, await noisePicture(PICTURE.width, PICTURE.height))
  const asked = (['low', 'high'] as const)
    .filter((detail) => values.details.split(',').includes(detail))
    .map((detail) => ({ file, question: QUESTION, detail, tokens: TOKENS }))
  if (values.profile) {
    await profile(model, asked, { folder, precision, rounds: Number(values.rounds) })
    return
  }
  const rows: Row[] = []
  for (const one of asked) {
    const sides = await measure(one, { ...values, checkpoint, folder, model, precision })
    rows.push({ tiles: TILES[one.detail], sides })
    report(model, rows.at(-1)!)
  }
  writeResults(`describe-${model}`, { model, precision, tokens: TOKENS, rows })
  draw(model, rows)
}

/** Where our own time goes. */
async function profile(
  model: ChatModel,
  asked: readonly Asked[],
  made: { readonly folder: string; readonly precision: string; readonly rounds: number },
): Promise<void> {
  const { folder, precision, rounds } = made
  const rows: (Profile & { readonly tiles: string })[] = []
  for (const one of asked) {
    const tiles = TILES[one.detail]
    const measured = await profileAnswer(folder, one, rounds)
    rows.push({ tiles, ...measured })
    reportProfile(`${model}, ${precision}, ${tiles}`, measured)
  }
  writeResults(`profile-${model}`, { model, precision, tokens: TOKENS, rows })
}

type Setting = {
  readonly model: ChatModel
  readonly work: string
  readonly rounds: string
  readonly python: string
  readonly reference: boolean
  readonly dtypes: string
  readonly 'llama-cpp'?: string | undefined
  readonly checkpoint: string
  readonly folder: string
  readonly precision: string
}

/** All sides in turn, in processes that are all there. */
async function measure(asked: Asked, setting: Setting): Promise<Row['sides']> {
  const sides: Record<string, Side> = {}
  try {
    sides[`ours, ${setting.precision}`] = await startOwn(setting.folder)
    await addOthers(sides, asked, setting)
    const runs = Object.fromEntries(
      Object.entries(sides).map(([name, side]) => [name, () => side.ask(asked)]),
    )
    const times = await alternate<string, Times>(Number(setting.rounds), runs)
    return Object.fromEntries(
      Object.entries(sides).map(([name, side]) => [name, summary(times[name]!, side)]),
    )
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.close()))
  }
}

async function addOthers(
  sides: Record<string, Side>,
  asked: Asked,
  setting: Setting,
): Promise<void> {
  const { python, checkpoint, model } = setting
  const source = setting['llama-cpp']
  if (source !== undefined && model === 'llava-onevision-0.5b') {
    // Version 11434: conversion/__init__.py has LlavaOnevisionForConditionalGeneration in neither TEXT_MODEL_MAP nor
    // MMPROJ_MODEL_MAP, so convert_hf_to_gguf.py refuses the checkpoint as not supported.
    note('llama.cpp converts no LLaVA-OneVision; it is left out.')
  } else if (source !== undefined) {
    note('llama.cpp …')
    const place = path.join(setting.work, model, 'llama.cpp')
    const files = await convertForLlamaCpp({ source, python }, checkpoint, place)
    sides['llama.cpp, Q4_0'] = await startLlamaCpp({ source, python }, files, asked.detail)
  }
  if (!setting.reference) {
    return
  }
  const text = QUESTION.length + FORMAT_TOKENS[model]
  for (const dtype of DTYPES.filter((one) => setting.dtypes.split(',').includes(one))) {
    note(`transformers in ${dtype} …`)
    sides[`transformers, ${dtype}`] = await startTransformers(python, checkpoint, dtype, text)
  }
}

function summary(times: readonly Times[], side: Side): Measured {
  const of = (figure: 'totalMs' | 'firstTokenMs' | 'tokensPerSecond') =>
    spread(times.map((one) => one[figure]))
  return {
    firstTokenMs: of('firstTokenMs'),
    tokensPerSecond: of('tokensPerSecond'),
    totalMs: of('totalMs'),
    promptTokens: times[0]!.promptTokens,
    peakBytes: side.peakBytes(),
    readyMs: side.readyMs,
  }
}

function report(model: ChatModel, { tiles, sides }: Row): void {
  const [own] = Object.values(sides)
  const rows = Object.entries(sides).map(([name, one]) => [
    name,
    inWords(inSeconds(one.firstTokenMs), 's', 2),
    `${(one.firstTokenMs.median / own!.firstTokenMs.median).toFixed(1)} ×`,
    inWords(one.tokensPerSecond, '', 1),
    `${(own!.tokensPerSecond.median / one.tokensPerSecond.median).toFixed(1)} ×`,
    inWords(inSeconds(one.totalMs), 's', 2),
    `${(one.totalMs.median / own!.totalMs.median).toFixed(1)} ×`,
    String(one.promptTokens),
    `${(one.peakBytes / GB).toFixed(2)} GB`,
    `${(one.readyMs / SECOND).toFixed(1)} s`,
  ])
  const head = [
    `${model}, ${tiles}`,
    'first token',
    'ours faster',
    'tokens/s',
    'ours faster',
    `${TOKENS} tokens`,
    'ours faster',
    'prompt',
    'memory',
    'ready after',
  ]
  process.stdout.write(`${formatTable([head, ...rows])}\n`)
}

function inSeconds({ median, low, high, values }: Spread): Spread {
  return {
    median: median / SECOND,
    low: low / SECOND,
    high: high / SECOND,
    values: values.map((value) => value / SECOND),
  }
}

function draw(model: ChatModel, rows: readonly Row[]): void {
  writeChart(`describe-${model}`, {
    title: `${model} (random weights): picture to ${TOKENS} tokens`,
    unit: 's',
    bars: rows.flatMap(({ tiles, sides }): Bar[] =>
      Object.entries(sides).map(([name, { totalMs }], kind) => {
        const { median, low, high } = inSeconds(totalMs)
        return { label: `${tiles}: ${name}`, value: median, low, high, kind: Math.min(kind, 2) }
      }),
    ),
  })
}
