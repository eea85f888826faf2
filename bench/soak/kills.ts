/**
 * The bot is killed (`kill -9`) at random moments while people use it. Every request that it accepted
 * must be answered, or told that there is no answer, once.
 *
 * The bot is a process of its own, with the demo model; the sandbox and the people are this one. A
 * command is accepted when its response is deferred, a message when it has a reply. If a request has
 * no end, the folder with the bot's log and its SQLite file stays.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { closeSync, openSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Member } from 'loopback-discord/client'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { ConfigError } from '../../config/errors.ts'
import { createRandom } from '../report/random.ts'
import { writeResults } from '../report/results.ts'
import { outcomesOf, type Sent } from './kill-outcomes.ts'
import { PICTURES } from './people.ts'

const MEMBERS = 16
/** Milliseconds that a process lives after it has joined. */
const LIFE_MS = { least: 200, most: 4_000 }
/** How long to wait for the last answers, and for the next one of them. */
const PATIENCE_MS = 900_000
const QUIET_MS = 120_000
const CHECK_EVERY_MS = 2_000
const SEED = 12

/** `npm run bench -- kills`. */
export async function runKillsBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '200' },
      rate: { type: 'string', default: '3' },
      store: { type: 'string' },
    },
  })
  const [kills = 0, rate = 0] = [values.kills, values.rate].map(Number)
  if (!(kills > 0 && rate > 0)) {
    throw new ConfigError(['--kills and --rate are numbers above 0.'])
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sightseer-kills-'))
  const store = values.store ?? `sqlite:${path.join(folder, 'store')}`
  const sandbox = await startSandbox()
  const people = await join(sandbox)
  let isClean = false
  try {
    const sent = await act(sandbox, people, { kills, rate, folder, store })
    const { faults, ...outcomes } = outcomesOf(sent, people[0]!.events)
    isClean = faults.length === 0
    const backend = store.split(':', 1)[0]
    const results = { kills, rate, backend, ...outcomes, faults, loadAverage: loadavg()[1] ?? 0 }
    writeResults('kills', results)
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  } finally {
    for (const member of people) {
      member.close()
    }
    await sandbox.close()
    if (isClean) {
      await rm(folder, { recursive: true })
    } else {
      process.stderr.write(`${folder} has the log of the bot\n`)
    }
  }
}

async function join({ world, url }: Sandbox): Promise<Member[]> {
  const people: Member[] = []
  for (let i = 0; i < MEMBERS; i++) {
    world.addMember(world.guild, world.addUser(`kills${i}`, `kills${i}`).id)
    const name = `kills-${i}`
    world.addChannel(world.guild, { name, position: 10 + i })
    people.push(await Member.connect(url, `kills${i}`, { channel: name }))
  }
  return people
}

type Run = {
  readonly kills: number
  readonly rate: number
  readonly folder: string
  /** Address of the store. */
  readonly store: string
}

/** People use the bot at a steady rate while it is killed, then wait for the last answers. */
async function act(sandbox: Sandbox, people: readonly Member[], run: Run): Promise<Sent[]> {
  const random = createRandom(SEED)
  const sent: Sent[] = []
  let turn = 0
  let timer: NodeJS.Timeout | undefined
  let kill = 1
  for (; kill <= run.kills; kill++) {
    const bot = await start(sandbox, run)
    timer ??= setInterval(
      () => void use(sandbox, people, turn++).then((one) => one && sent.push({ ...one, at: kill })),
      1000 / run.rate,
    )
    await wait(random.between(LIFE_MS.least, LIFE_MS.most))
    const ended = once(bot, 'exit')
    bot.kill('SIGKILL')
    await ended
    if (kill % 20 === 0) {
      process.stderr.write(`${kill} kills, ${turn} requests\n`)
    }
  }
  clearInterval(timer)
  const last = await start(sandbox, run)
  await settled(sent, people[0]!)
  const ended = once(last, 'exit')
  last.disconnect()
  await ended
  return sent
}

async function start({ token, api }: Sandbox, { folder, store }: Run): Promise<ChildProcess> {
  const log = openSync(path.join(folder, 'log'), 'a')
  const bot = fork(new URL('./bot.ts', import.meta.url), {
    env: {
      PATH: process.env['PATH'],
      DISCORD_TOKEN: token,
      DISCORD_API: api,
      SIGHTSEER_STORE: store,
      SOAK_LOG: 'info',
    },
    stdio: ['ignore', 'inherit', log, 'ipc'],
  })
  closeSync(log)
  const exited = once(bot, 'exit').then(() => {
    throw new Error(`the bot ended by itself: ${path.join(folder, 'log')}`)
  })
  await Promise.race([once(bot, 'message'), exited])
  exited.catch(() => {}) // from here on it may be killed
  return bot
}

/**
 * The next person describes by a command or a mention.
 *
 * @returns what was sent; null if the bot is down, so that the command cannot be used. A message is
 *   sent all the same, but nobody hears it.
 */
async function use(
  { world: { application } }: Sandbox,
  people: readonly Member[],
  turn: number,
): Promise<Omit<Sent, 'at'> | null> {
  const member = people[turn % people.length]!
  const image = PICTURES[turn % PICTURES.length]!
  if (turn % 2 === 0) {
    const id = await member.use('describe', { image }).catch(() => null)
    return id === null ? null : { id, kind: 'command' }
  }
  const { id } = await member.upload(image, `<@${application.id}>`)
  return { id, kind: 'message' }
}

/** Waits until no accepted request waits, or nothing has changed for a long time. */
async function settled(sent: readonly Sent[], { events }: Member): Promise<void> {
  const started = performance.now()
  let seen = -1
  let changed = started
  let now = started
  while (now - started < PATIENCE_MS && now - changed < QUIET_MS) {
    await wait(CHECK_EVERY_MS)
    now = performance.now()
    changed = seen === events.length ? changed : now
    seen = events.length
    const { command, message } = outcomesOf(sent, events)
    if (command.leftWaiting + message.leftWaiting === 0) {
      return
    }
  }
}
