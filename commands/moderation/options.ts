/** The definition of /moderation for Discord. */

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  ApplicationCommandOptionType,
  ChannelType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js'
import { LIMITS, MODES } from './settings.ts'
import { SERVERS_ONLY } from '../definition/contexts.ts'
import { choices, described, localized, type TextKey } from '../i18n/localized.ts'
import { REPOSTS, RULE_GROUP } from './rule-options.ts'
import { subcommand } from '../definition/subcommand.ts'

const { Attachment, Channel, Integer, Role, String: Text } = ApplicationCommandOptionType

function numbered(
  name: string,
  key: TextKey,
  { min, max }: { min: number; max: number },
): APIApplicationCommandBasicOption {
  return { type: Integer, name, ...described(key), min_value: min, max_value: max }
}

const IMAGE: APIApplicationCommandBasicOption = {
  type: Attachment,
  name: 'image',
  ...described('moderation.command.image'),
  required: true,
}

const SETUP = subcommand('setup', 'moderation.command.setup', [
  {
    type: Channel,
    name: 'channel',
    ...described('moderation.command.channel'),
    channel_types: [ChannelType.GuildText],
  },
  {
    type: Text,
    name: 'mode',
    ...described('moderation.command.mode'),
    choices: choices(MODES, 'moderation.command.modes'),
  },
  { type: Role, name: 'staff', ...described('moderation.command.staff') },
  numbered('distance', 'moderation.command.distance', LIMITS.distance),
  numbered('burst-channels', 'moderation.command.burstChannels', LIMITS.burstChannels),
  numbered('burst-minutes', 'moderation.command.burstMinutes', LIMITS.burstMinutes),
  numbered('timeout', 'moderation.command.timeout', LIMITS.timeoutMinutes),
])

const HASH: APIApplicationCommandSubcommandGroupOption = {
  type: ApplicationCommandOptionType.SubcommandGroup,
  name: 'hash',
  ...described('moderation.command.hash'),
  options: [
    subcommand('add', 'moderation.command.add', [
      IMAGE,
      { type: Text, name: 'note', ...described('moderation.command.note'), max_length: 100 },
    ]),
    subcommand('remove', 'moderation.command.remove', [
      {
        type: Text,
        name: 'code',
        ...described('moderation.command.code'),
        required: true,
        min_length: 16,
        max_length: 23,
      },
    ]),
    subcommand('list', 'moderation.command.list'),
    subcommand('test', 'moderation.command.test', [IMAGE]),
    subcommand('import', 'moderation.command.import', [
      { type: Attachment, name: 'file', ...described('moderation.command.file'), required: true },
    ]),
    subcommand('export', 'moderation.command.export'),
  ],
}

export const MODERATION_DATA: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  ...localized('moderation.command'),
  ...SERVERS_ONLY,
  default_member_permissions: String(PermissionFlagsBits.ManageMessages),
  options: [
    SETUP,
    subcommand('status', 'moderation.command.status'),
    subcommand('pause', 'moderation.command.pause'),
    subcommand('resume', 'moderation.command.resume'),
    subcommand('case', 'moderation.command.case', [
      {
        type: Integer,
        name: 'number',
        ...described('moderation.command.number'),
        required: true,
        min_value: 1,
      },
    ]),
    subcommand('exempt', 'moderation.command.exempt', [
      { type: Role, name: 'role', ...described('moderation.command.role') },
      { type: Channel, name: 'channel', ...described('moderation.command.where') },
    ]),
    HASH,
    RULE_GROUP,
    REPOSTS,
    subcommand('stats', 'moderation.command.stats'),
  ],
}
