/** The shipped packages, as far as `models/` has them: no list that a further miniature would have to be added to. */

import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { hasShippedName, MODELS_FOLDER } from '../../config/models.ts'
import type { Task } from '../../inference/families/common/card-base.ts'
import { type AnyCard, CARD_FILE } from '../../inference/package/model-card.ts'
import { openPackage } from '../../inference/package/open-package.ts'

/** Names of the shipped folders: models, matchers and the text reader. */
export const SHIPPED_FOLDERS: readonly string[] = readdirSync(MODELS_FOLDER)
  .filter((name) => hasShippedName(name))
  .toSorted()

/** The shipped models that write text, by name. */
export async function shippedModels(): Promise<ReadonlyMap<string, AnyCard>> {
  const models = new Map<string, AnyCard>()
  for (const name of SHIPPED_FOLDERS) {
    const folder = path.join(MODELS_FOLDER, name)
    if (existsSync(path.join(folder, CARD_FILE))) {
      const { card } = await openPackage(folder)
      const tasks: readonly Task[] = card.tasks
      if (tasks.includes('text')) {
        models.set(name, card)
      }
    }
  }
  return models
}
