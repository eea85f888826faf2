/**
 * The bot is killed (`kill -9`) at random moments while people use it. Every request that it accepted
 * must be answered, or told that there is no answer, once.
 *
 * The bot is a process of its own, with the demo model and SQLite; the sandbox and the people are this
 * one. A command is accepted when its response is deferred, a message when it has a reply.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { APIMessage } from 'discord.js'
import { Member } from 'loopback-discord/client'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { createRandom } from '../report/random.ts'
import { writeResults } from '../report/results.ts'
import { isFinal, PICTURES } from './people.ts'

const MEMBERS = 16
/** Milliseconds that a process lives after it has joined. */
const LIFE_MS = { least: 200, most: 4_000 }
/** How long to wait for the last answers. */
const PATIENCE_MS = 600_000
const QUIET_MS = 40_000
const SEED = 12

/** `npm run bench -- kills`. */
export async function runKillsBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '200' },
      rate: { type: 'string', default: '3' },
    },
  })
  const [kills = 0, rate = 0] = [values.kills, values.rate].map(Number)
  if (!(kills > 0 && rate > 0)) {
    throw new RangeError('--kills and --rate are numbers above 0.')
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sightseer-kills-'))
  const sandbox = await startSandbox()
  const people = await join(sandbox)
  try {
    const sent = await act(sandbox, people, { kills, rate, folder })
    const results = { kills, rate, ...outcomes(sent, people[0]!), loadAverage: loadavg()[1] ?? 0 }
    writeResults('kills', results)
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  } finally {
    for (const member of people) {
      member.close()
    }
    await sandbox.close()
    await rm(folder, { recursive: true })
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

/** Ids of what was sent. */
type Sent = { readonly commands: string[]; readonly messages: string[] }

/** People use the bot at a steady rate while it is killed, then wait for the last answers. */
async function act(
  sandbox: Sandbox,
  people: readonly Member[],
  { kills, rate, folder }: { kills: number; rate: number; folder: string },
): Promise<Sent> {
  const random = createRandom(SEED)
  const sent: Sent = { commands: [], messages: [] }
  let turn = 0
  let timer: NodeJS.Timeout | undefined
  for (let kill = 1; kill <= kills; kill++) {
    const bot = await start(sandbox, folder)
    timer ??= setInterval(() => void use(sandbox, people, sent, turn++), 1000 / rate)
    await wait(random.between(LIFE_MS.least, LIFE_MS.most))
    const ended = once(bot, 'exit')
    bot.kill('SIGKILL')
    await ended
    if (kill % 20 === 0) {
      process.stderr.write(`${kill} kills, ${turn} requests\n`)
    }
  }
  clearInterval(timer)
  const last = await start(sandbox, folder)
  await settled(people[0]!)
  const ended = once(last, 'exit')
  last.disconnect()
  await ended
  return sent
}

async function start({ token, api }: Sandbox, folder: string): Promise<ChildProcess> {
  const bot = fork(new URL('./bot.ts', import.meta.url), {
    env: {
      PATH: process.env['PATH'],
      DISCORD_TOKEN: token,
      DISCORD_API: api,
      SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store')}`,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(bot, 'message')
  return bot
}

/** The next person describes by a command or a mention. While the bot is down, nobody hears it. */
async function use(
  { world: { application } }: Sandbox,
  people: readonly Member[],
  sent: Sent,
  turn: number,
): Promise<void> {
  const member = people[turn % people.length]!
  const image = PICTURES[turn % PICTURES.length]!
  try {
    if (turn % 2 === 0) {
      sent.commands.push(await member.use('describe', { image }))
    } else {
      const { id } = await member.upload(image, `<@${application.id}>`)
      sent.messages.push(id)
    }
  } catch {
    // The bot is down: the command cannot be used.
  }
}

/** Waits until nothing has changed for a while. */
async function settled({ events }: Member): Promise<void> {
  const givenUp = performance.now() + PATIENCE_MS
  let seen = -1
  while (seen !== events.length && performance.now() < givenUp) {
    seen = events.length
    await wait(QUIET_MS)
  }
}

type Outcome = {
  accepted: number
  answered: number
  told: number
  leftWaiting: number
  doubled: number
}

/** How the accepted requests ended, by what the channels show. */
function outcomes({ commands, messages }: Sent, { events }: Member) {
  const byCommand = new Map<string, Map<string, APIMessage>>()
  const byMessage = new Map<string, Map<string, APIMessage>>()
  for (const { message, type, id } of events) {
    if (type === 'deleted') {
      for (const replies of byMessage.values()) {
        replies.delete(id ?? '')
      }
    }
    const command = message?.interaction_metadata?.id
    const asked = message?.message_reference?.message_id
    const [map, key] = command === undefined ? [byMessage, asked] : [byCommand, command]
    if (message && key !== undefined) {
      const shown = map.get(key) ?? new Map<string, APIMessage>()
      map.set(key, shown.set(message.id, message))
    }
  }
  return {
    sent: commands.length + messages.length,
    commands: outcomeOf(commands, byCommand),
    messages: outcomeOf(messages, byMessage),
  }
}

function outcomeOf(
  ids: readonly string[],
  shown: ReadonlyMap<string, ReadonlyMap<string, APIMessage>>,
): Outcome {
  const outcome = { accepted: 0, answered: 0, told: 0, leftWaiting: 0, doubled: 0 }
  for (const id of ids) {
    const all = [...(shown.get(id)?.values() ?? [])]
    const final = all.filter(isFinal)
    const [first] = final
    outcome.accepted += Number(all.length > 0)
    outcome.doubled += Number(all.length > 1)
    outcome.leftWaiting += Number(all.length > 0 && first === undefined)
    const isAnswer = (first?.components?.length ?? 0) > 0
    outcome.answered += Number(first !== undefined && isAnswer)
    outcome.told += Number(first !== undefined && !isAnswer)
  }
  return outcome
}
