/** Renders users. */

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
