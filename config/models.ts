/** Where a model package lies, by the name a person gives. */

import { existsSync } from 'node:fs'
import path from 'node:path'

/** The shipped and the pulled packages. */
export const MODELS_FOLDER = path.join(import.meta.dirname, '..', 'models')

/**
 * Finds the folder of a model package.
 *
 * - `demo` is the shipped model, `models/demo`;
 * - something with a slash, or starting with a dot, is a path;
 * - any other name is a folder of `modelsFolder` if it has one of that name, else of `models/`.
 *
 * @param relativeTo what a relative path starts from.
 * @returns an absolute path; it need not exist.
 */
export function findModel(name: string, modelsFolder?: string, relativeTo = process.cwd()): string {
  if (name === 'demo') {
    return path.join(MODELS_FOLDER, 'demo')
  }
  if (name.includes('/') || name.includes(path.sep) || name.startsWith('.')) {
    return path.resolve(relativeTo, name)
  }
  const own = modelsFolder && path.resolve(relativeTo, modelsFolder, name)
  return own && existsSync(own) ? own : path.join(MODELS_FOLDER, name)
}
