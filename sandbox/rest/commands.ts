/** Routes that register commands. Source: developers/interactions/application-commands.mdx. */

import { Checks, isJson, type Json } from '../checks.ts'
import { refuse } from '../errors.ts'
import type { Command } from '../world.ts'
import { type Context, ok, type Reply, type Route } from './route.ts'

/** Lowercase letters of any script, digits, `-` and `_`. */
const NAME_PATTERN = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u

const MAX_SLASH_COMMANDS = 100
const MAX_OPTIONS = 25

/** @returns `''` for global commands, or the guild's id. */
function scope({ world, params }: Context): string {
  if (params['application'] !== world.application.id) throw refuse('unknownApplication')
  if (params['guild'] !== undefined && params['guild'] !== world.guild.id) {
    throw refuse('missingAccess')
  }
  return params['guild'] ?? ''
}

function checkName(checks: Checks, item: Json, path: string): void {
  const name = checks.text(item, 'name', { min: 1, max: 32 }, `${path}.name`)
  if (name === undefined) {
    checks.fail(`${path}.name`, 'BASE_TYPE_REQUIRED', 'This field is required')
  } else if (!NAME_PATTERN.test(name) || name !== name.toLowerCase()) {
    checks.fail(`${path}.name`, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
  }
}

function checkDescription(checks: Checks, item: Json, path: string): void {
  const limits = { min: 1, max: 100 }
  if (checks.text(item, 'description', limits, `${path}.description`) === undefined) {
    checks.fail(`${path}.description`, 'BASE_TYPE_REQUIRED', 'This field is required')
  }
}

function checkOptions(checks: Checks, item: Json, path: string): void {
  const options = checks.list(item, 'options', MAX_OPTIONS, `${path}.options`) ?? []
  let optionalSeen = false
  options.forEach((option, i) => {
    const at = `${path}.options.${i}`
    checkName(checks, option, at)
    checkDescription(checks, option, at)
    const type = checks.whole(option, 'type', `${at}.type`)
    if (type === undefined || type < 1 || type > 11) {
      checks.fail(`${at}.type`, 'BASE_TYPE_CHOICES', 'Value must be one of {1..11}.')
    }
    if (option['required'] === true && optionalSeen) {
      checks.fail(
        at,
        'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
        'Required options must be placed before non-required options',
      )
    }
    optionalSeen ||= option['required'] !== true
  })
}

function checkCommands(items: readonly Json[]): void {
  const checks = new Checks()
  const seen = new Set<string>()
  items.forEach((item, i) => {
    const type = item['type'] ?? 1
    const key = JSON.stringify([type, item['name']])
    if (seen.has(key)) {
      checks.fail(
        String(i),
        'APPLICATION_COMMANDS_DUPLICATE_NAME',
        'Application command names must be unique',
      )
    }
    seen.add(key)
    if (type !== 1) return
    checkName(checks, item, String(i))
    checkDescription(checks, item, String(i))
    checkOptions(checks, item, String(i))
  })
  if (items.filter((item) => (item['type'] ?? 1) === 1).length > MAX_SLASH_COMMANDS) {
    checks.fail(
      '_errors',
      'BASE_TYPE_MAX_LENGTH',
      `Must be ${MAX_SLASH_COMMANDS} or fewer in length.`,
    )
  }
  checks.done()
}

function overwrite(context: Context): Reply {
  const { world, body } = context
  const key = scope(context)
  const items = Array.isArray(body.json) ? body.json.filter(isJson) : []
  checkCommands(items)
  const before = world.application.commands.get(key) ?? []
  const commands = items.map((item): Command => {
    const type = Number(item['type'] ?? 1)
    const known = before.find((c) => c.type === type && c.name === item['name'])
    return {
      default_member_permissions: null,
      integration_types: [0, 1],
      contexts: null,
      nsfw: false,
      description: '',
      ...item,
      // A command that keeps its name keeps its id.
      id: known?.id ?? world.nextId(),
      application_id: world.application.id,
      version: world.nextId(),
      type,
      name: nameOf(item),
      options: optionsOf(item),
      ...(key === '' ? {} : { guild_id: key }),
    }
  })
  world.application.commands.set(key, commands)
  world.tell({ name: 'COMMANDS_UPDATE' })
  return ok(commands)
}

function nameOf(item: Json): string {
  return typeof item['name'] === 'string' ? item['name'] : ''
}

function optionsOf(item: Json): Command['options'] {
  const options: readonly unknown[] = Array.isArray(item['options']) ? item['options'] : []
  return options
    .filter(isJson)
    .map((option) => ({ ...option, name: nameOf(option), type: Number(option['type']) }))
}

function list(context: Context): Reply {
  return ok(context.world.application.commands.get(scope(context)) ?? [])
}

const GLOBAL = '/applications/:application/commands'
const GUILD = '/applications/:application/guilds/:guild/commands'

/** All routes of this file. */
export const commandRoutes: readonly Route[] = [
  { method: 'GET', path: GLOBAL, handle: list },
  { method: 'PUT', path: GLOBAL, handle: overwrite },
  { method: 'GET', path: GUILD, handle: list },
  { method: 'PUT', path: GUILD, handle: overwrite },
]
