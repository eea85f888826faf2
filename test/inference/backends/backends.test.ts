/** One contract, two backends: a model gives the same answers on either. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { READER_FOLDER } from '../../../config/models.ts'
import type { InferenceBackend } from '../../../inference/backends/backend.ts'
import { openThread } from '../../../inference/backends/thread.ts'
import type { EngineOptions } from '../../../inference/contract/options.ts'
import { InputError } from '../../../config/errors.ts'
import { imageSourceOf } from '../../../inference/contract/image-source.ts'
import { createModel } from '../../../inference/model.ts'
import type { ImageSource, Model, Step } from '../../../inference/contract/types.ts'
import { inProcessBackend } from '../../helpers/in-process-backend.ts'
import { packageFor } from '../../helpers/packages.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'

const parity = loadParity('base')
const file = new Uint8Array(readFileSync(path.join(FIXTURES, parity.image)))

const OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  reader: READER_FOLDER,
  imageLimits: {},
  matcher: null,
  queueLimit: 8,
  maxSequences: 4,
  maxImages: 2,
  conversationBytes: 2 ** 20,
  imageCacheBytes: 2 ** 20,
}

const BACKENDS: Record<string, (folder: string) => Promise<InferenceBackend>> = {
  'a thread': (folder) => openThread({ folder, options: OPTIONS }),
  'the process itself': (folder) => inProcessBackend(folder, OPTIONS),
}

for (const [name, open] of Object.entries(BACKENDS)) {
  describe(`a model in ${name}`, () => {
    let model: Model
    let source: ImageSource
    let fetches = 0
    before(async () => {
      model = createModel(await open(await packageFor('base')))
      const { key } = await imageSourceOf(file)
      source = {
        key,
        bytes: async () => {
          fetches += 1
          return file
        },
      }
    })
    after(() => model.close())

    it('answers as the reference does, with its picture fetched once', async () => {
      for (const { prompt, options, ids } of parity.generations) {
        const { text } = parity.prompts[prompt]
        const answer = await model.describe(source, { prompt: text, beams: 1, ...options })
        assert.deepEqual(answer.tokenIds, ids, JSON.stringify({ prompt, options }))
      }
      assert.equal(fetches, 1)
      assert.equal(model.stats().stages.vision.runs, 1)
      assert.deepEqual(await model.encode(source), { preprocessMs: 0, visionMs: 0, bridgeMs: 0 })
    })

    it('scores, and gives tokens', async () => {
      const scored = await model.score(source, { prompt: 'a', answers: ['b', 'c'] })
      assert.deepEqual(
        scored.map(({ answer }) => answer),
        ['b', 'c'],
      )
      const { data, shape } = await model.embedImage(source)
      assert.equal(data.length, shape[0] * shape[1])
    })

    it('streams steps', async () => {
      const steps: Step[] = []
      const onStep = (step: Step) => steps.push(step)
      const answer = await model.describe(source, { beams: 1, maxNewTokens: 4, onStep })
      assert.deepEqual(
        steps.map(({ tokenId }) => tokenId),
        answer.tokenIds,
      )
    })

    it('fails with the reason of a signal, and with a person’s error', async () => {
      const enough = new AbortController()
      const long = { prompt: '', beams: 1, minNewTokens: 60, maxNewTokens: 60 }
      const onStep = () => enough.abort(new Error('enough'))
      const { signal } = enough
      await assert.rejects(model.describe(source, { ...long, signal, onStep }), /enough/)
      await assert.rejects(model.ask(source, ' '), InputError)
    })

    it('forgets', async () => {
      await model.encode(source)
      const before = fetches
      await model.forget([source.key])
      assert.equal(model.stats().caches.images.bytes, 0)
      assert.equal(model.stats().caches.conversations.bytes, 0)
      await model.encode(source)
      assert.equal(fetches, before + 1)
    })
  })
}
