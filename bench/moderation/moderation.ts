/**
 * What moderation finds, what it leaves alone, and how long it looks: pictures that differ in their
 * words alone, a replay of 3,000 messages in each mode, how many pictures are read beside people, and
 * the demo model's questions as rules.
 * Exits 1 if a bar is missed.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readUnseenScenes } from '../quality/demo-scenes.ts'
import { type LookAlikes, lookAlikesTable, measureLookAlikes } from './look-alikes.ts'
import { measureReadingRate, readingRateTable } from './reading-rate.ts'
import { isGood, replay, type Replay, type ReplayModel } from './replay.ts'
import { quantile } from './replay-timing.ts'
import { type Found, measureRules, type RuleResult, sharesOf, together } from './rules.ts'
import {
  COPY_PAIRS,
  makeTraffic,
  MESSAGES,
  TEMPLATE_PAIRS,
  type WaveKind,
  WAVES,
} from './traffic.ts'
import { newestResult, writeResults } from '../report/results.ts'
import { formatTable, percent } from '../report/tally.ts'

const MODES = ['log', 'approve', 'act'] as const
const LEAST = 0.97

/** What is measured, in this order; the results of each stand beside those of the others. */
const PARTS = {
  rules: measureQuestions,
  reading: async (model) => {
    const reading = await measureReadingRate(
      model,
      readUnseenScenes().map(({ picture }) => picture),
    )
    process.stdout.write(`\n${readingRateTable(reading)}`)
    return { good: true, result: reading }
  },
  'look-alikes': async (model) => {
    const lookAlikes = await measureLookAlikes(model)
    process.stdout.write(`\n${lookAlikesTable(lookAlikes)}`)
    return { good: lookAlikes.every(areTold), result: lookAlikes }
  },
  replay: replayAll,
} satisfies Readonly<Record<string, (model: Model) => Promise<Part>>>

/** Whether a part reached its bar, and its numbers. */
type Part = { readonly good: boolean; readonly result: unknown }
type Measured = Part & { readonly date: string }

export async function runModerationBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } })
  const wanted = values.only?.split(',') ?? Object.keys(PARTS)
  const model = await openModel(findModel('demo'))
  try {
    const parts: Record<string, Measured> = {}
    for (const [name, measure] of Object.entries(PARTS)) {
      if (wanted.includes(name)) {
        parts[name] = { date: new Date().toISOString(), ...(await measure(model)) }
      }
    }
    const file = writeResults('moderation', { ...earlierParts(), ...parts })
    process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
    if (Object.values(parts).some(({ good }) => !good)) {
      process.stdout.write('A bar was missed.\n')
      process.exitCode = 1
    }
  } finally {
    await model.close()
  }
}

/** The parts that an earlier run measured. */
function earlierParts(): Readonly<Record<string, unknown>> {
  const file = newestResult('moderation.json')
  const earlier: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return Object.fromEntries(
    Object.entries(earlier ?? {}).filter(([name]) => Object.hasOwn(PARTS, name)),
  )
}

async function measureQuestions(model: Model): Promise<Part> {
  const rules = await measureRules(model)
  process.stdout.write(rulesTable(rules))
  return { good: rules.every(isReliable), result: rules }
}

async function replayAll(model: Model): Promise<Part> {
  process.stdout.write(
    `\n${MESSAGES} messages, among them ${WAVES} waves of one picture each, ${WAVES} whose words differ, ` +
      `and ${COPY_PAIRS + TEMPLATE_PAIRS} innocent pairs\n`,
  )
  const traffic = await makeTraffic(Date.now())
  const reader = readingOnce(model)
  const replays: Replay[] = []
  for (const mode of MODES) {
    replays.push(await replay(mode, traffic, reader))
    process.stderr.write(`mode ${mode} done\n`)
  }
  process.stdout.write(replayTable(replays))
  const result = replays.map(({ hot, ...rest }) => ({
    ...rest,
    wallMs: times(hot.wallMs),
    processorMs: times(hot.processorMs),
  }))
  return { good: replays.every(isGood), result }
}

/** The model, except that it reads each picture once for all modes: reading takes most of the time. */
function readingOnce(model: Model): ReplayModel {
  const texts = new Map<string, ReturnType<Model['read']>>()
  return {
    card: model.card,
    matcher: model.matcher,
    describe: (...of) => model.describe(...of),
    match: (...of) => model.match(...of),
    embedImage: (...of) => model.embedImage(...of),
    forget: (...of) => model.forget(...of),
    score: (...of) => model.score(...of),
    read: async (image, options) => {
      const source = image instanceof Uint8Array ? await imageSourceOf(image) : image
      const text = texts.get(source.key) ?? model.read(source, options)
      texts.set(source.key, text)
      text.catch(() => texts.delete(source.key))
      return text
    },
  }
}

function times(sorted: readonly number[]) {
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: sorted.at(-1) }
}

function replayTable(replays: readonly Replay[]): string {
  const row = (name: string, value: (one: Replay) => string) => [name, ...replays.map(value)]
  return formatTable([
    row('mode', ({ mode }) => mode),
    row('waves of one picture found by the third post', found('copies', 'byThird')),
    row('at the first', found('copies', 'atFirst')),
    row('opened by', ({ waves }) => counts(waves.copies.reasons)),
    row('waves with other words found by the third post', found('varied', 'byThird')),
    row('at the first', found('varied', 'atFirst')),
    row('opened by', ({ waves }) => counts(waves.varied.reasons)),
    row('cases', ({ cases }) => String(cases)),
    row('scam messages removed', ({ scamsRemoved }) => String(scamsRemoved)),
    row('innocent messages removed', ({ innocentsRemoved }) => String(innocentsRemoved)),
    row(
      'innocent messages in a case',
      ({ innocentsFlagged, innocents }) => `${innocentsFlagged} of ${innocents}`,
    ),
    row('pictures read', ({ read }) => String(read)),
    row('of them innocent', ({ innocentsRead }) => String(innocentsRead)),
    row('processor time of a picture, p50', inMs('processorMs', 0.5)),
    row('p99', inMs('processorMs', 0.99)),
    row('by the clock, p50', inMs('wallMs', 0.5)),
    row('p99', inMs('wallMs', 0.99)),
  ])
}

function found(kind: WaveKind, when: 'byThird' | 'atFirst') {
  return ({ waves }: Replay) => percent(waves[kind][when] / WAVES)
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function inMs(which: keyof Replay['hot'], share: number) {
  return ({ hot }: Replay) => `${quantile(hot[which], share).toFixed(1)} ms`
}

/** Whether no picture with other words is taken for the same. */
function areTold({ otherWords }: LookAlikes): boolean {
  return otherWords.removed === 0
}

/** Whether a rule is right often enough, alone: a server has one, not the mean of twelve. */
function isReliable({ unseen }: RuleResult): boolean {
  const { precision, recall } = sharesOf(unseen)
  return (precision ?? 0) >= LEAST && (recall ?? 0) >= LEAST
}

function rulesTable(results: readonly RuleResult[]): string {
  return formatTable([
    ['rule', 'threshold', 'in so many pictures', 'precision', 'recall'],
    ...results.map(({ question, suggested, unseen }) => [
      question,
      percent(suggested),
      ...shares(unseen),
    ]),
    ['all', '', ...shares(together(results))],
  ])
}

function shares(found: Found): string[] {
  const { precision, recall } = sharesOf(found)
  return [String(found.there), percent(precision), percent(recall)]
}
