/** What people can see and delete of the records that name them: `/privacy`. */

import type { PrivacyService } from '../../commands/command.ts'
import { HOUR_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import { PRIVACY_DELETE_ID } from '../discord/custom-id.ts'
import { userTag } from '../store/keys.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { Eraser } from './eraser.ts'
import type { GuildSettingsStore } from './guild-settings.ts'
import type { UserStore } from './user-store.ts'

type Deps = {
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
  readonly eraser: Eraser
} & Pick<PrivacyService, 'modelPlace'>

/** `/privacy` */
export function privacyService({
  memory,
  users,
  settings,
  eraser,
  modelPlace,
}: Deps): PrivacyService {
  return {
    deleteButtonId: PRIVACY_DELETE_ID,
    isOut: (userId) => users.hasOptedOut(userId),
    setOut: (userId, out, commandId) =>
      out ? eraser.optOut(userId, commandId) : users.setOptOut(userId, false),
    records: (userId) => recordsOf({ memory, users }, userId),
    forget: (userId, commandId) => eraser.deleteUser(userId, commandId),
    modelPlace,
    retentionHours: async (guildId) => (await settings.ttlMs(guildId)) / HOUR_MS,
  }
}

/**
 * The service, with one command that reads the records of a person at a time.
 *
 * @throws {InputError} from such a command while another one of that person runs.
 */
export function onePerPerson(service: PrivacyService): PrivacyService {
  const busy = new Set<string>()
  const alone = async <R>(userId: string, work: () => Promise<R>): Promise<R> => {
    if (busy.has(userId)) {
      throw new InputError('privacy/busy')
    }
    busy.add(userId)
    try {
      return await work()
    } finally {
      busy.delete(userId)
    }
  }
  return {
    ...service,
    records: (userId) => alone(userId, () => service.records(userId)),
    forget: (userId, commandId) => alone(userId, () => service.forget(userId, commandId)),
  }
}

/** Every stored record that names a person, each with its place. */
async function recordsOf(
  { memory, users }: Pick<Deps, 'memory' | 'users'>,
  userId: string,
): Promise<object[]> {
  const records = await Array.fromAsync(memory.recordsOf(userId))
  const tag = userTag(userId)
  for await (const [key, { count }] of users.uses.entriesWith(tag)) {
    records.push({ kind: 'uses', place: key, count })
  }
  for await (const [key, { at }] of users.hints.entriesWith(tag)) {
    records.push({ kind: 'hint', place: key, at })
  }
  const language = await users.locales.get(userId)
  if (language) {
    records.push({ kind: 'language', ...language })
  }
  const out = await users.optOuts.get(userId)
  return out ? [...records, { kind: 'opt-out', ...out }] : records
}
