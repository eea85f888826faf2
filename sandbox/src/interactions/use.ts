/**
 * A member's use of the application: commands, context menus, buttons and selects.
 *
 * Rejects everything that Discord's client would not allow.
 * Source: developers/interactions/receiving-and-responding.mdx, "Interaction Data".
 */

import type { Upload } from '../protocol/body.ts'
import { Checks, isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { findComponent } from '../messages/components/components.ts'
import { COMPONENT } from '../messages/components/component-kinds.ts'
import { COMMAND_TYPE, INTERACTION_TYPE, OPTION_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { StoredFile } from '../cdn/files.ts'
import type { Interactions } from './interactions.ts'
import type { Interaction } from './types.ts'
import { offered, ownersOf, sees } from './availability.ts'
import type { Offer } from './availability.ts'
import { readOptions } from './option-values.ts'
import type { OptionValue } from './option-values.ts'
import { Resolved } from './resolved.ts'
import { can, isTimedOut } from '../world/permissions.ts'
import type { World } from '../world/world.ts'
import type { Channel } from '../world/types.ts'

/** The member and the channel. */
export type MemberContext = {
  readonly world: World
  readonly interactions: Interactions
  readonly userId: string
  readonly channel: Channel
  readonly locale: string
}

/** A slash command as typed. */
export type Typed = {
  /** With its group and subcommand, separated by spaces. */
  readonly name: string
  readonly options: Readonly<Record<string, OptionValue>>
  /** The option being typed: requests autocomplete choices instead of using the command. */
  readonly focused?: string
}

/** Stores a file that belongs to an interaction, not to a message. */
export function storeEphemeral(world: World, upload: Upload): Promise<StoredFile> {
  const folder = `ephemeral-attachments/${world.application.id}`
  return world.cdn.add(world.nextId(), folder, upload)
}

/**
 * Uses a slash command, or requests autocomplete choices for one of its options.
 *
 * @throws {ApiError} 10063 if it is not available in the channel, 50035 for invalid options.
 */
export async function useCommand(actor: MemberContext, typed: Typed): Promise<Interaction> {
  const { world, userId, channel, interactions } = actor
  const [name = '', ...path] = typed.name.trim().split(/\s+/)
  const offer = offered(world, channel, userId, { name, type: COMMAND_TYPE.slash })
  if (!offer) {
    throw refuse('unknownCommand')
  }
  const resolved = new Resolved(world, channel)
  const leaf = subcommand(offer.command.options, path)
  const { focused } = typed
  if (focused !== undefined) {
    checkAutocomplete(leaf, focused)
  }
  const values = await readOptions(leaf, typed.options, {
    userId,
    resolved,
    store: (upload) => storeEphemeral(world, upload),
    focused,
  })
  return interactions.create({
    ...whereOf(actor, offer),
    type: focused === undefined ? INTERACTION_TYPE.command : INTERACTION_TYPE.autocomplete,
    commandName: [name, ...path].join(' '),
    commandType: COMMAND_TYPE.slash,
    data: commandData(offer, { ...wrapped(offer.command.options, path, values), resolved }),
  })
}

function whereOf({ userId, channel, locale }: MemberContext, { owners }: Offer) {
  return { userId, channel, locale, owners }
}

function commandData(
  { command }: Offer,
  { options, resolved }: { options: readonly Json[]; resolved: Resolved },
): Json {
  const guildId = command['guild_id']
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(options.length > 0 ? { options } : {}),
    ...resolved.toJson(),
    ...(guildId === undefined ? {} : { guild_id: guildId }),
  }
}

function isBranch({ type }: Json): boolean {
  return type === OPTION_TYPE.subcommand || type === OPTION_TYPE.subcommandGroup
}

/** The options of the subcommand at that path. */
function subcommand(options: readonly Json[], path: readonly string[]): readonly Json[] {
  const [first, ...rest] = path
  const branches = options.filter(isBranch)
  if (first === undefined) {
    if (branches.length > 0) {
      throw refuse('unknownCommand')
    }
    return options
  }
  const branch = branches.find(({ name }) => name === first)
  if (!branch) {
    throw refuse('unknownCommand')
  }
  const inner = branch['options']
  return subcommand(Array.isArray(inner) ? inner.filter(isJson) : [], rest)
}

/** Nests the values in their group and subcommand, as in the interaction's data. */
function wrapped(
  options: readonly Json[],
  path: readonly string[],
  values: readonly Json[],
): { options: readonly Json[] } {
  const [first, ...rest] = path
  if (first === undefined) {
    return { options: values }
  }
  const branch = options.find(({ name, ...option }) => name === first && isBranch(option))
  const inner: readonly Json[] = Array.isArray(branch?.['options'])
    ? branch['options'].filter(isJson)
    : []
  return { options: [{ name: first, type: branch?.['type'], ...wrapped(inner, rest, values) }] }
}

function checkAutocomplete(options: readonly Json[], focused: string): void {
  const option = options.find(({ name }) => name === focused)
  if (option?.['autocomplete'] === true) {
    return
  }
  const checks = new Checks()
  checks.fail('focused', 'SANDBOX_NO_AUTOCOMPLETE', `"${focused}" has no autocomplete.`)
  checks.done()
}

/**
 * Uses a context menu of a message or a user.
 *
 * @throws {ApiError} 10063 if it is not available there, 10008 or 10013 for an unknown target.
 */
export function useMenu(
  actor: MemberContext,
  menu: { readonly name: string; readonly targetId: string },
): Interaction {
  const { world, userId, channel, interactions } = actor
  const { name, targetId } = menu
  const message = world.messages.get(channel.id)?.get(targetId)
  const type = message ? COMMAND_TYPE.message : COMMAND_TYPE.user
  const offer = offered(world, channel, userId, { name, type })
  if (!offer) {
    throw refuse('unknownCommand')
  }
  const resolved = new Resolved(world, channel)
  if (message) {
    if (message.visibleTo !== null) {
      throw refuse('unknownMessage')
    }
    resolved.message(message)
  } else if (!resolved.user(targetId)) {
    throw refuse('unknownUser')
  }
  return interactions.create({
    ...whereOf(actor, offer),
    type: INTERACTION_TYPE.command,
    commandName: name,
    commandType: type,
    targetId,
    data: { ...commandData(offer, { options: [], resolved }), target_id: targetId },
  })
}

/**
 * Presses a button, or submits a select's values.
 *
 * @throws {ApiError} 10008 for a message that the member cannot see, 50035 for a component that
 *   is not there, is disabled, or does not take these values.
 */
export function useComponent(
  actor: MemberContext,
  use: {
    readonly messageId: string
    readonly customId: string
    readonly values?: readonly string[]
  },
): Interaction {
  const { world, userId, channel, interactions, locale } = actor
  const source = world.message(channel.id, use.messageId)
  const hidden = source.visibleTo !== null && source.visibleTo !== userId
  if (hidden || !sees(world, channel, userId)) {
    throw refuse('unknownMessage')
  }
  refuseTimedOut(actor)
  const component = findComponent(source.components, use.customId)
  const checks = new Checks()
  if (!component || component['disabled'] === true) {
    checks.fail('data', 'COMPONENT_VALIDATION_FAILED', 'Component validation failed')
  }
  checks.done()
  const resolved = new Resolved(world, channel)
  const type = Number(component?.['type'])
  const { values = [] } = use
  if (type !== COMPONENT.button) {
    checkValues({ actor, component: component!, resolved }, values)
  }
  return interactions.create({
    type: INTERACTION_TYPE.component,
    userId,
    channel,
    locale,
    owners: ownersOf(world, channel, source.origin?.owners),
    source,
    data: {
      id: component?.['id'],
      custom_id: use.customId,
      component_type: type,
      ...(type === COMPONENT.button ? {} : { values, ...resolved.toJson() }),
    },
  })
}

/** Buttons need no permission, but a timed-out member cannot use them. */
function refuseTimedOut({ world, userId, channel }: MemberContext): void {
  const member = world.member(channel.guildId, userId)
  if (!member || !isTimedOut(member, world.clock)) {
    return
  }
  if (can(world, channel, userId, 'administrator')) {
    return
  }
  throw refuse('missingPermissions')
}

/** A select with its context. */
export type Choosing = {
  readonly actor: MemberContext
  readonly component: Json
  readonly resolved: Resolved
}

/**
 * Checks the values of a select, and resolves their ids.
 *
 * @throws {ApiError} 50035 for too few, too many, or invalid values.
 */
export function checkValues(choosing: Choosing, values: readonly string[], at = 'values'): void {
  const { component } = choosing
  const checks = new Checks()
  const min = Number(component['min_values'] ?? 1)
  const max = Number(component['max_values'] ?? 1)
  if (values.length < min || values.length > max) {
    checks.fail(at, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  values.forEach((value, i) => {
    if (isChoosable(choosing, value)) {
      return
    }
    checks.fail(`${at}.${i}`, 'BASE_TYPE_CHOICES', `"${value}" cannot be chosen here.`)
  })
  checks.done()
}

function isChoosable({ actor, component, resolved }: Choosing, value: string): boolean {
  const types = component['channel_types']
  switch (component['type']) {
    case COMPONENT.userSelect:
      return resolved.user(value)
    case COMPONENT.roleSelect:
      return resolved.role(value)
    case COMPONENT.mentionableSelect:
      return resolved.user(value) || resolved.role(value)
    case COMPONENT.channelSelect: {
      const channel = resolved.channel(value, actor.userId)
      return channel !== undefined && (!Array.isArray(types) || types.includes(channel.type))
    }
    default: {
      const options: readonly unknown[] = Array.isArray(component['options'])
        ? component['options']
        : []
      return options.some((option) => isJson(option) && option['value'] === value)
    }
  }
}
