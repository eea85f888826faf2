/**
 * The initial world: one guild, its members, and the bot.
 *
 * Ada and Lin are plain members and Mo is a moderator; a fourth account owns the guild, because an
 * owner has all permissions, which would bypass the roles.
 */

import { ALL_PERMISSIONS, PERMISSION, permissionsOf } from './permissions.ts'
import type { World } from './world.ts'
import type { Guild, Overwrite } from './types.ts'

/** The permissions of @everyone in a new guild on Discord. */
export const EVERYONE_PERMISSIONS = permissionsOf(
  PERMISSION.createInstantInvite,
  PERMISSION.addReactions,
  PERMISSION.stream,
  PERMISSION.viewChannel,
  PERMISSION.sendMessages,
  PERMISSION.embedLinks,
  PERMISSION.attachFiles,
  PERMISSION.readMessageHistory,
  PERMISSION.mentionEveryone,
  PERMISSION.useExternalEmojis,
  PERMISSION.connect,
  PERMISSION.speak,
  PERMISSION.useVad,
  PERMISSION.changeNickname,
  PERMISSION.useApplicationCommands,
  PERMISSION.requestToSpeak,
  PERMISSION.createPublicThreads,
  PERMISSION.createPrivateThreads,
  PERMISSION.useExternalStickers,
  PERMISSION.sendMessagesInThreads,
  PERMISSION.useEmbeddedActivities,
  PERMISSION.useSoundboard,
  PERMISSION.createGuildExpressions,
  PERMISSION.createEvents,
  PERMISSION.useExternalSounds,
  PERMISSION.sendVoiceMessages,
  PERMISSION.sendPolls,
  PERMISSION.useExternalApps,
)

/** The permissions of the Moderator role; with Manage Server, Mo can set up bots. */
export const MODERATOR_PERMISSIONS = permissionsOf(
  PERMISSION.manageGuild,
  PERMISSION.kickMembers,
  PERMISSION.banMembers,
  PERMISSION.viewAuditLog,
  PERMISSION.manageMessages,
  PERMISSION.manageNicknames,
  PERMISSION.manageThreads,
  PERMISSION.moderateMembers,
  PERMISSION.pinMessages,
  PERMISSION.bypassSlowmode,
)

/** The permissions of the bot's managed role: all but administrator. */
export const BOT_PERMISSIONS = ALL_PERMISSIONS & ~PERMISSION.administrator

/** Fills a new world. */
export function seedWorld(world: World): void {
  const ada = world.addUser('ada', 'Ada')
  const lin = world.addUser('lin', 'Lin')
  const mo = world.addUser('mo', 'Mo')
  const owner = world.addUser('kit', 'Kit')
  const guild = world.addGuild('Sandbox', owner.id, EVERYONE_PERMISSIONS)
  const { bot } = world.application
  const botRole = world.addRole(guild, {
    name: bot.name,
    permissions: BOT_PERMISSIONS,
    position: 2,
    botId: bot.id,
  })
  const moderator = world.addRole(guild, {
    name: 'Moderator',
    permissions: MODERATOR_PERMISSIONS,
    position: 1,
    color: 0x2e_cc_71,
    hoist: true,
    mentionable: true,
  })
  addChannels(world, guild, [moderator.id, botRole.id])
  for (const { id } of [ada, lin]) {
    world.addMember(guild, id)
  }
  world.addMember(guild, mo.id, [moderator.id])
  world.addMember(guild, bot.id, [botRole.id])
}

function addChannels(world: World, guild: Guild, staff: readonly string[]): void {
  const { viewChannel } = PERMISSION
  const hidden: Overwrite[] = [
    { id: guild.id, type: 0, allow: 0n, deny: viewChannel },
    ...staff.map((id): Overwrite => ({ id, type: 0, allow: viewChannel, deny: 0n })),
  ]
  const channels = [
    { name: 'general', topic: `Show ${world.application.name} a picture and ask about it` },
    { name: 'memes' },
    { name: 'after-hours', topic: 'Age-restricted', nsfw: true },
    {
      name: 'mod-log',
      topic: 'Seen by moderators and the bot only',
      overwrites: new Map(hidden.map((overwrite) => [overwrite.id, overwrite])),
    },
  ]
  channels.forEach((channel, position) => world.addChannel(guild, { ...channel, position }))
}
