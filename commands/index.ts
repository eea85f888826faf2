/** The slash commands there are. A command exists when it is in this list. */

import type { Command } from './command.ts'
import { describeCommand } from './describe.ts'

export const COMMANDS: readonly Command[] = [describeCommand]
