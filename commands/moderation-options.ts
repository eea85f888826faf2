/** What Discord is told about /moderation. */

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ChannelType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js'
import { LIMITS, MODES } from '../config/moderation-settings.ts'
import { SERVERS_ONLY } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'
import type { Catalogue } from './i18n/words.ts'
import { REPOSTS, RULE_GROUP } from './moderation-rules.ts'

const { command: words } = EN.moderation

type Texts = Catalogue['moderation']['command']
type TextKey = { [Key in keyof Texts]: Texts[Key] extends string ? Key : never }[keyof Texts]

/** A description in every language. */
function described(key: TextKey) {
  return {
    description: words[key],
    description_localizations: localizations(({ moderation }) => moderation.command[key]),
  }
}

const { Attachment, Channel, Integer, Role, String: Text } = ApplicationCommandOptionType

function subcommand(
  name: TextKey,
  options: APIApplicationCommandBasicOption[] = [],
): APIApplicationCommandSubcommandOption {
  return { type: ApplicationCommandOptionType.Subcommand, name, ...described(name), options }
}

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
  ...described('image'),
  required: true,
}

const SETUP = subcommand('setup', [
  {
    type: Channel,
    name: 'channel',
    ...described('channel'),
    channel_types: [ChannelType.GuildText],
  },
  {
    type: Text,
    name: 'mode',
    ...described('mode'),
    choices: MODES.map((mode) => ({
      name: words.modes[mode],
      name_localizations: localizations(({ moderation }) => moderation.command.modes[mode]),
      value: mode,
    })),
  },
  { type: Role, name: 'staff', ...described('staff') },
  numbered('distance', 'distance', LIMITS.distance),
  numbered('burst-channels', 'burstChannels', LIMITS.burstChannels),
  numbered('burst-minutes', 'burstMinutes', LIMITS.burstMinutes),
  numbered('timeout', 'timeout', LIMITS.timeoutMinutes),
])

const HASH: APIApplicationCommandSubcommandGroupOption = {
  type: ApplicationCommandOptionType.SubcommandGroup,
  name: 'hash',
  ...described('hash'),
  options: [
    subcommand('add', [IMAGE, { type: Text, name: 'note', ...described('note'), max_length: 100 }]),
    subcommand('remove', [
      {
        type: Text,
        name: 'code',
        ...described('code'),
        required: true,
        min_length: 16,
        max_length: 16,
      },
    ]),
    subcommand('list'),
    subcommand('test', [IMAGE]),
    subcommand('import', [
      { type: Attachment, name: 'file', ...described('file'), required: true },
    ]),
    subcommand('export'),
  ],
}

export const MODERATION_DATA: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: words.name,
  name_localizations: localizations(({ moderation }) => moderation.command.name),
  ...described('description'),
  ...SERVERS_ONLY,
  default_member_permissions: String(PermissionFlagsBits.ManageMessages),
  options: [
    SETUP,
    subcommand('status'),
    subcommand('pause'),
    subcommand('resume'),
    subcommand('exempt', [
      { type: Role, name: 'role', ...described('role') },
      { type: Channel, name: 'channel', ...described('where') },
    ]),
    HASH,
    RULE_GROUP,
    REPOSTS,
    subcommand('stats'),
  ],
}
