/** The types of a REST API route, and the table that matches a path to one. */

import { refuse } from '../protocol/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Interactions } from '../interactions/interactions.ts'
import type { Reader } from '../render/message.ts'
import type { Body } from '../protocol/body.ts'
import type { World } from '../world/world.ts'
import type { Actor } from '../world/audit-log.ts'

/** The input of a route's handler. */
export type Context = {
  readonly world: World
  readonly gateway: Gateway
  readonly interactions: Interactions
  /** The named parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
  /** The application as a reader. Over HTTP only the portal's Message Content setting counts. */
  readonly reader: Reader
  /** Who acts, and the reason given for the audit log. */
  readonly actor: Actor
}

/** A route's response: a body, or none (204). */
export type Reply = { readonly status: number; readonly body?: unknown }

/** One method of one path, such as `/channels/:channel`. */
export type Route = {
  readonly method: string
  readonly path: string
  /** Needs no bot token: the token in the path authenticates the request. */
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
 * Matches paths to routes. The order of the list does not matter: if two routes match, a fixed
 * segment takes precedence over a parameter, so that `pins` is not read as a message id.
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
   * The route and the path's parameters.
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

/** Sorts fixed segments before parameters, at the first segment in which two paths differ. */
function byFixedParts(first: Route, second: Route): number {
  const [a, b] = [sortKey(first), sortKey(second)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** `~` sorts after all letters, so a parameter comes last. */
function sortKey({ path }: Route): string {
  return path.replaceAll(/:\w+/g, '~')
}

/** Clients percent-encode `@me` and emoji: discord.js sends `%40me`. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw refuse('notFound')
  }
}
