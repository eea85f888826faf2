/**
 * The whole fleet through Discord while everything around it fails: a bot for each of three shards,
 * three workers, and the trouble of test/helpers/troubled-fleet.ts. Each interaction must be answered or
 * told why not, once, before its token expires, and nothing may be left behind.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { APIMessage } from 'discord.js'
import { pino } from 'pino'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { Member } from 'loopback-discord/client'
import type { Exchange } from 'loopback-discord/exchange'
import { PERMISSION } from 'loopback-discord/permissions'
import { isFinished, JOBS } from '../../bot/jobs/job-record.ts'
import { openStore } from '../../bot/store/store.ts'
import { shardOf } from '../../config/shards.ts'
import { FLEET_KEY } from '../../test/helpers/fleet.ts'
import { TroubledFleet } from '../../test/helpers/troubled-fleet.ts'
import type { Health } from '../soak/bot.ts'
import { outcomesOf, type Sent } from '../soak/kill-outcomes.ts'
import { isFinal, PICTURES } from '../soak/people.ts'

const BOTS = 3
const WORKERS = 3
const MEMBERS_OF_EACH = 40
const ALL_PERMISSIONS = Object.values(PERMISSION).reduce((all, one) => all | one, 0n)
/** How long to wait for the last answers. */
const PATIENCE_MS = 300_000
const CHECK_EVERY_MS = 2000
/** Discord takes no first response later than 3 s after the command. */
const ACCEPTANCE_MS = 5000
const PROGRESS_EVERY = 20
/** Memory is compared from when this share of the interactions was sent. */
const WARM = 0.2
/** Discord's code for an interaction's token that has expired. */
const EXPIRED = 50_027
const REFUSED = 400

export type ChaosOptions = {
  readonly interactions: number
  /** Interactions a second. */
  readonly rate: number
  /** Seconds between two troubles: a worker must have time to start in between. */
  readonly every: number
}

/** @returns what came of the interactions, and of the memory of each bot. */
export async function measureChaos(options: ChaosOptions) {
  await using stack = new AsyncDisposableStack()
  const fleet = stack.adopt(await TroubledFleet.start(WORKERS, options.every * 1000), (one) =>
    one.stop(),
  )
  const refusals = new Refusals()
  const observe = (exchange: Exchange) => refusals.add(exchange)
  const sandbox = stack.adopt(await startSandbox({ rateLimits: 'off', observe }), (one) =>
    one.close(),
  )
  const people = await gather(sandbox)
  stack.defer(() => people.forEach((member) => member.close()))
  const bots: ChildProcess[] = []
  stack.defer(async () => {
    await Promise.all(bots.map(stopBot))
  })
  bots.push(
    ...(await Promise.all(
      Array.from({ length: BOTS }, (_, shard) => startBot(sandbox, fleet.url, shard)),
    )),
  )
  const { sent, memory, refused } = await act(people, bots, { ...options, fleet })
  const events = people.flatMap((member) => member.events)
  const { command, sentences, faults } = outcomesOf(sent, events)
  return {
    ...options,
    bots: BOTS,
    workers: WORKERS,
    trouble: fleet.counts,
    ...command,
    unaccepted: command.sent - command.accepted,
    /** Could not be sent, because no bot was connected. */
    refused,
    differing: differing(sent, events),
    /** Of an interaction that was acknowledged, after its token had expired. */
    afterToken: refusals.afterToken,
    refusals: refusals.counts,
    sentences,
    faults,
    jobsLeft: await jobsLeft(fleet.url),
    memory,
  }
}

/** A server for each shard, each with its members, one of whom is connected for each channel. */
async function gather({ world, url }: Sandbox): Promise<Member[]> {
  const people: Member[] = []
  for (let shard = 0; shard < BOTS; shard += 1) {
    const owner = world.addUser(`chaos${shard}`, `chaos${shard}`)
    let guild = world.addGuild(`shard ${shard}`, owner.id, ALL_PERMISSIONS)
    while (shardOf(guild.id, BOTS) !== shard) {
      world.guilds.delete(guild.id)
      guild = world.addGuild(`shard ${shard}`, owner.id, ALL_PERMISSIONS)
    }
    world.addMember(guild, world.application.bot.id)
    const { id } = world.addChannel(guild, { name: `chaos-${shard}`, position: 0 })
    for (let i = 0; i < MEMBERS_OF_EACH; i += 1) {
      const name = `chaos${shard}m${i}`
      world.addMember(guild, world.addUser(name, name).id)
      people.push(await Member.connect(url, name, { channel: id }))
    }
  }
  return people
}

type Run = ChaosOptions & { readonly fleet: TroubledFleet }

