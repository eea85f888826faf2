/** All commands. A command is registered if it is in one of these lists. */

import { askCommand } from './ask.ts'
import { compareCommand } from './compare.ts'
import type { Command, MenuCommand } from './command.ts'
import { describeCommand, readCommand } from './describe.ts'
import { findCommand } from './find.ts'
import { helpCommand } from './help.ts'
import { withOptionNames } from './i18n/option-names.ts'
import { memoryCommand } from './memory.ts'
import { askMenu, describeMenu, readMenu } from './menus.ts'
import { allowMenu, markMenu, reportMenu } from './moderation/menus.ts'
import { moderationCommand } from './moderation/command.ts'
import { privacyCommand } from './privacy.ts'
import { settingsCommand } from './settings.ts'

/** Slash commands. */
export const SLASH_COMMANDS: readonly Command[] = [
  describeCommand,
  readCommand,
  askCommand,
  compareCommand,
  findCommand,
  memoryCommand,
  privacyCommand,
  settingsCommand,
  moderationCommand,
  helpCommand,
]

/** Commands in the context menu of a message. */
export const MENU_COMMANDS: readonly MenuCommand[] = [
  describeMenu,
  readMenu,
  askMenu,
  reportMenu,
  markMenu,
  allowMenu,
]

/** All commands, for registration. */
export const COMMANDS: readonly Pick<Command | MenuCommand, 'data'>[] = [
  ...SLASH_COMMANDS.map(({ data }) => ({ data: withOptionNames(data) })),
  ...MENU_COMMANDS,
]
