/** Tells Discord which commands there are, but only where it does not know them yet. */

import { type REST, Routes } from 'discord.js'

/** What Discord adds to a command, or no longer uses. */
const NOT_OURS = new Set([
  'id',
  'application_id',
  'guild_id',
  'version',
  'default_permission',
  'dm_permission',
  'name_localized',
  'description_localized',
  'handler',
])

/** Fields that only commands registered everywhere have. */
const GLOBAL_ONLY = new Set(['contexts', 'integration_types'])

export type Registration = {
  readonly rest: Pick<REST, 'get' | 'put'>
  readonly applicationId: string
  /** Register in this server only; absent: everywhere. */
  readonly guildId?: string | undefined
}

/**
 * Makes Discord's list of commands be `commands`, each as the API takes it.
 *
 * @returns whether anything had to be sent.
 */
export async function registerCommands(
  commands: readonly object[],
  { rest, applicationId, guildId }: Registration,
): Promise<boolean> {
  const route =
    guildId === undefined
      ? Routes.applicationCommands(applicationId)
      : Routes.applicationGuildCommands(applicationId, guildId)
  const wanted = commands.map((command) =>
    guildId === undefined ? command : without(command, GLOBAL_ONLY),
  )
  const query = new URLSearchParams({ with_localizations: 'true' })
  const known = await rest.get(route, { query })
  if (Array.isArray(known) && sameCommands(wanted, known)) {
    return false
  }
  await rest.put(route, { body: wanted })
  return true
}

/** Whether two lists of commands mean the same to Discord, in whatever order they come. */
export function sameCommands(wanted: readonly object[], known: readonly object[]): boolean {
  // Where we say nothing about where a command may be used, Discord chooses; that is no difference.
  const silent = new Set([...GLOBAL_ONLY].filter((field) => !wanted.some((one) => field in one)))
  const texts = (commands: readonly object[]) =>
    commands
      .map((command) => JSON.stringify(normal({ type: 1, ...without(command, silent) })))
      .toSorted()
  return JSON.stringify(texts(wanted)) === JSON.stringify(texts(known))
}

/** The value with sorted keys and without what is the default anyway. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(normal)
    return items.every((item): item is number => typeof item === 'number')
      ? items.toSorted((a, b) => a - b)
      : items
  }
  if (typeof value !== 'object' || value === null) {
    return value
  }
  const entries = Object.entries(value)
    .filter(([key]) => !NOT_OURS.has(key))
    .map(([key, field]): [string, unknown] => [key, normal(field)])
    .filter(([, field]) => !isDefault(field))
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function isDefault(value: unknown): boolean {
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return value === undefined || value === null || value === false || value === '' || empty
}

function without(command: object, fields: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(command).filter(([key]) => !fields.has(key)))
}
