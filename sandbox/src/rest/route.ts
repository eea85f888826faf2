/** What a route of the REST API is, and how a path finds it. */

import { refuse } from '../protocol/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Interactions } from '../interactions/interactions.ts'
import type { Reader } from '../render/message.ts'
import type { Body } from '../protocol/body.ts'
import type { World } from '../world/world.ts'
import type { Actor } from '../world/audit-log.ts'

/** What a route works with. */
export type Context = {
  readonly world: World
  readonly gateway: Gateway
  readonly interactions: Interactions
  /** The named parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
  /** The application as a reader; over HTTP the portal's setting alone counts. */
  readonly reader: Reader
  /** Who acts, and the reason given for the audit log. */
  readonly actor: Actor
}

/** What a route answers: a body, or nothing (204). */
export type Reply = { readonly status: number; readonly body?: unknown }

/** One method of one path, such as `/channels/:channel`. */
export type Route = {
  readonly method: string
  readonly path: string
  /** Needs no bot token: the path's own token is enough. */
  readonly open?: boolean
  handle(context: Context): Reply | Promise<Reply>
}

/** 200 with a body. */
export function ok(body: unknown): Reply {
  return { status: 200, body }
}

/** 204. */
export const NO_CONTENT: Reply = { status: 204 }

/**
 * Finds the route of a path. The order of the list does not matter: where two paths fit, the one
 * with a fixed part before the one with a named part, so that `pins` is not a message's id.
 */
export class RouteTable {
  readonly #routes: readonly { readonly route: Route; readonly pattern: RegExp }[]

  constructor(routes: readonly Route[]) {
    this.#routes = routes.toSorted(byFixedParts).map((route) => ({
      route,
      pattern: new RegExp(`^${route.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
    }))
  }

  /**
   * The route and the named parts of the path.
   *
   * @throws {ApiError} 404 for an unknown path, 405 for another method.
   */
  find(method: string, path: string): { route: Route; params: Readonly<Record<string, string>> } {
    const decoded = decode(path)
    let pathExists = false
    for (const { route, pattern } of this.#routes) {
      const match = pattern.exec(decoded)
      if (!match) {
        continue
      }
      pathExists = true
      if (route.method !== method) {
        continue
      }
      return { route, params: { ...match.groups } }
    }
    throw refuse(pathExists ? 'methodNotAllowed' : 'notFound')
  }
}

/** Fixed parts come before named ones, at the first part in which two paths differ. */
function byFixedParts(first: Route, second: Route): number {
  const [a, b] = [sortKey(first), sortKey(second)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** `~` sorts after all letters: a named part comes last. */
function sortKey({ path }: Route): string {
  return path.replaceAll(/:\w+/g, '~')
}

/** `@me` and emoji come encoded: discord.js writes `%40me`. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw refuse('notFound')
  }
}
