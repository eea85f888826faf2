/**
 * Lists of resources that the sandbox does not support: always empty, but with Discord's
 * permission checks. Sources: the page of each resource.
 */

import type { PermissionName } from '../../world/permissions.ts'
import { ok } from '../route.ts'
import type { Route } from '../route.ts'
import { channelOf, guildOf } from '../targets.ts'

const IN_GUILDS: readonly (readonly [name: string, needed?: PermissionName])[] = [
  ['emojis'],
  ['stickers'],
  ['scheduled-events'],
  ['invites', 'manageGuild'],
  ['integrations', 'manageGuild'],
  ['auto-moderation/rules', 'manageGuild'],
]

const IN_CHANNELS: readonly (readonly [name: string, needed: PermissionName])[] = [
  ['invites', 'manageChannels'],
]

/** All routes of this file. */
export const emptyListRoutes: readonly Route[] = [
  ...IN_GUILDS.map(([name, ...needed]): Route => ({
    method: 'GET',
    path: `/guilds/:guild/${name}`,
    handle(context) {
      guildOf(context, ...needed.filter((one) => one !== undefined))
      return ok([])
    },
  })),
  ...IN_CHANNELS.map(([name, needed]): Route => ({
    method: 'GET',
    path: `/channels/:channel/${name}`,
    handle(context) {
      channelOf(context, needed)
      return ok([])
    },
  })),
  { method: 'GET', path: '/applications/:application/emojis', handle: () => ok({ items: [] }) },
  {
    method: 'GET',
    path: '/guilds/:guild/soundboard-sounds',
    handle(context) {
      guildOf(context)
      return ok({ items: [] })
    },
  },
]
