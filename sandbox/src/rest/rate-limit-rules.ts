/**
 * The rate limit of each route.
 *
 * Discord publishes no such list ("should not be hard coded"); these are numbers that library
 * authors observed in the headers: discord-api-docs issues 2761 (messages, deletes, channel names
 * and topics), 981 (reactions share one bucket), 1135 (reading messages has no bucket of its own);
 * eris pull request 1173 (bulk deletes, old messages).
 */

import { isJson } from '../protocol/field-checks.ts'

/** The limit of one bucket. */
export type Rule = {
  /** The bucket's name; routes with the same name share a bucket. */
  readonly name: string
  readonly methods: readonly string[]
  /** Requests in a window. */
  readonly limit: number
  readonly windowMs: number
  /** `shared` limits count all users of the resource together. Default `user`. */
  readonly scope?: 'user' | 'shared'
  /** The error code in the 429's body, if it has one. */
  readonly code?: number
  readonly sublimit?: Sublimit
}

/** A stricter limit for requests whose body matches. */
export type Sublimit = Omit<Rule, 'methods' | 'sublimit'> & { applies(body: unknown): boolean }

const CHANNEL_NAME: Sublimit = {
  name: 'channel-name',
  limit: 2,
  windowMs: 10 * 60 * 1000,
  scope: 'shared',
  applies: (body) => isJson(body) && ('name' in body || 'topic' in body),
}

/** By route without parameter names: `/channels/:/messages`. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  '/channels/:': [
    {
      name: 'channel',
      methods: ['PATCH', 'DELETE'],
      limit: 10,
      windowMs: 15_000,
      sublimit: CHANNEL_NAME,
    },
  ],
  '/channels/:/messages': [{ name: 'message', methods: ['POST'], limit: 5, windowMs: 5000 }],
  '/channels/:/messages/:': [
    { name: 'message', methods: ['PATCH'], limit: 5, windowMs: 5000 },
    { name: 'message', methods: ['DELETE'], limit: 3, windowMs: 1000 },
  ],
  '/channels/:/messages/bulk-delete': [
    { name: 'bulk-delete', methods: ['POST'], limit: 1, windowMs: 1000 },
  ],
  '/channels/:/typing': [{ name: 'typing', methods: ['POST'], limit: 5, windowMs: 5000 }],
  '/guilds/:/members/:': [{ name: 'member', methods: ['PATCH'], limit: 10, windowMs: 10_000 }],
  '/interactions/:/:/callback': [{ name: 'callback', methods: ['POST'], limit: 5, windowMs: 1000 }],
}

const REACTIONS: Rule = { name: 'reactions', methods: ['PUT', 'DELETE'], limit: 1, windowMs: 250 }

/** Requests with an interaction or webhook token. */
const WEBHOOK: Rule = {
  name: 'webhook',
  methods: ['POST', 'PATCH', 'DELETE'],
  limit: 5,
  windowMs: 2000,
}

/** All other requests that modify something. */
const OTHER: Rule = {
  name: 'other',
  methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  limit: 10,
  windowMs: 10_000,
}

/** The rule of a route. Reads count against the global limit only and have no headers (null). */
export function ruleFor(method: string, route: string): Rule | null {
  if (method === 'GET') {
    return null
  }
  const bare = route.replaceAll(/:\w+/g, ':')
  if (bare.includes('/reactions')) {
    return REACTIONS
  }
  if (bare.startsWith('/webhooks/')) {
    return WEBHOOK
  }
  const rule = RULES[bare]?.find(({ methods }) => methods.includes(method))
  return rule ?? { ...OTHER, name: bare, methods: [method] }
}
