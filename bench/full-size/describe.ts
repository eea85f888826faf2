/**
 * Picture to 21 tokens, by stage, ours and the reference's on the same random weights, alternating; and
 * the decode steps alone beside CTranslate2, which runs quantized OPT.
 */

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Provider } from '../../inference/runtime/device.ts'
import { openModel } from '../../inference/model.ts'
import { type Bar, writeChart } from '../report/bar-chart.ts'
import { alternate, inWords, spread, type Spread } from '../report/compare.ts'
import {
  DEVICE_OPTIONS,
  FULL_SIZE_OPTIONS,
  fullSizeCheckpoint,
  fullSizeOn,
  GREEDY,
  MODEL_OPTIONS,
  noisePicture,
  note,
  syntheticModel,
  TOKENS,
} from './full-size-package.ts'
import { type ReferenceTimes, startDecoder, startReference } from './reference.ts'
import { runChatDescribeBench } from '../chat-models/describe.ts'
import { startOwn } from '../chat-models/sides.ts'
import type { Blip2Model } from '../synthetic/blip2-language.ts'
import { isChatModel } from '../synthetic/chat-sizes.ts'
import { writeResults } from '../report/results.ts'
import { formatTable } from '../report/tally.ts'

const SECOND = 1000
const GB = 1e9
const STAGES = ['totalMs', 'visionMs', 'qformerMs', 'firstTokenMs', 'decodeMs'] as const
type Times = ReferenceTimes
type Summary = Readonly<Record<(typeof STAGES)[number], Spread>>

const LABELS: Readonly<Record<(typeof STAGES)[number], string>> = {
  totalMs: `picture to ${TOKENS} tokens`,
  visionMs: 'vision tower',
  qformerMs: 'Q-Former',
  firstTokenMs: 'first token',
  decodeMs: `${TOKENS - 1} more tokens`,
}

export async function runDescribeBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], strict: false, options: MODEL_OPTIONS })
  const model = syntheticModel(String(values.model))
  await (isChatModel(model) ? runChatDescribeBench(model, args) : describeBlip2(model, args))
}

async function describeBlip2(model: Blip2Model, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      ...FULL_SIZE_OPTIONS,
      ...MODEL_OPTIONS,
      ...DEVICE_OPTIONS,
      python: { type: 'string', default: 'python3' },
      reference: { type: 'boolean', default: true },
      dtypes: { type: 'string', default: 'bfloat16,float32' },
    },
  })
  const checkpoint = await fullSizeCheckpoint(values.work, 'F16', model)
  const place = { ...(await fullSizeOn({ ...values, model })), model }
  const dtypes = (['bfloat16', 'float32'] as const).filter((dtype) =>
    values.dtypes.split(',').includes(dtype),
  )
  const pairs: Pair[] = []
  const footprint = values.reference ? await ownFootprint(place.folder, values.work) : null
  for (const dtype of values.reference ? dtypes : []) {
    note(`transformers in ${dtype} …`)
    const reference = await startReference(values.python, checkpoint, dtype)
    const own = await ownSide(place)
    try {
      const measured = await alternate(Number(values.rounds), {
        ours: own.describe,
        theirs: () => reference.run(1, TOKENS),
      })
      pairs.push({
        dtype,
        ours: summary(measured.ours),
        theirs: summary(measured.theirs),
        footprints: {
          ours: footprint!,
          theirs: { readyMs: reference.readyMs, peakBytes: reference.peakBytes() },
        },
      })
    } finally {
      reference.close()
      await own.close()
    }
  }
  if (pairs.length === 0) {
    const own = await ownSide(place)
    const { ours } = await alternate(Number(values.rounds), { ours: own.describe })
    await own.close()
    process.stdout.write(formatTable(rowsOf('ours', summary(ours))))
    return
  }
  // CTranslate2 takes an OPT alone, but no T5 whose encoder is given embeddings.
  const decoders = model === 'blip2-opt-2.7b' ? await decoding(values, checkpoint, place) : null
  report(place, pairs, decoders)
}

function footprintRows({ ours, theirs }: Pair['footprints']): string[][] {
  const rows: [string, (one: Footprint) => string][] = [
    ['ready after', ({ readyMs }) => `${(readyMs / SECOND).toFixed(1)} s`],
    ['most memory', ({ peakBytes }) => `${(peakBytes / GB).toFixed(2)} GB`],
  ]
  return rows.map(([title, of]) => [title, of(ours), of(theirs), ''])
}

/** Our decoder and CTranslate2's, the language model alone; null if CTranslate2 is not installed. */
async function decoding(
  { python, work, rounds }: { python: string; work: string; rounds: string },
  checkpoint: string,
  place: Place,
): Promise<{ readonly ours: Spread; readonly theirs: Spread } | null> {
  note('CTranslate2 in int8 …')
  const other = await startDecoder(python, checkpoint, path.join(work, 'ctranslate2'))
  if (other === null) {
    note(`left out: ${python} has no ctranslate2 (with transformers and torch, to convert).`)
    return null
  }
  const own = await ownSide(place)
  try {
    const measured = await alternate(Number(rounds), {
      ours: own.describe,
      theirs: () => other.run(1, TOKENS),
    })
    return {
      ours: spread(measured.ours.map(({ decodeMs }) => decodeMs)),
      theirs: spread(measured.theirs.map(({ decodeMs }) => decodeMs)),
    }
  } finally {
    other.close()
    await own.close()
  }
}

