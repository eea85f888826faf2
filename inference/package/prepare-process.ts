/** The process that prepares one graph of a package; prepare.ts starts it with FOLDER GRAPH THREADS. */

import { prepareSession } from '../runtime/sessions.ts'
import { ConfigError } from '../../config/errors.ts'
import { openPackage } from './open-package.ts'
import { verifyPackage } from './verify.ts'
import type { PrepareAnswer } from './prepare.ts'

const [folder = '', graph = '', threads = '1'] = process.argv.slice(2)
const answer: PrepareAnswer = { problems: await prepare() }
process.send?.(answer)

async function prepare(): Promise<readonly string[]> {
  try {
    const modelPackage = await openPackage(folder)
    await verifyPackage(modelPackage)
    await prepareSession(folder, modelPackage.card, graph, Number(threads))
    return []
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems
    }
    if (error instanceof Error && 'code' in error) {
      return [`${folder} cannot be prepared: ${error.message}.`]
    }
    throw error
  }
}
