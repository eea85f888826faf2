/**
 * Runs the bot's own detector, hash list, cases and store on the traffic, in each mode. Only the
 * network is missing: the discord.js messages are made here, and the bot's actions are recorded.
 */

import { ChannelType, Client, Guild, Message } from 'discord.js'
import { type Logger, pino } from 'pino'
import { decided } from '../../bot/moderation/cases/case.ts'
import { CasePictures } from '../../bot/moderation/cases/pictures.ts'
import { CaseExecutor } from '../../bot/moderation/cases/executor.ts'
import { ModerationActions } from '../../bot/moderation/cases/discord-actions.ts'
import { GuildModeration } from '../../bot/moderation/settings.ts'
import { postingsSpace } from '../../bot/moderation/hashes/postings.ts'
import { PictureWords } from '../../bot/moderation/hashes/picture-words.ts'
import { HashList } from '../../bot/moderation/hashes/hash-list.ts'
import { Detector } from '../../bot/moderation/detector.ts'
import { EvidenceMemory } from '../../bot/pictures/evidence.ts'
import { Pictures } from '../../bot/pictures/pictures.ts'
import { openStore } from '../../bot/store/store.ts'
import type { Store } from '../../bot/store/types.ts'
import type { PictureLink } from '../../commands/picture.ts'
import type { Mode } from '../../commands/moderation/settings.ts'
import type { Model } from '../../inference/contract/types.ts'
import { type Posted, WAVE_POSTS, WAVES } from './traffic.ts'

const GUILD = '300000000000000000'
const LOG_CHANNEL = '300000000000000001'
const STAFF = '300000000000000002'
/** A wave counts as found if there is a case by this post of it. */
const FOUND_BY = 3

export type Replay = {
  readonly mode: Mode
  /** Waves with a case by their third post; with a case at their first. */
  readonly found: number
  readonly foundAtFirst: number
  readonly scamsRemoved: number
  readonly innocentsRemoved: number
  /** Innocent posts that ended up in a case. */
  readonly innocentsFlagged: number
  readonly cases: number
  /** Milliseconds per picture, sorted; with decoding, without carrying out cases. */
  readonly hot: { readonly wallMs: readonly number[]; readonly processorMs: readonly number[] }
}

type Took = { readonly wallMs: number; readonly processorMs: number }

/** Records the actions instead of sending them to Discord. */
class RecordedActions extends ModerationActions {
  readonly deleted: string[] = []
  #posted = 0

