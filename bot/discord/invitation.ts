/** The permissions that the bot asks for, and the link that invites it. docs/discord-setup.md explains it. */

import { OAuth2Scopes, PermissionFlagsBits } from 'discord.js'

const {
  AttachFiles,
  ManageMessages,
  ModerateMembers,
  ReadMessageHistory,
  SendMessages,
  SendMessagesInThreads,
  ViewChannel,
} = PermissionFlagsBits

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

/** What moderation needs besides, each with what it cannot do without it. */
export const MODERATION_PERMISSIONS = [
  { name: 'ManageMessages', bit: ManageMessages, for: 'remove messages' },
  { name: 'ModerateMembers', bit: ModerateMembers, for: 'time members out' },
] as const

/** The sum of the bits, as the link takes it. */
export const PERMISSIONS_INTEGER = sumOf(PERMISSIONS)
export const MODERATION_PERMISSIONS_INTEGER = sumOf([...PERMISSIONS, ...MODERATION_PERMISSIONS])

function sumOf(permissions: readonly { readonly bit: bigint }[]): bigint {
  return permissions.reduce((sum, { bit }) => sum | bit, 0n)
}

/** The link that a server's manager opens to add the bot. */
export function invitationLink(
  applicationId: string,
  permissions: bigint = PERMISSIONS_INTEGER,
): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: [OAuth2Scopes.Bot, OAuth2Scopes.ApplicationsCommands].join(' '),
    permissions: String(permissions),
  })
  return `https://discord.com/oauth2/authorize?${query.toString()}`
}
