/** Routes of webhooks, but for their messages. Source: developers/resources/webhook.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { asJson } from '../../protocol/body.ts'
import { renderUser } from '../../render/user.ts'
import { demand } from '../../world/permissions.ts'
import { addWebhook, findWebhook, removeWebhook } from '../../world/webhooks.ts'
import type { PlacedWebhook } from '../../world/webhooks.ts'
import type { World } from '../../world/world.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { channelOf, guildChannelOf, guildOf } from '../targets.ts'

/** Names that a webhook cannot have in any part of its own. */
const RESERVED = /clyde|discord/i

/** The webhook object; `whole` adds its creator, which its own token does not show. */
function render(world: World, { webhook, channel }: PlacedWebhook, whole: boolean): object {
  const { id, type, name, token, userId, applicationId, sourceChannelId } = webhook
  const source = world.channels.get(sourceChannelId ?? '')
  const guild = source && world.guildOf(source)
  return {
    id,
    type,
    guild_id: channel.guildId,
    channel_id: channel.id,
    name,
    avatar: null,
    application_id: applicationId,
    ...(token === null ? {} : { token, url: `${world.cdn.origin}/api/webhooks/${id}/${token}` }),
    ...(whole && userId !== null ? { user: renderUser(world.user(userId)) } : {}),
    ...(source ? { source_channel: { id: source.id, name: source.name } } : {}),
    ...(guild ? { source_guild: { id: guild.id, name: guild.name, icon: null } } : {}),
  }
}

/** The name in the body. @throws {ApiError} 50035. */
function readName(body: Json): string {
  const checks = new Checks()
  const name = checks.needText(body, 'name', { min: 1, max: 80 })
  const [word] = RESERVED.exec(name) ?? []
  if (word !== undefined) {
    const sentence = `Username cannot contain "${word.toLowerCase()}"`
    checks.fail('name', 'USERNAME_INVALID_CONTAINS', sentence)
  }
  checks.done()
  return name.trim()
}

/** The webhook that the path names, for the bot. @throws {ApiError} 10015 or 50013. */
function managed({ world, params, actor }: Context): PlacedWebhook {
  const placed = findWebhook(world, params['application']!)
  if (!placed) {
    throw refuse('unknownWebhook')
  }
  demand(world, placed.channel, actor.userId, 'manageWebhooks')
  return placed
}

/** The webhook that the path names, by its token. @throws {ApiError} 10015 or 50027. */
export function authenticated({ world, params }: Context): PlacedWebhook {
  const placed = findWebhook(world, params['application']!)
  if (!placed) {
    throw refuse('unknownWebhook')
  }
  if (placed.webhook.token !== params['token']) {
    throw refuse('invalidToken')
  }
  return placed
}

function rename({ world, body }: Context, placed: PlacedWebhook, whole: boolean): Reply {
  placed.webhook.name = readName(asJson(body))
  world.emit({ name: 'WEBHOOKS_UPDATE', channel: placed.channel })
  return ok(render(world, placed, whole))
}

/** All routes of this file. */
export const webhookRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/guilds/:guild/webhooks',
    handle(context) {
      const { world } = context
      const guild = guildOf(context, 'manageWebhooks')
      const webhooks = world
        .channelsOf(guild)
        .flatMap((channel) =>
          [...channel.webhooks.values()].map((webhook) =>
            render(world, { webhook, channel }, true),
          ),
        )
      return ok(webhooks)
    },
  },
  {
    method: 'GET',
    path: '/channels/:channel/webhooks',
    handle(context) {
      const channel = channelOf(context, 'manageWebhooks')
      const webhooks = [...channel.webhooks.values()]
      return ok(webhooks.map((webhook) => render(context.world, { webhook, channel }, true)))
    },
  },
  {
    method: 'POST',
    path: '/channels/:channel/webhooks',
    handle(context) {
      const { world, actor, body } = context
      const { channel } = guildChannelOf(context, 'manageWebhooks')
      if (channel.thread) {
        throw refuse('wrongChannelType')
      }
      const webhook = addWebhook(world, channel, {
        name: readName(asJson(body)),
        userId: actor.userId,
        applicationId: world.application.id,
      })
      return ok(render(world, { webhook, channel }, true))
    },
  },
  {
    method: 'GET',
    path: '/webhooks/:application',
    handle: (context) => ok(render(context.world, managed(context), true)),
  },
  {
    method: 'PATCH',
    path: '/webhooks/:application',
    handle: (context) => rename(context, managed(context), true),
  },
  {
    method: 'DELETE',
    path: '/webhooks/:application',
    handle(context) {
      removeWebhook(context.world, managed(context))
      return NO_CONTENT
    },
  },
  {
    method: 'GET',
    path: '/webhooks/:application/:token',
    open: true,
    handle: (context) => ok(render(context.world, authenticated(context), false)),
  },
  {
    method: 'PATCH',
    path: '/webhooks/:application/:token',
    open: true,
    handle: (context) => rename(context, authenticated(context), false),
  },
  {
    method: 'DELETE',
    path: '/webhooks/:application/:token',
    open: true,
    handle(context) {
      removeWebhook(context.world, authenticated(context))
      return NO_CONTENT
    },
  },
]