  override post(): Promise<string> {
    this.#posted += 1
    return Promise.resolve(String(400_000_000_000_000_000n + BigInt(this.#posted)))
  }

  override edit(): Promise<void> {
    return Promise.resolve()
  }

  override find(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  override search(): Promise<[]> {
    return Promise.resolve([])
  }

  override delete(_channelId: string, messageId: string): Promise<void> {
    this.deleted.push(messageId)
    return Promise.resolve()
  }

  override timeoutOf(): Promise<null> {
    return Promise.resolve(null)
  }

  override timeOut(): Promise<void> {
    return Promise.resolve()
  }

  override direct(userId: string): Promise<string> {
    return Promise.resolve(userId)
  }

  override message(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}

/** Separates the time to examine a picture from the time to carry out the few cases. */
class TimedExecutor extends CaseExecutor {
  spent: Took = { wallMs: 0, processorMs: 0 }

  override async carryOut(guildId: string, id: string): Promise<void> {
    const { wallMs, processorMs } = await timed(() => super.carryOut(guildId, id))
    this.spent = {
      wallMs: this.spent.wallMs + wallMs,
      processorMs: this.spent.processorMs + processorMs,
    }
  }
}

/** Replays the traffic once. Staff confirm each wave's case when the wave is over. */
export async function replay(
  mode: Mode,
  traffic: readonly Posted[],
  model: Pick<Model, 'describe' | 'forget' | 'read'>,
): Promise<Replay> {
  const log: Logger = pino({ level: 'error' }, pino.destination(2))
  const store = await openStore({ url: 'memory:', keys: [], log })
  try {
    return await lived(mode, traffic, { store, model, log })
  } finally {
    await store.close()
  }
}

type Around = {
  readonly store: Store
  readonly model: Pick<Model, 'describe' | 'forget' | 'read'>
  readonly log: Logger
}

async function lived(
  mode: Mode,
  traffic: readonly Posted[],
  { store, model, log }: Around,
): Promise<Replay> {
  const files = new Map(traffic.map(({ messageId, bytes }) => [urlOf(messageId), bytes]))
  const fetchPicture = ({ url }: PictureLink) => Promise.resolve(files.get(url)!)
  const client = clientOn(traffic)
  const actions = new RecordedActions(client)
  const guilds = new GuildModeration(store)
  const hashList = new HashList(store, guilds)
  const evidence = new EvidenceMemory()
  const pictures = new Pictures({ client, fetchPicture, model, log })
  const words = new PictureWords({ model, pictures, log })
  const deps = { store, guilds, hashList, words, evidence, pictures }
  const casePictures = new CasePictures({ actions, memory: evidence, model, pictures, words })
  const postings = postingsSpace(store)
  const executor = new TimedExecutor({ ...deps, actions, casePictures, postings, log })
  const detector = new Detector({ ...deps, executor, localeOf: () => 'en-US' })
  await guilds.change(GUILD, (old) => ({ ...old, mode, logChannel: LOG_CHANNEL }))
  const { settings } = await guilds.of(GUILD)

  const hot: Took[] = []
  const foundAt = new Map<number, number>()
  for (const post of traffic) {
    executor.spent = { wallMs: 0, processorMs: 0 }
    const message = messageOf(client, post)
    const hearing = await timed(() => detector.onMessage(message))
    hot.push(without(hearing, executor.spent))
    const caseId = await detector.caseOf(message)
    await executor.settle() // posts are seconds apart in reality, not back to back
    if (post.wave !== null && caseId !== null) {
      const { number, place } = post.wave
      foundAt.set(number, Math.min(place, foundAt.get(number) ?? place))
      if (place === WAVE_POSTS - 1) {
        const choice = { action: 'confirm', by: STAFF, now: Date.now() } as const
        await executor.change(GUILD, caseId, (old) => old && decided(old, choice, settings))
        await executor.carryOut(GUILD, caseId)
      }
    }
  }
  const places = [...foundAt.values()]
  return {
    mode,
    found: places.filter((place) => place < FOUND_BY).length,
    foundAtFirst: places.filter((place) => place === 0).length,
    ...(await effectOf(executor, actions, traffic)),
    hot: {
      wallMs: hot.map(({ wallMs }) => wallMs).toSorted((a, b) => a - b),
      processorMs: hot.map(({ processorMs }) => processorMs).toSorted((a, b) => a - b),
    },
  }
}

/** What was flagged and removed in the end. */
async function effectOf(
  executor: CaseExecutor,
  { deleted }: RecordedActions,
  traffic: readonly Posted[],
) {
  const scams = new Set(traffic.filter(({ wave }) => wave).map(({ messageId }) => messageId))
  const flagged = new Set<string>()
  let cases = 0
  for await (const [, { copies }] of executor.cases.entries()) {
    cases += 1
    for (const { messageId } of copies) {
      flagged.add(messageId)
    }
  }
  const removed = new Set(deleted)
  return {
    scamsRemoved: [...removed].filter((id) => scams.has(id)).length,
    innocentsRemoved: [...removed].filter((id) => !scams.has(id)).length,
    innocentsFlagged: [...flagged].filter((id) => !scams.has(id)).length,
    cases,
  }
}

/**
 * Whether a replay found 98 % of the waves by their third post, removed nothing innocent, and kept
 * the hot path within 30 ms a picture at p99, by the clock and with decoding. On a busy machine the
 * processor's time beside it tells whether the machine or the code caused a miss.
 */
export function isGood({ found, innocentsRemoved, hot }: Replay): boolean {
  return found / WAVES >= 0.98 && innocentsRemoved === 0 && quantile(hot.wallMs, 0.99) <= 30
}

/** @param sorted in rising order. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** Time by the clock, and of the processor on all threads of this process. */
async function timed(work: () => Promise<unknown>): Promise<Took> {
  const started = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wallMs: performance.now() - started, processorMs: (user + system) / 1000 }
}

function without(whole: Took, part: Took): Took {
  const left = (key: keyof Took) => Math.max(0, whole[key] - part[key])
  return { wallMs: left('wallMs'), processorMs: left('processorMs') }
}

function urlOf(messageId: string): string {
  return `https://cdn.discordapp.com/attachments/1/${messageId}/picture`
}

/** A discord.js client that already has the guild of the traffic in its cache. */
function clientOn(traffic: readonly Posted[]): Client {
  const client = new Client({ intents: [] })
  const channels = [...new Set(traffic.map(({ channelId }) => channelId))].map((id) => ({
    id,
    type: ChannelType.GuildText,
    name: id,
    permission_overwrites: [],
  }))
  const data = {
    id: GUILD,
    name: 'replay',
    owner_id: STAFF,
    preferred_locale: 'en-US',
    features: [],
    roles: [],
    channels,
  }
  const guild: unknown = Reflect.construct(Guild, [client, data])
  if (guild instanceof Guild) {
    client.guilds.cache.set(GUILD, guild)
  }
  return client
}

/** The message as discord.js makes it of what the gateway sends. */
function messageOf(
  client: Client,
  { messageId, memberId, channelId, at, name, bytes }: Posted,
): Message<true> {
  const attachment = {
    id: messageId,
    url: urlOf(messageId),
    proxy_url: urlOf(messageId),
    size: bytes.length,
    filename: name,
    content_type: 'image/png',
  }
  const message: unknown = Reflect.construct(Message, [
    client,
    {
      id: messageId,
      guild_id: GUILD,
      channel_id: channelId,
      content: '',
      timestamp: new Date(at).toISOString(),
      author: { id: memberId, username: memberId, discriminator: '0' },
      attachments: [attachment],
      embeds: [],
    },
  ])
  if (!(message instanceof Message) || !message.inGuild()) {
    throw new TypeError('expected a message of the server')
  }
  return message
}
