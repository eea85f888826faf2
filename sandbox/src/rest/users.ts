/** Routes of users and of the application. */

import { Checks } from '../protocol/field-checks.ts'
import { refuse } from '../protocol/errors.ts'
import { renderChannel } from '../render/guild.ts'
import { asJson } from '../protocol/body.ts'
import { renderUser } from '../render/user.ts'
import { ok } from './route.ts'
import type { Context, Route } from './route.ts'

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
    approximate_guild_count: world.guildsOf(application.bot.id).length,
    approximate_user_install_count: application.installedBy.size,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: ['bot', 'applications.commands'],
    integration_types_config: { '0': {}, '1': {} },
  }
}

function userId({ world, params }: Context): string {
  return params['user'] === '@me' ? world.application.bot.id : params['user']!
}

/** All routes of this file. */
export const userRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/users/@me/channels',
    handle({ world, body, actor }) {
      const checks = new Checks()
      const recipient = checks.id(asJson(body), 'recipient_id')
      if (recipient === undefined) {
        checks.missing('recipient_id')
      }
      checks.done()
      const user = world.users.get(recipient ?? '')
      // A user cannot open a direct message with themselves.
      if (!user || user.id === actor.userId) {
        throw refuse('invalidRecipients')
      }
      return ok(renderChannel(world, world.directChannel(user.id, actor.userId)))
    },
  },
  {
    method: 'GET',
    path: '/users/:user',
    handle(context) {
      const user = renderUser(context.world.user(userId(context)))
      // Discord sends more fields for the bot's own user.
      const privateFields = { mfa_enabled: true, locale: 'en-US', verified: true, email: null }
      return ok(context.params['user'] === '@me' ? { ...user, ...privateFields } : user)
    },
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
