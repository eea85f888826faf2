/** The options of `/moderation rule …` and `/moderation reposts`: part of commands/moderation/command.ts. */

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ChannelType,
} from 'discord.js'
import { RULE_ACTIONS, RULE_LIMITS } from './rule.ts'
import { choices, described } from '../i18n/localized.ts'
import { subcommand } from '../definition/subcommand.ts'

const {
  Attachment,
  Boolean: YesNo,
  Integer: Whole,
  Channel,
  Number: Float,
  String: Text,
} = ApplicationCommandOptionType

function typed(name: 'name' | 'question'): APIApplicationCommandBasicOption {
  const { min, max } = RULE_LIMITS[name]
  return {
    type: Text,
    name,
    ...described(`moderationRules.command.${name}`),
    required: true,
    min_length: min,
    max_length: max,
  }
}

function percentage(name: 'threshold' | 'precision', required: boolean) {
  const { min, max } = RULE_LIMITS[name]
  return {
    type: Float,
    name,
    ...described(`moderationRules.command.${name}`),
    required,
    min_value: min,
    max_value: max,
  } as const
}

const ACTION: APIApplicationCommandBasicOption = {
  type: Text,
  name: 'action',
  ...described('moderationRules.command.action'),
  choices: choices(RULE_ACTIONS, 'moderationRules.command.actions'),
}

/** Part of the options of /moderation. */
export const RULE_GROUP: APIApplicationCommandSubcommandGroupOption = {
  type: ApplicationCommandOptionType.SubcommandGroup,
  name: 'rule',
  ...described('moderationRules.command.rule'),
  options: [
    subcommand('add', 'moderationRules.command.add', [
      typed('name'),
      typed('question'),
      percentage('threshold', true),
      ACTION,
      {
        type: Text,
        name: 'channels',
        ...described('moderationRules.command.channels'),
        max_length: 600,
      },
      percentage('precision', false),
      {
        type: Whole,
        name: 'timeout',
        ...described('moderationRules.command.timeout'),
        min_value: RULE_LIMITS.timeout.min,
        max_value: RULE_LIMITS.timeout.max,
      },
      {
        type: YesNo,
        name: 'age-restricted',
        ...described('moderationRules.command.ageRestricted'),
      },
    ]),
    subcommand('remove', 'moderationRules.command.remove', [typed('name')]),
    subcommand('list', 'moderationRules.command.list'),
    subcommand('test', 'moderationRules.command.test', [
      {
        type: Attachment,
        name: 'image',
        ...described('moderationRules.command.image'),
        required: true,
      },
      { ...typed('name'), required: false },
    ]),
    subcommand('stats', 'moderationRules.command.stats', [typed('name')]),
  ],
}

/** Part of the options of /moderation. */
export const REPOSTS: APIApplicationCommandSubcommandOption = subcommand(
  'reposts',
  'moderationRules.command.reposts',
  [
    {
      type: Channel,
      name: 'channel',
      ...described('moderationRules.command.channel'),
      required: true,
      channel_types: [ChannelType.GuildText, ChannelType.GuildAnnouncement],
    },
  ],
)
