/**
 * The loopback Discord: REST, gateway, CDN and page on one port of 127.0.0.1.
 *
 * It does not depend on a particular bot: any discord.js client works with `api` and `token`.
 */

import type { AboutBot, BotModels } from './world/types.ts'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { systemClock } from './protocol/clock.ts'
import type { Clock } from './protocol/clock.ts'
import type { Exchange } from './protocol/exchange.ts'
import { Faults } from './faults/faults.ts'
import { Gateway } from './gateway/gateway.ts'
import type { GatewayOptions } from './gateway/gateway.ts'
import { Router, HOST } from './router.ts'
import { MemberApi } from './members-api/api.ts'
import { RateLimits } from './rest/rate-limits.ts'
import type { RateLimitSettings } from './rest/rate-limits.ts'
import { RestApi } from './rest/api.ts'
import type { Timing } from './protocol/timing.ts'
import type { World } from './world/world.ts'
import type { Links } from './world/links.ts'
import { readSample } from './static-files.ts'
import { openWorld } from './state/open.ts'

export type { AboutBot, BotModels }

/** A token in the format of a real one, valid only for this sandbox. */
export const SANDBOX_TOKEN = 'c2FuZGJveA.loopback.not-a-secret'

/** Options of a sandbox. */
export type SandboxOptions = {
  /** Default 0, a free port. */
  readonly port?: number
  readonly clock?: Clock
  readonly token?: string
  readonly botName?: string
  /** Whether the developer portal grants the Message Content intent. Default true. */
  readonly messageContent?: boolean
  /**
   * The state file, which a later start loads; created if it does not exist. Default: in memory
   * only.
   */
  readonly stateFile?: string
  /**
   * Time until a message gets the previews of its links, in milliseconds. Default 400; Discord
   * takes some hundred.
   */
  readonly linkDelayMs?: number
  /** The gateway's settings. */
  readonly gateway?: GatewayOptions
  /**
   * Rate limits: Discord's, other numbers, or off. Default `discord`, but `off` with a custom
   * clock, because a bucket is only reset when that clock moves.
   */
  readonly rateLimits?: 'discord' | 'off' | RateLimitSettings
  /** Called with every exchange of the REST API just before its response is sent. */
  readonly observe?: (exchange: Exchange) => void
  /** Called with the time that each request and each event took. */
  readonly measure?: (timing: Timing) => void
}

/** A running sandbox. */
export type Sandbox = {
  /** The page's address. */
  readonly url: string
  /** The value of discord.js's `rest.api`. */
  readonly api: string
  /** The origin of attachments' links, for the bot's list of allowed hosts. */
  readonly cdn: string
  readonly token: string
  readonly world: World
  /** What links show: register them here, because the sandbox never fetches any. */
  readonly links: Links
  readonly gateway: Gateway
  /** Injects faults. */
  readonly faults: Faults
  /**
   * What the page says of the bot from now on: a sentence in its welcome, and the models that it can answer
   * with. Nothing before the first call.
   */
  present(about: AboutBot | null, models: BotModels | null): void
  close(): Promise<void>
}

/** Starts a sandbox; rejects if the port is in use or the state file cannot be used. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const start = {
    clock: options.clock ?? systemClock,
    token: options.token ?? SANDBOX_TOKEN,
    botName: options.botName ?? 'Sightseer',
    messageContent: options.messageContent ?? true,
  }
  const { world, interactions, state } = await openWorld(start, options.stateFile)
  const { measure, observe, linkDelayMs } = options
  if (linkDelayMs !== undefined) {
    world.links.delayMs = linkDelayMs
  }
  const gateway = new Gateway(world, { ...options.gateway, ...(measure && { measure }) })
  const faults = new Faults(world, gateway)
  const members = new MemberApi(world, interactions)
  const limits = new RateLimits(world.clock, limitSettings(options))
  const rest = new RestApi({ world, gateway, interactions, limits, faults, observe })
  const router = new Router({
    world,
    gateway,
    members,
    rest,
    faults,
    settle: () => state?.settle(),
    measure,
  })

  const server = createServer((request, response) => void router.answer(request, response))
  server.on('upgrade', (request, socket: IncomingMessage['socket'], head: Buffer) => {
    router.upgrade(request, socket, head)
  })
  server.listen(options.port ?? 0, HOST)
  await once(server, 'listening').catch((error: unknown) => {
    state?.close()
    throw error
  })
  const address = server.address()
  if (typeof address !== 'object' || !address) {
    throw new TypeError('expected a TCP port')
  }
  const url = `http://${HOST}:${address.port}`
  world.cdn.origin = url
  world.links.readOwnFile = readSample
  gateway.url = `ws://${HOST}:${address.port}/gateway`
  return {
    url,
    api: `${url}/api`,
    cdn: url,
    token: world.application.token,
    world,
    links: world.links,
    gateway,
    faults,
    present: (about, models) => present(world, about, models),
    async close() {
      await router.close(server)
      state?.close()
    },
  }
}

function present(world: World, about: AboutBot | null, models: BotModels | null): void {
  Object.assign(world.application, { about, models })
  world.emit({ name: 'APPLICATION_ABOUT' })
}

function limitSettings({ rateLimits, clock }: SandboxOptions): RateLimitSettings | null {
  const setting = rateLimits ?? (clock ? 'off' : 'discord')
  if (setting === 'off') {
    return null
  }
  return setting === 'discord' ? {} : setting
}