/** What a side takes of the machine besides time for answers. */
type Footprint = { readonly readyMs: number; readonly peakBytes: number }

type Pair = {
  readonly dtype: string
  readonly ours: Summary
  readonly theirs: Summary
  readonly footprints: { readonly ours: Footprint; readonly theirs: Footprint }
}

/** Of our package in a process of its own, after a picture and `TOKENS`. */
async function ownFootprint(folder: string, work: string): Promise<Footprint> {
  const file = path.join(work, 'picture.png')
  writeFileSync(file, await noisePicture())
  const own = await startOwn(folder)
  try {
    await own.ask({ file, question: 'What is it?', detail: 'low', tokens: TOKENS })
    return { readyMs: own.readyMs, peakBytes: own.peakBytes() }
  } finally {
    await own.close()
  }
}

type Place = { readonly folder: string; readonly provider: Provider }

async function ownSide({ folder, provider }: Place) {
  // No cache between descriptions: each one is the first of its picture.
  const model = await openModel(folder, { conversationBytes: 0, imageCacheBytes: 0, provider })
  const picture = await noisePicture()
  const describe = async (): Promise<Times> => {
    const start = performance.now()
    let first = 0
    const { timings } = await model.describe(picture, {
      ...GREEDY,
      onStep: () => {
        first ||= performance.now() - start
      },
    })
    const { visionMs, bridgeMs: qformerMs, decodeMs } = timings
    const totalMs = performance.now() - start
    return { totalMs, visionMs, qformerMs, firstTokenMs: first, decodeMs }
  }
  return { describe, close: () => model.close() }
}

function summary(times: readonly Times[]): Summary {
  const of = (stage: keyof Times) => spread(times.map((one) => one[stage]))
  return {
    totalMs: of('totalMs'),
    visionMs: of('visionMs'),
    qformerMs: of('qformerMs'),
    firstTokenMs: of('firstTokenMs'),
    decodeMs: of('decodeMs'),
  }
}

function report(
  {
    model,
    precision,
    provider,
  }: {
    readonly model: Blip2Model
    readonly precision: string
    readonly provider: Provider
  },
  pairs: readonly Pair[],
  decoders: { readonly ours: Spread; readonly theirs: Spread } | null,
): void {
  for (const { dtype, ours, theirs, footprints } of pairs) {
    const rows = STAGES.map((stage) => [
      LABELS[stage],
      inWords(inSeconds(ours[stage]), 's', 2),
      inWords(inSeconds(theirs[stage]), 's', 2),
      `${(theirs[stage].median / ours[stage].median).toFixed(1)} ×`,
    ])
    const head = ['median (range)', `ours, ${precision}`, `transformers, ${dtype}`, 'faster']
    process.stdout.write(`${formatTable([head, ...rows, ...footprintRows(footprints)])}\n`)
  }
  if (decoders) {
    const { ours, theirs } = decoders
    process.stdout.write(
      `${formatTable([
        ['median (range)', `ours, ${precision}`, 'CTranslate2, int8', 'faster'],
        [
          LABELS.decodeMs,
          inWords(inSeconds(ours), 's', 2),
          inWords(inSeconds(theirs), 's', 2),
          `${(theirs.median / ours.median).toFixed(1)} ×`,
        ],
      ])}\n`,
    )
  }
  const ratios = Object.fromEntries(
    pairs.map(({ dtype, ours, theirs }) => [dtype, theirs.totalMs.median / ours.totalMs.median]),
  )
  const name = model === 'blip2-opt-2.7b' ? 'describe' : `describe-${model}`
  writeResults(name, { model, precision, provider, tokens: TOKENS, ratios, pairs, decoders })
  writeChart(name, {
    title: `${model} (random weights): picture to ${TOKENS} tokens`,
    unit: 's',
    bars: pairs.flatMap(({ dtype, ours, theirs }) => [
      bar(`ours, ${precision} (beside ${dtype})`, ours.totalMs, 0),
      bar(`transformers, ${dtype}`, theirs.totalMs, 1),
    ]),
  })
}

function bar(label: string, times: Spread, kind: number): Bar {
  const { median: value, low, high } = inSeconds(times)
  return { label, value, low, high, kind }
}

function rowsOf(name: string, times: Summary): string[][] {
  return STAGES.map((stage) => [
    `${name}: ${LABELS[stage]}`,
    inWords(inSeconds(times[stage]), 's', 2),
  ])
}

function inSeconds({ median, low, high, values }: Spread): Spread {
  return { median: median / SECOND, low: low / SECOND, high: high / SECOND, values }
}
