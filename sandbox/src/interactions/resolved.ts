/** The users, roles, channels, messages and files that an interaction's data names by their ids. */

import type { StoredFile } from '../cdn/files.ts'
import type { Message } from '../world/message.ts'
import { renderMessage } from '../render/message.ts'
import { channelPermissions } from '../world/permissions.ts'
import { renderChannel, renderMember, renderRole } from '../render/guild.ts'
import { renderUser } from '../render/user.ts'
import type { World } from '../world/world.ts'
import type { Channel } from '../world/types.ts'

/** Collects the objects; `toJson` returns the data's `resolved`. */
export class Resolved {
  readonly #world: World
  readonly #channel: Channel
  readonly #kinds: Record<string, Record<string, object>> = {}

  /** @param channel where the interaction happens. */
  constructor(world: World, channel: Channel) {
    this.#world = world
    this.#channel = channel
  }

  #keep(kind: string, id: string, value: object): void {
    this.#kinds[kind] = { ...this.#kinds[kind], [id]: value }
  }

  /** @returns whether there is such a user. */
  user(id: string): boolean {
    const world = this.#world
    const user = world.users.get(id)
    if (!user) {
      return false
    }
    this.#keep('users', id, renderUser(user))
    const member = world.member(this.#channel.guildId, id)
    if (member) {
      const { user: _, deaf: _deaf, mute: _mute, ...partial } = renderMember(world, member)
      const permissions = String(channelPermissions(world, this.#channel, id))
      this.#keep('members', id, { ...partial, permissions })
    }
    return true
  }

  /** @returns whether there is such a role in this guild. */
  role(id: string): boolean {
    const role = this.#world.guildOf(this.#channel)?.roles.get(id)
    if (role) {
      this.#keep('roles', id, renderRole(role))
    }
    return role !== undefined
  }

  /** @returns the channel, if `userId` sees it in this guild. */
  channel(id: string, userId: string): Channel | undefined {
    const world = this.#world
    const channel = world.channels.get(id)
    if (!channel || channel.guildId === null || channel.guildId !== this.#channel.guildId) {
      return undefined
    }
    const permissions = channelPermissions(world, channel, userId)
    if (permissions === 0n) {
      return undefined
    }
    const bot = channelPermissions(world, channel, world.application.bot.id)
    const { permission_overwrites: _, ...partial } = {
      permission_overwrites: [],
      ...renderChannel(world, channel),
    }
    const permissionFields = { permissions: String(permissions), app_permissions: String(bot) }
    this.#keep('channels', id, { ...partial, ...permissionFields })
    return channel
  }

  message(message: Message): void {
    const rendered = renderMessage(this.#world, message, { seesContent: true })
    this.#keep('messages', message.id, rendered)
  }

  file(file: StoredFile): void {
    this.#keep('attachments', file.id, this.#world.cdn.describe(file))
  }

  /** `{resolved}`, or `{}` if there are no objects. */
  toJson(): { readonly resolved?: object } {
    return Object.keys(this.#kinds).length === 0 ? {} : { resolved: this.#kinds }
  }
}
