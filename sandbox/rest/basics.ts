/** Routes that read what there is: users, the application, guilds and channels. */

import { Checks } from '../checks.ts'
import { refuse } from '../errors.ts'
import { renderChannel, renderGuild, renderMember, MEMBER_PERMISSIONS } from '../render.ts'
import { asJson } from '../requests.ts'
import { renderUser } from '../world.ts'
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
    hook: true,
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: renderUser(world.user(world.guild.ownerId)),
    team: null,
    approximate_guild_count: 1,
    integration_types_config: { '0': {}, '1': {} },
  }
}

/** @throws {ApiError} 10004 for another guild than the sandbox's. */
function checkGuild({ world, params }: Context): void {
  if (params['guild'] !== world.guild.id) throw refuse('unknownGuild')
}

function userId({ world, params }: Context): string {
  return params['user'] === '@me' ? world.application.bot.id : params['user']!
}

const userRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/users/@me/guilds',
    handle: ({ world }) =>
      ok([
        {
          id: world.guild.id,
          name: world.guild.name,
          icon: null,
          banner: null,
          owner: false,
          permissions: MEMBER_PERMISSIONS,
          features: [],
        },
      ]),
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
      checkGuild(context)
      return ok(renderGuild(context.world))
    },
  },
  {
    method: 'GET',
    path: '/guilds/:guild/channels',
    handle(context) {
      checkGuild(context)
      const { world } = context
      const channels = [...world.channels.values()].filter((c) => c.guildId === world.guild.id)
      return ok(channels.map((channel) => renderChannel(world, channel)))
    },
  },
  {
    method: 'GET',
    path: '/guilds/:guild/members/:user',
    handle(context) {
      checkGuild(context)
      const id = userId(context)
      if (!context.world.users.has(id)) throw refuse('unknownMember')
      return ok(renderMember(context.world, id))
    },
  },
  {
    method: 'GET',
    path: '/channels/:channel',
    handle: ({ world, params }) => ok(renderChannel(world, world.channel(params['channel']!))),
  },
  {
    method: 'POST',
    path: '/channels/:channel/typing',
    handle({ world, params }) {
      const channel = world.channel(params['channel']!)
      world.tell({ name: 'TYPING_START', channel, userId: world.application.bot.id })
      return NO_CONTENT
    },
  },
]

/** All routes of this file. */
export const basicRoutes: readonly Route[] = [...userRoutes, ...guildRoutes]
