/**
 * The registered commands of the application: validated, and stored by scope.
 *
 * Source: developers/interactions/application-commands.mdx.
 */

import { Checks, isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { readOptionList, sizeOf } from './options.ts'
import { readDescription, readMenuName, readName } from './texts.ts'
import { omitUndefined } from '../messages/components/component-kinds.ts'
import { COMMAND_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { World } from '../world/world.ts'
import type { Command } from '../world/types.ts'

/** Maximum number of commands in a scope, by type. */
const MAX_COMMANDS: Readonly<Record<number, number>> = {
  [COMMAND_TYPE.slash]: 100,
  [COMMAND_TYPE.user]: 15,
  [COMMAND_TYPE.message]: 15,
}

/** Maximum size of a command in characters: names, descriptions and values. */
const MAX_SIZE = 8000

const TYPES = Object.values(COMMAND_TYPE)

/** A scope of commands: a guild's id, or `''` for global commands. */
export type Scope = { readonly world: World; readonly guildId: string }

/** The commands of a scope. */
export function commandsIn({ world, guildId }: Scope): readonly Command[] {
  return world.application.commands.get(guildId) ?? []
}

function keep({ world, guildId }: Scope, commands: readonly Command[]): void {
  world.application.commands.set(guildId, commands)
  world.emit({ name: 'COMMANDS_UPDATE' })
}

/** Reads one command; `at` is its index in a list, or `''`. */
function readCommand(checks: Checks, payload: Json, at: string): Json {
  const path = (key: string) => (at === '' ? key : `${at}.${key}`)
  const isTypeAbsent = payload['type'] === undefined || payload['type'] === null
  const type = isTypeAbsent
    ? COMMAND_TYPE.slash
    : (checks.choice(payload, 'type', TYPES, path('type')) ?? COMMAND_TYPE.slash)
  const slash = type === COMMAND_TYPE.slash
  const texts = slash
    ? { ...readName(checks, payload, at, true), ...readDescription(checks, payload, at) }
    : {
        ...readMenuName(checks, payload, at),
        ...noDescription(checks, payload, path('description')),
      }
  const options = slash ? readOptionList(checks, payload, at) : []
  if (!slash && Array.isArray(payload['options']) && payload['options'].length > 0) {
    const sentence = 'Options are not allowed for context menu commands'
    checks.fail(path('options'), 'APPLICATION_COMMAND_OPTIONS_NOT_ALLOWED', sentence)
  }
  const command = {
    type,
    ...texts,
    options,
    default_member_permissions: permissionsOf(checks, payload, path('default_member_permissions')),
    integration_types: numbers(checks, payload, 'integration_types', path, [0, 1]) ?? [0, 1],
    contexts: numbers(checks, payload, 'contexts', path, [0, 1, 2]) ?? null,
    nsfw: checks.flag(payload, 'nsfw', path('nsfw')) ?? false,
  }
  if (sizeOf(command) > MAX_SIZE) {
    const sentence = `Command exceeds maximum size (${MAX_SIZE})`
    checks.fail(at, 'APPLICATION_COMMAND_TOO_LARGE', sentence)
  }
  return omitUndefined(command)
}

function noDescription(checks: Checks, payload: Json, path: string): Json {
  const { description } = payload
  if (description !== undefined && description !== null && description !== '') {
    const sentence = 'Context menu commands cannot have description'
    checks.fail(path, 'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION', sentence)
  }
  return { description: '' }
}

/** As text, because it may have more bits than a number. */
function permissionsOf(checks: Checks, payload: Json, path: string): string | null {
  const value = payload['default_member_permissions']
  if (value === undefined || value === null) {
    return null
  }
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  if (/^\d{1,20}$/.test(text)) {
    return text
  }
  checks.fail(path, 'NUMBER_TYPE_COERCE', `Value "${text}" is not int.`)
  return null
}

function numbers(
  checks: Checks,
  payload: Json,
  key: string,
  path: (key: string) => string,
  allowed: readonly number[],
): readonly number[] | undefined {
  const value = payload[key]
  if (value === undefined || value === null) {
    return undefined
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  if (items.length === 0) {
    checks.fail(path(key), 'BASE_TYPE_MIN_LENGTH', 'Must be 1 or more in length.')
  }
  if (new Set(items).size < items.length) {
    checks.fail(path(key), 'SET_TYPE_ALREADY_CONTAINS_VALUE', 'The set already contains this value')
  }
  return items.flatMap(
    (item, i) => checks.choice({ item }, 'item', allowed, `${path(key)}.${i}`) ?? [],
  )
}

function register({ world, guildId }: Scope, read: Json, before: Command | undefined): Command {
  return {
    ...read,
    // A command that keeps its name keeps its id.
    id: before?.id ?? world.nextId(),
    application_id: world.application.id,
    version: world.nextId(),
    type: Number(read['type']),
    name: String(read['name']),
    options: optionsOf(read),
    ...(guildId === '' ? { dm_permission: true } : { guild_id: guildId }),
  }
}

function optionsOf({ options }: Json): Command['options'] {
  const list: readonly unknown[] = Array.isArray(options) ? options : []
  return list
    .filter(isJson)
    .map((option) => ({ ...option, name: String(option['name']), type: Number(option['type']) }))
}

/**
 * Replaces all commands of a scope.
 *
 * @throws {ApiError} 50035 with paths such as `0.options.1.name`, 30032.
 */
export function overwriteCommands(scope: Scope, items: unknown): readonly Command[] {
  const checks = new Checks()
  if (!Array.isArray(items)) {
    checks.fail('', 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')
    checks.done()
    return []
  }
  const list: readonly unknown[] = items
  const read = list.map((item, i) => readCommand(checks, isJson(item) ? item : {}, String(i)))
  const keys = read.map(({ type, name }) => JSON.stringify([type, name]))
  keys.forEach((key, i) => {
    if (keys.indexOf(key) === i) {
      return
    }
    const sentence = 'Application command names must be unique'
    checks.fail(String(i), 'APPLICATION_COMMANDS_DUPLICATE_NAME', sentence)
  })
  checks.done()
  refuseTooMany(read)
  const before = commandsIn(scope)
  const commands = read.map((item) => register(scope, item, twin(before, item)))
  keep(scope, commands)
  return commands
}

function twin(commands: readonly Command[], { type, name }: Json): Command | undefined {
  return commands.find((command) => command.type === type && command.name === name)
}

function refuseTooMany(commands: readonly Json[]): void {
  for (const [type, most] of Object.entries(MAX_COMMANDS)) {
    const count = commands.filter((command) => command['type'] === Number(type)).length
    if (count > most) {
      throw refuse('tooManyCommands')
    }
  }
}

/**
 * Adds a command, or replaces the one of the same type and name.
 *
 * @returns the command, and whether it is a new one.
 * @throws {ApiError} 50035 or 30032.
 */
export function createCommand(scope: Scope, payload: Json): { command: Command; isNew: boolean } {
  const checks = new Checks()
  const read = readCommand(checks, payload, '')
  checks.done()
  const before = commandsIn(scope)
  const existing = twin(before, read)
  const otherCommands = before.filter((command) => command !== existing)
  refuseTooMany([...otherCommands, read])
  const command = register(scope, read, existing)
  keep(scope, [...otherCommands, command])
  return { command, isNew: !existing }
}

/** @throws {ApiError} 10063. */
export function findCommand(scope: Scope, id: string): Command {
  const command = commandsIn(scope).find((known) => known.id === id)
  if (!command) {
    throw refuse('unknownCommand')
  }
  return command
}

/**
 * Changes fields of a command.
 *
 * @throws {ApiError} 10063, 50035, or 40041 for a name that is already used.
 */
export function editCommand(scope: Scope, id: string, changes: Json): Command {
  const before = findCommand(scope, id)
  const checks = new Checks()
  const read = readCommand(checks, { ...before, ...changes, type: before.type }, '')
  checks.done()
  const otherCommands = commandsIn(scope).filter((command) => command !== before)
  if (twin(otherCommands, read)) {
    throw refuse('commandExists')
  }
  const command = register(scope, read, before)
  keep(
    scope,
    commandsIn(scope).map((known) => (known === before ? command : known)),
  )
  return command
}

/** @throws {ApiError} 10063. */
export function deleteCommand(scope: Scope, id: string): void {
  const command = findCommand(scope, id)
  keep(
    scope,
    commandsIn(scope).filter((known) => known !== command),
  )
}
