/** The options of `/moderation rule …` and `/moderation reposts`: part of commands/moderation/command.ts. */

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ChannelType,
} from 'discord.js'
import { RULE_ACTIONS, RULE_LIMITS, WORD_LISTS } from './rule.ts'
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

function typed(name: 'name' | 'question' | 'match'): APIApplicationCommandBasicOption {
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

/** Characters of words that an option takes; more fit into a file. */
const MAX_WORDS = 2000

/** What a rule looks for, and from where. */
const SUBJECT: APIApplicationCommandBasicOption[] = [
  { ...typed('question'), required: false },
  { ...typed('match'), required: false },
  {
    type: Text,
    name: 'words',
    ...described('moderationRules.command.words'),
    max_length: MAX_WORDS,
  },
  {
    type: Text,
    name: 'list',
    ...described('moderationRules.command.list'),
    choices: choices(WORD_LISTS, 'moderationRules.command.lists'),
  },
  { type: Attachment, name: 'file', ...described('moderationRules.command.file') },
  {
    type: Float,
    name: 'threshold',
    ...described('moderationRules.command.threshold'),
    min_value: RULE_LIMITS.points.min,
    max_value: RULE_LIMITS.points.max,
  },
]

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
      ...SUBJECT,
      ACTION,
      {
        type: Text,
        name: 'channels',
        ...described('moderationRules.command.channels'),
        max_length: 600,
      },
      {
        type: Float,
        name: 'precision',
        ...described('moderationRules.command.precision'),
        min_value: RULE_LIMITS.precision.min,
        max_value: RULE_LIMITS.precision.max,
      },
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
    subcommand('list', 'moderationRules.command.show'),
    subcommand('words', 'moderationRules.command.export', [typed('name')]),
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
