/** Renders users. */

import type { MessageWebhook } from '../world/message.ts'
import type { User } from '../world/types.ts'

/** The user object of the API. */
export function renderUser(user: User) {
  return {
    id: user.id,
    username: user.name,
    discriminator: '0',
    global_name: user.bot ? null : user.displayName,
    avatar: null,
    bot: user.bot,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
  }
}

/** The author of a webhook's message: no user, but with the form of one. */
export function renderWebhookUser({ id, name }: MessageWebhook) {
  return {
    id,
    username: name,
    discriminator: '0000',
    global_name: null,
    avatar: null,
    bot: true,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
  }
}
