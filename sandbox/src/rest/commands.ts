/** Routes that register commands. Source: developers/interactions/application-commands.mdx. */

import { isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import {
  commandsIn,
  createCommand,
  deleteCommand,
  editCommand,
  findCommand,
  overwriteCommands,
} from '../application-commands/registry.ts'
import type { Scope } from '../application-commands/registry.ts'
import { refuse } from '../protocol/errors.ts'
import { asJson } from '../protocol/body.ts'
import { NO_CONTENT, ok } from './route.ts'
import type { Context, Reply, Route } from './route.ts'

/** @throws {ApiError} 10002, or 50001 for a guild that the bot is not in. */
function scopeOf({ world, params }: Context): Scope {
  if (params['application'] !== world.application.id) {
    throw refuse('unknownApplication')
  }
  const guildId = params['guild'] ?? ''
  if (guildId !== '' && !world.member(guildId, world.application.bot.id)) {
    throw refuse('missingAccess')
  }
  return { world, guildId }
}

function list(context: Context): Reply {
  const commands = commandsIn(scopeOf(context))
  const translated = context.query.get('with_localizations') === 'true'
  return ok(translated ? commands : commands.map(untranslated))
}

/** The list omits localizations unless `with_localizations` is set. */
function untranslated(item: Json): Json {
  const entries = Object.entries(item).filter(([key]) => !key.endsWith('_localizations'))
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const nested = (key === 'options' || key === 'choices') && Array.isArray(value)
      return [key, nested ? value.filter(isJson).map(untranslated) : value]
    }),
  )
}

function create(context: Context): Reply {
  const { command, isNew } = createCommand(scopeOf(context), asJson(context.body))
  return { status: isNew ? 201 : 200, body: command }
}

function commandId({ params }: Context): string {
  return params['command']!
}

/** The routes of one scope. */
function routesAt(path: string): readonly Route[] {
  return [
    { method: 'GET', path, handle: list },
    { method: 'POST', path, handle: create },
    {
      method: 'PUT',
      path,
      handle: (context) => ok(overwriteCommands(scopeOf(context), context.body.json)),
    },
    {
      method: 'GET',
      path: `${path}/:command`,
      handle: (context) => ok(findCommand(scopeOf(context), commandId(context))),
    },
    {
      method: 'PATCH',
      path: `${path}/:command`,
      handle: (context) =>
        ok(editCommand(scopeOf(context), commandId(context), asJson(context.body))),
    },
    {
      method: 'DELETE',
      path: `${path}/:command`,
      handle(context) {
        deleteCommand(scopeOf(context), commandId(context))
        return NO_CONTENT
      },
    },
  ]
}

const GUILD = '/applications/:application/guilds/:guild/commands'

// Setting these takes a user's bearer token, which the sandbox does not issue.
const permissionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${GUILD}/permissions`,
    handle(context) {
      scopeOf(context)
      return ok([])
    },
  },
  {
    method: 'GET',
    path: `${GUILD}/:command/permissions`,
    handle() {
      throw refuse('unknownCommandPermissions')
    },
  },
]

/** All routes of this file. */
export const commandRoutes: readonly Route[] = [
  ...permissionRoutes,
  ...routesAt('/applications/:application/commands'),
  ...routesAt(GUILD),
]
