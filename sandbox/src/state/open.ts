/** Opens the world of a sandbox: a new one, or the one of its state file. */

import { Interactions } from '../interactions/interactions.ts'
import type { OpenWorld } from './state.ts'
import { World } from '../world/world.ts'
import type { WorldOptions } from '../world/defaults.ts'
import { seedWorld } from '../world/seed.ts'
import { watchVisibility } from '../world/visibility.ts'
import { watchThreads } from '../world/threads/thread-life.ts'

/**
 * Opens a world.
 *
 * @param stateFile path of the state file; without it the world is in memory only.
 * @throws {StateFileError} if the file cannot be used.
 */
export async function openWorld(
  options: WorldOptions,
  stateFile: string | undefined,
): Promise<OpenWorld> {
  if (stateFile === undefined) {
    const world = newWorld(options)
    return { world, interactions: new Interactions(world), state: null }
  }
  // Loaded on demand, so that the sandbox starts faster without it.
  const { restore } = await import('./restore.ts')
  return restore(options, stateFile, newWorld)
}

function newWorld(options: WorldOptions): World {
  const world = new World(options)
  seedWorld(world)
  watchThreads(world)
  watchVisibility(world)
  return world
}
