/**
 * What moderation finds, what it leaves alone, and how long it looks: pictures that differ in their
 * words alone, a replay of 5,000 messages in each mode, and the demo model's questions as rules.
 * Exits 1 if a bar is missed.
 */

import path from 'node:path'
import { parseArgs } from 'node:util'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readRuleScenes } from '../quality/demo-scenes.ts'
import { lookAlikesTable, measureLookAlikes } from './look-alikes.ts'
import { isGood, quantile, replay, type Replay } from './replay.ts'
import { type Found, measureRules, type RuleResult, sharesOf, together } from './rules.ts'
import { makeTraffic, MESSAGES, PAIRS, WAVES } from './traffic.ts'
import { writeResults } from '../report/results.ts'
import { formatTable, percent } from '../report/tally.ts'

const MODES = ['log', 'approve', 'act'] as const
const LEAST = 0.97

export async function runModerationBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { 'rules-only': { type: 'boolean' } } })
  const model = await openModel(findModel('demo'))
  try {
    const rules = await measureRules(model, readRuleScenes())
    process.stdout.write(rulesTable(rules))
    const replays = values['rules-only'] === true ? [] : await replayAll(model)
    const lookAlikes = await measureLookAlikes()
    process.stdout.write(`\n${lookAlikesTable(lookAlikes)}`)
    const good =
      rules.every(isReliable) &&
      replays.every(isGood) &&
      lookAlikes.every(({ removed }) => removed === 0)
    if (replays.length > 0) {
      const file = writeResults('moderation', {
        good,
        replay: replays.map(({ hot, ...rest }) => ({
          ...rest,
          wallMs: times(hot.wallMs),
          processorMs: times(hot.processorMs),
        })),
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
    `\n${MESSAGES} messages, among them ${WAVES} waves and ${PAIRS} innocent pairs\n`,
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
    row('waves found by the third post', ({ found }) => percent(found / WAVES)),
    row('waves found at the first', ({ foundAtFirst }) => percent(foundAtFirst / WAVES)),
    row('cases', ({ cases }) => String(cases)),
    row('scam messages removed', ({ scamsRemoved }) => String(scamsRemoved)),
    row('innocent messages removed', ({ innocentsRemoved }) => String(innocentsRemoved)),
    row('innocent messages in a case', ({ innocentsFlagged }) => String(innocentsFlagged)),
    row('processor time of a picture, p50', inMs('processorMs', 0.5)),
    row('p99', inMs('processorMs', 0.99)),
    row('by the clock, p50', inMs('wallMs', 0.5)),
    row('p99', inMs('wallMs', 0.99)),
  ])
}

function inMs(which: keyof Replay['hot'], share: number) {
  return ({ hot }: Replay) => `${quantile(hot[which], share).toFixed(1)} ms`
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
