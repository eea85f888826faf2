/** Routes of a channel's messages. Source: developers/resources/message.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { deleteAs, editAs, sendAs } from '../../messages/actions.ts'
import type { MessageAction } from '../../messages/actions.ts'
import { renderMessage } from '../../render/message.ts'
import { can, demand } from '../../world/permissions.ts'
import { asJson } from '../../protocol/body.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import type { Message } from '../../world/message.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Route } from '../route.ts'

/** The channel's routes do not return ephemeral messages, not even to their author. */
function channelMessage({ world, params }: Context): Message {
  const message = world.message(params['channel']!, params['message']!)
  if (message.visibleTo !== null) {
    throw refuse('unknownMessage')
  }
  return message
}

/** @returns the page selected by `before`, `after`, `around` and `limit`, newest first. */
function page(context: Context): readonly Message[] {
  const { world, params, query } = context
  const channel = world.channel(params['channel']!)
  const bot = world.application.bot.id
  demand(world, channel, bot)
  const checks = new Checks()
  const limit = query.get('limit') === null ? 50 : Number(query.get('limit'))
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    const side = limit < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'
    checks.fail(
      'limit',
      limit < 1 ? 'NUMBER_TYPE_MIN' : 'NUMBER_TYPE_MAX',
      `Value should be ${side}.`,
    )
  }
  const fields = Object.fromEntries(query)
  const [before, after, around] = ['before', 'after', 'around'].map((key) => checks.id(fields, key))
  checks.done()
  // Without this permission Discord returns an empty list, not an error.
  if (!can(world, channel, bot, 'readMessageHistory')) {
    return []
  }
  const newest = world
    .history(channel.id)
    .filter((m) => m.visibleTo === null)
    .toReversed()
  if (around !== undefined) {
    const half = Math.floor(limit / 2)
    const older = newest.filter((m) => compareIds(m.id, around) <= 0)
    const newer = newest.filter((m) => compareIds(m.id, around) > 0)
    return [...newer.slice(-half), ...older.slice(0, limit - half)].slice(0, limit)
  }
  if (after !== undefined) {
    return newest.filter((m) => compareIds(m.id, after) > 0).slice(-limit)
  }
  return newest.filter((m) => before === undefined || compareIds(m.id, before) < 0).slice(0, limit)
}

function actOf({ world, params, actor }: Context): MessageAction {
  return { world, channel: world.channel(params['channel']!), ...actor }
}

/** All routes of this file. */
export const messageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/channels/:channel/messages',
    handle: (context) =>
      ok(page(context).map((m) => renderMessage(context.world, m, context.reader))),
  },
  {
    method: 'POST',
    path: '/channels/:channel/messages',
    async handle(context) {
      const { world, body, reader } = context
      const message = await sendAs(actOf(context), asJson(body), body.files)
      return ok(renderMessage(world, message, reader))
    },
  },
  {
    method: 'GET',
    path: '/channels/:channel/messages/:message',
    handle(context) {
      const { world, channel, userId } = actOf(context)
      demand(world, channel, userId, 'readMessageHistory')
      return ok(renderMessage(world, channelMessage(context), context.reader))
    },
  },
  {
    method: 'PATCH',
    path: '/channels/:channel/messages/:message',
    async handle(context) {
      const { world, body, reader } = context
      const message = channelMessage(context)
      await editAs(actOf(context), message, asJson(body), body.files)
      return ok(renderMessage(world, message, reader))
    },
  },
  {
    method: 'DELETE',
    path: '/channels/:channel/messages/:message',
    handle(context) {
      deleteAs(actOf(context), channelMessage(context))
      return NO_CONTENT
    },
  },
]
