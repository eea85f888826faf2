/**
 * What moderation finds, what it leaves alone, and how long it looks: pictures that differ in their
 * words alone, a replay of 5,000 messages in each mode, how many pictures are read beside people, and
 * the demo model's questions as rules.
 * Exits 1 if a bar is missed.
 */

import path from 'node:path'
import { parseArgs } from 'node:util'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readRuleScenes } from '../quality/demo-scenes.ts'
import { type LookAlikes, lookAlikesTable, measureLookAlikes } from './look-alikes.ts'
import { measureReadingRate, readingRateTable } from './reading-rate.ts'
import { isGood, replay, type Replay } from './replay.ts'
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
import { writeResults } from '../report/results.ts'
import { formatTable, percent } from '../report/tally.ts'

const MODES = ['log', 'approve', 'act'] as const
const LEAST = 0.97

export async function runModerationBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { 'rules-only': { type: 'boolean' } } })
  const model = await openModel(findModel('demo'))
  try {
    const scenes = readRuleScenes()
    const rules = await measureRules(model, scenes)
    process.stdout.write(rulesTable(rules))
    let good = rules.every(isReliable)
    if (values['rules-only'] !== true) {
      const pictures = scenes.map(({ picture }) => picture)
      const reading = await measureReadingRate(model, pictures)
      process.stdout.write(`\n${readingRateTable(reading)}`)
      const lookAlikes = await measureLookAlikes(model)
      process.stdout.write(`\n${lookAlikesTable(lookAlikes)}`)
      const replays = await replayAll(model)
      good &&= replays.every(isGood) && lookAlikes.every(areTold)
      const file = writeResults('moderation', {
        good,
        replay: replays.map(({ hot, ...rest }) => ({
          ...rest,
          wallMs: times(hot.wallMs),
          processorMs: times(hot.processorMs),
        })),
        reading,
        lookAlikes,
        rules,
      })
      process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`)
    }
    if (!good) {
      process.stdout.write('A bar was missed.\n')
      process.exitCode = 1
    }
  } finally {
    await model.close()
  }
}

async function replayAll(model: Model): Promise<Replay[]> {
  process.stdout.write(
    `\n${MESSAGES} messages, among them ${WAVES} waves of one picture each, ${WAVES} whose words differ, ` +
      `and ${COPY_PAIRS + TEMPLATE_PAIRS} innocent pairs\n`,
  )
  const traffic = await makeTraffic(Date.now())
  const replays: Replay[] = []
  for (const mode of MODES) {
    replays.push(await replay(mode, traffic, model))
    process.stderr.write(`mode ${mode} done\n`)
  }
  process.stdout.write(replayTable(replays))
  return replays
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
  const another = ['by another hand: precision', 'recall']
  return formatTable([
    ['rule', 'threshold', 'in so many scenes', 'precision', 'recall', ...another],
    ...results.map(({ question, suggested, unseen, otherHand }) => [
      question,
      percent(suggested),
      ...shares(unseen),
      ...shares(otherHand).slice(1),
    ]),
    [
      'all',
      '',
      ...shares(together(results, 'unseen')),
      ...shares(together(results, 'otherHand')).slice(1),
    ],
  ])
}

function shares(found: Found): string[] {
  const { precision, recall } = sharesOf(found)
  return [String(found.there), percent(precision), percent(recall)]
}
