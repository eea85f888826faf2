/** Registers the commands at Discord. */

import { type REST, Routes } from 'discord.js'

/** Fields that only commands registered everywhere have. */
const GLOBAL_ONLY = new Set(['contexts', 'integration_types'])

export type Registration = {
  readonly rest: Pick<REST, 'put'>
  readonly applicationId: string
  /** Register in this server only; absent: everywhere. */
  readonly guildId?: string | undefined
}

/**
 * Replaces Discord's list of commands with `commands`, each as the API takes it.
 *
 * The whole list is sent at each start: commands that exist keep their ids, and only new ones count
 * toward the daily limit of 200 (Discord’s "Bulk Overwrite Global Application Commands").
 */
export async function registerCommands(
  commands: readonly object[],
  { rest, applicationId, guildId }: Registration,
): Promise<void> {
  if (guildId === undefined) {
    await rest.put(Routes.applicationCommands(applicationId), { body: commands })
  } else {
    const body = commands.map((command) => omit(command, GLOBAL_ONLY))
    await rest.put(Routes.applicationGuildCommands(applicationId, guildId), { body })
  }
}

function omit(command: object, fields: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(command).filter(([key]) => !fields.has(key)))
}
