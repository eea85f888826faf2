/**
 * Describes a picture on a provider, in a process of its own, since where a driver is found is
 * settled at a process's start: PACKAGE IMAGE PROVIDER. Prints one JSON object.
 */

import { readFileSync } from 'node:fs'
import { ConfigError } from '../../config/errors.ts'
import { openModel } from '../../inference/model.ts'
import { PROVIDERS } from '../../config/environment.ts'
import type { Provider } from '../../inference/runtime/device.ts'

const [folder = '', image = '', name] = process.argv.slice(2)
const provider: Provider = PROVIDERS.find((known) => known === name) ?? 'cpu'
try {
  const model = await openModel(folder, { provider, threads: 1 })
  const { device } = model.stats()
  const picture = readFileSync(image)
  const { data } = await model.embedImage(picture)
  const options = { prompt: '', minNewTokens: 6, maxNewTokens: 6 }
  const greedy = await model.describe(picture, { ...options, beams: 1 })
  const beams = await model.describe(picture, { ...options, beams: 3 })
  const [scored] = await model.score(picture, { prompt: 'a', answers: ['b c'] })
  await model.close()
  const ids = [...greedy.tokenIds, ...beams.tokenIds]
  const { logLikelihood } = scored!
  process.stdout.write(JSON.stringify({ device, ids, logLikelihood, tokens: Array.from(data) }))
} catch (error) {
  if (!(error instanceof ConfigError)) {
    throw error
  }
  process.stdout.write(JSON.stringify({ problem: error.message }))
}
