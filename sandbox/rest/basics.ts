/** Routes that read what there is: users, the application, guilds and channels. */

import { Checks } from '../checks.ts'
import { refuse } from '../errors.ts'
import { demand, guildPermissions, sendingIn } from '../permissions.ts'
import { renderChannel, renderGuild, renderMember } from '../render.ts'
import { asJson } from '../requests.ts'
import { renderUser } from '../world.ts'
import type { Channel, Guild } from '../world-types.ts'
import { type Context, NO_CONTENT, ok, type Route } from './route.ts'

function renderApplication({ world, gateway }: Context): object {
  const { application } = world
  return {
    id: application.id,
    name: application.name,
    icon: null,
    description: '',
    type: null,
    bot: { ...renderUser(application.bot) },
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: gateway.applicationFlags(),
    flags_new: String(gateway.applicationFlags()),
    hook: true,
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: renderUser(world.user(world.guild.ownerId)),
    team: null,
    approximate_guild_count: 1,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: ['bot', 'applications.commands'],
    integration_types_config: { '0': {}, '1': {} },
  }
}

/** @throws {ApiError} 10004 for a guild that there is not, or that the bot is not in. */
function ownGuild({ world, params }: Context): Guild {
  const guild = world.guilds.get(params['guild']!)
  if (!guild?.members.has(world.application.bot.id)) throw refuse('unknownGuild')
  return guild
}

/** @throws {ApiError} 10003, or 50001 where the bot cannot see it. */
function seenChannel({ world, params }: Context): Channel {
  const channel = world.channel(params['channel']!)
  demand(world, channel, world.application.bot.id)
  return channel
}

function userId({ world, params }: Context): string {
  return params['user'] === '@me' ? world.application.bot.id : params['user']!
}

const userRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/users/@me/guilds',
    handle({ world }) {
      const { bot } = world.application
      const guilds = world.guildsOf(bot.id).map((guild) => ({
        id: guild.id,
        name: guild.name,
        icon: null,
        banner: null,
        owner: guild.ownerId === bot.id,
        permissions: String(guildPermissions(world, guild, bot.id)),
        features: [],
      }))
      return ok(guilds)
    },
  },
  {
    method: 'POST',
    path: '/users/@me/channels',
    handle({ world, body }) {
      const checks = new Checks()
      const recipient = checks.id(asJson(body), 'recipient_id')
      if (recipient === undefined) {
        checks.fail('recipient_id', 'BASE_TYPE_REQUIRED', 'This field is required')
      }
      checks.done()
      return ok(renderChannel(world, world.directChannel(world.user(recipient!).id)))
    },
  },
  {
    method: 'GET',
    path: '/users/:user',
    handle: (context) => ok(renderUser(context.world.user(userId(context)))),
  },
  {
    method: 'GET',
    path: '/applications/@me',
    handle: (context) => ok(renderApplication(context)),
  },
  {
    method: 'GET',
    path: '/oauth2/applications/@me',
    handle: (context) => ok(renderApplication(context)),
  },
]

const guildRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/guilds/:guild',
    handle(context) {
      return ok(renderGuild(ownGuild(context)))
    },
  },
  {
    method: 'GET',
    path: '/guilds/:guild/channels',
    handle(context) {
      const { world } = context
      const channels = world.channelsOf(ownGuild(context))
      return ok(channels.map((channel) => renderChannel(world, channel)))
    },
  },
  {
    method: 'GET',
    path: '/guilds/:guild/members/:user',
    handle(context) {
      const member = ownGuild(context).members.get(userId(context))
      if (!member) throw refuse('unknownMember')
      return ok(renderMember(context.world, member))
    },
  },
  {
    method: 'GET',
    path: '/channels/:channel',
    handle: (context) => ok(renderChannel(context.world, seenChannel(context))),
  },
  {
    method: 'POST',
    path: '/channels/:channel/typing',
    handle(context) {
      const { world } = context
      const channel = seenChannel(context)
      const { id } = world.application.bot
      demand(world, channel, id, sendingIn(channel))
      world.tell({ name: 'TYPING_START', channel, userId: id })
      return NO_CONTENT
    },
  },
]

/** All routes of this file. */
export const basicRoutes: readonly Route[] = [...userRoutes, ...guildRoutes]
