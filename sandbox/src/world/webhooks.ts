/** Webhooks of channels: incoming ones, and those that follow an announcement channel. */

import { randomBytes } from 'node:crypto'
import { refuse } from '../protocol/errors.ts'
import type { Channel, Webhook } from './types.ts'
import type { World } from './world.ts'

/** Maximum per channel. */
const MAX_WEBHOOKS = 15

/** A webhook with its channel. */
export type PlacedWebhook = { readonly webhook: Webhook; readonly channel: Channel }

/** Creates a webhook. @throws {ApiError} 30007 beyond 15 in the channel. */
export function addWebhook(
  world: World,
  channel: Channel,
  fields: Pick<Webhook, 'name'> & Partial<Webhook>,
): Webhook {
  if (channel.webhooks.size >= MAX_WEBHOOKS) {
    throw refuse('tooManyWebhooks')
  }
  const type = fields.type ?? 1
  const webhook: Webhook = {
    userId: null,
    applicationId: null,
    sourceChannelId: null,
    ...fields,
    id: world.nextId(),
    type,
    token: type === 1 ? randomBytes(51).toString('base64url') : null,
  }
  channel.webhooks.set(webhook.id, webhook)
  world.emit({ name: 'WEBHOOKS_UPDATE', channel })
  return webhook
}

/** Deletes a webhook. */
export function removeWebhook(world: World, { webhook, channel }: PlacedWebhook): void {
  channel.webhooks.delete(webhook.id)
  world.emit({ name: 'WEBHOOKS_UPDATE', channel })
}

/** The webhook of that id, with its channel. */
export function findWebhook(world: World, id: string): PlacedWebhook | undefined {
  for (const channel of world.channels.values()) {
    const webhook = channel.webhooks.get(id)
    if (webhook) {
      return { webhook, channel }
    }
  }
  return undefined
}
