/** A picture that its author takes out of a message. */

import type { APIMessage } from 'discord.js'
import type { Sandbox } from 'loopback-discord'

/** Removes a file from a message, as its author can. */
export function editOut({ world }: Sandbox, { channel_id, id }: APIMessage, name: string): void {
  const message = world.message(channel_id, id)
  world.update(message, { files: message.files.filter((file) => file.name !== name) })
}
