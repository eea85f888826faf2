/** The permissions that the bot asks for, and the link that invites it. docs/discord-setup.md explains it. */

import { OAuth2Scopes, PermissionFlagsBits } from 'discord.js'

const { AttachFiles, ReadMessageHistory, SendMessages, SendMessagesInThreads, ViewChannel } =
  PermissionFlagsBits

/** Each with what the bot cannot do without it. */
export const PERMISSIONS = [
  { name: 'ViewChannel', bit: ViewChannel, for: 'see the channel and its pictures at all' },
  { name: 'SendMessages', bit: SendMessages, for: 'answer messages' },
  {
    name: 'SendMessagesInThreads',
    bit: SendMessagesInThreads,
    for: 'answer messages in threads',
  },
  {
    name: 'AttachFiles',
    bit: AttachFiles,
    for: 'show an uploaded picture with its answer, post one again with alternative text',
  },
  {
    name: 'ReadMessageHistory',
    bit: ReadMessageHistory,
    for: 'find the newest picture, and the picture that a reply is about',
  },
] as const

/** The sum of all bits, as the link takes it. */
export const PERMISSIONS_INTEGER = PERMISSIONS.reduce((sum, { bit }) => sum | bit, 0n)

/** The link that a server's manager opens to add the bot. */
export function invitationLink(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: [OAuth2Scopes.Bot, OAuth2Scopes.ApplicationsCommands].join(' '),
    permissions: String(PERMISSIONS_INTEGER),
  })
  return `https://discord.com/oauth2/authorize?${query.toString()}`
}
