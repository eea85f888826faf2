import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Decoder, type DecoderInput } from '../../../inference/engine/decoder.ts'
import { hostCaches } from '../../../inference/kv/host-cache.ts'
import {
  openSessions,
  releaseSessions,
  type Sessions,
} from '../../../inference/runtime/sessions.ts'
import type { ModelCard } from '../../../inference/package/model-card.ts'
import { openPackage } from '../../../inference/package/open-package.ts'
import { packageFor } from '../../helpers/packages.ts'
import { loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'

const parity = loadParity('base')
const ids = [...parity.prompts.question.ids, 5, 9, 11]

describe('a run that is too long for the device', () => {
  let sessions: Sessions
  let card: ModelCard
  before(async () => {
    const folder = await packageFor('base')
    ;({ card } = await openPackage(folder))
    sessions = await openSessions(folder, card, 1)
  })
  after(() => releaseSessions(sessions))

  /** A prompt with its picture, a look at more ids, and what comes after the prompt. */
  async function logitsOf(longestRun: number): Promise<Float32Array[]> {
    const { dimensions } = card
    const place = { caches: hostCaches(dimensions), longestRun }
    const decoder = new Decoder(sessions.decoder, dimensions, place)
    const { queryTokens, embedSize } = dimensions
    const { data } = tensorOf(parity, 'image_tokens')
    const image = { data, shape: [queryTokens, embedSize] } as const
    const cache = decoder.createCache()
    const run = (input: Pick<DecoderInput, 'ids' | 'logits' | 'keep'>, start = {}) =>
      decoder.run(cache, { ...start, ...input })
    const logits = [
      await run({ ids: [ids], logits: 'last', keep: true }, { image }),
      await run({ ids: [ids.slice(2)], logits: 'all', keep: false }),
      await run({ ids: [ids.slice(0, 7)], logits: 'all', keep: true }),
    ]
    assert.equal(cache.length, queryTokens + ids.length + 7)
    return logits
  }

  it('gives in pieces what it gives as a whole', async () => {
    const whole = await logitsOf(Infinity)
    // Of one position, of less than the picture has, with the picture's end in the middle.
    for (const longestRun of [1, parity.queryTokens - 1, parity.queryTokens + 2]) {
      for (const [i, logits] of (await logitsOf(longestRun)).entries()) {
        const error = relativeError(logits, whole[i]!)
        assert.ok(error < 1e-5, `${longestRun} at once, run ${i}: ${error}`)
      }
    }
  })
})