async function act(people: readonly Member[], bots: readonly ChildProcess[], run: Run) {
  const { interactions, rate, fleet } = run
  const sent: Asked[] = []
  const asking: Promise<void>[] = []
  const trouble = new AbortController()
  const troubled = fleet.trouble(trouble.signal)
  let refused = 0
  let early: Health[] = []
  for (let turn = 0; turn < interactions; turn += 1) {
    if (turn === Math.floor(interactions * WARM)) {
      early = await healthOf(bots)
    }
    const member = people[turn % people.length]!
    const picture = turn % PICTURES.length
    const used = member.use('describe', { image: PICTURES[picture]! }).then(
      (id) => void sent.push({ id, kind: 'command', at: turn, picture }),
      () => void (refused += 1),
    )
    asking.push(used)
    await delay(1000 / rate)
    if (turn % PROGRESS_EVERY === PROGRESS_EVERY - 1) {
      process.stderr.write(`${turn + 1} interactions\n`)
    }
  }
  await Promise.all(asking)
  trouble.abort()
  await troubled
  await settled(sent, people)
  const late = await healthOf(bots)
  const memory = late.map(({ heapMib, residentMib }, i) => ({
    heapMib: [early[i]?.heapMib ?? NaN, heapMib],
    residentMib: [early[i]?.residentMib ?? NaN, residentMib],
  }))
  return { sent, refused, memory }
}

type Asked = Sent & { readonly picture: number }

/** Waits until all that were accepted are answered, and none can be accepted any more. */
async function settled(sent: readonly Sent[], people: readonly Member[]): Promise<void> {
  await delay(ACCEPTANCE_MS)
  const end = Date.now() + PATIENCE_MS
  const left = () => {
    const { command } = outcomesOf(
      sent,
      people.flatMap(({ events }) => events),
    )
    return command.leftWaiting
  }
  while (left() > 0 && Date.now() < end) {
    await delay(CHECK_EVERY_MS)
  }
}

/** Answers whose text is not the one that most have of the same picture. */
function differing(sent: readonly Asked[], events: Member['events']): number {
  const texts = new Map<string, string>()
  for (const { message } of events) {
    const id = message?.interaction_metadata?.id
    if (message && id !== undefined && isAnswer(message)) {
      texts.set(id, message.content)
    }
  }
  let count = 0
  for (const asked of Map.groupBy(sent, ({ picture }) => picture).values()) {
    const answers = asked.flatMap(({ id }) => texts.get(id) ?? [])
    const bySize = [...Map.groupBy(answers, (text) => text).values()]
      .map(({ length }) => length)
      .toSorted((a, b) => b - a)
    count += answers.length - (bySize[0] ?? 0)
  }
  return count
}

function isAnswer(message: APIMessage): boolean {
  return isFinal(message) && (message.components?.length ?? 0) > 0
}

/** Unfinished jobs in the bots' store. */
async function jobsLeft(url: string): Promise<number> {
  const store = await openStore({
    url: storeOf(url),
    keys: [FLEET_KEY],
    log: pino({ level: 'silent' }),
  })
  const records = await Array.fromAsync(store.collection(JOBS).entries())
  await store.close()
  return records.filter(([, record]) => !isFinished(record)).length
}

/** The bots' database, in the Redis of the queue. */
const storeOf = (url: string) => `${url}/1`

async function startBot(
  { token, api }: Sandbox,
  url: string,
  shard: number,
): Promise<ChildProcess> {
  const log = openSync(path.join(tmpdir(), `sightseer-chaos-bot-${shard}.log`), 'w')
  const bot = fork(new URL('../soak/bot.ts', import.meta.url), {
    env: {
      PATH: process.env['PATH'],
      DISCORD_TOKEN: token,
      DISCORD_API: api,
      SHARDS: String(BOTS),
      SHARD_IDS: String(shard),
      SIGHTSEER_MODEL: url,
      SIGHTSEER_STORE: storeOf(url),
      SIGHTSEER_STORE_KEY: Buffer.from(FLEET_KEY).toString('base64'),
    },
    stdio: ['ignore', 'inherit', log, 'ipc'],
  })
  closeSync(log)
  await Promise.race([
    once(bot, 'message'),
    once(bot, 'exit').then(() => {
      throw new Error(`bot ${shard} ended by itself`)
    }),
  ])
  return bot
}

function healthOf(bots: readonly ChildProcess[]): Promise<Health[]> {
  return Promise.all(
    bots.map(async (bot) => {
      const reported: Promise<Health[]> = once(bot, 'message')
      bot.send({})
      const [health] = await reported
      return health!
    }),
  )
}

async function stopBot(bot: ChildProcess): Promise<void> {
  if (bot.exitCode === null && bot.signalCode === null) {
    const exited = once(bot, 'exit')
    bot.disconnect()
    await exited
  }
}

/** What Discord refused the bots, by the kind of request and its code. */
class Refusals {
  readonly counts: Record<string, number> = {}
  afterToken = 0

  add({ method, path: where, status, responseBody }: Exchange): void {
    if (status < REFUSED) {
      return
    }
    const code = codeIn(responseBody)
    const route = where.replaceAll(/\/\d+(?:\/[\w-]{40,})?/g, '/…')
    const name = `${method} ${route}: ${code ?? status}`
    this.counts[name] = (this.counts[name] ?? 0) + 1
    this.afterToken += Number(code === EXPIRED)
  }
}

function codeIn(body: unknown): number | undefined {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return typeof code === 'number' ? code : undefined
}
