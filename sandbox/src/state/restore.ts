/** Opens a state file and restores its world. */

import { Interactions } from '../interactions/interactions.ts'
import { State } from './state.ts'
import type { OpenWorld } from './state.ts'
import { StateFile } from './file.ts'
import { restoredInteractions, restoreWorld } from './records.ts'
import type { SavedWorld } from './records.ts'
import { World } from '../world/world.ts'
import type { WorldOptions } from '../world/defaults.ts'
import { watchVisibility } from '../world/visibility.ts'
import { watchThreads } from '../world/threads/thread-life.ts'

/**
 * The world of the file; for a new file, a new world, which is saved to it.
 *
 * @throws {StateFileError} if the file cannot be used.
 */
export function restore(
  options: WorldOptions,
  path: string,
  make: (options: WorldOptions) => World,
): OpenWorld {
  const file = new StateFile(path)
  const saved = file.load()
  const world = saved ? savedWorld(options, saved) : make(options)
  const interactions = new Interactions(world)
  const state = new State(world, interactions, file)
  if (saved) {
    for (const one of restoredInteractions(world, saved.interactions)) {
      interactions.restore(one)
    }
  }
  state.saveAll()
  return { world, interactions, state }
}

function savedWorld(options: WorldOptions, saved: SavedWorld): World {
  const { bot, cdnSecret } = saved.application
  const world = new World({ ...options, saved: { bot, cdnSecret, lastId: lastIdOf(saved) } })
  restoreWorld(world, saved)
  watchThreads(world)
  watchVisibility(world)
  return world
}

/** The largest id given out so far, in case the clock was set back. */
function lastIdOf(saved: SavedWorld): bigint {
  const { users, channels, messages, audit, interactions } = saved
  const ids = [users, channels, messages, audit, interactions].flatMap((records) =>
    records.map(({ id }) => BigInt(id)),
  )
  return ids.reduce((largest, id) => (id > largest ? id : largest), 0n)
}
