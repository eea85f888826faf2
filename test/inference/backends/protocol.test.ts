import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { READER_FOLDER } from '../../../config/models.ts'
import type { RequestOf } from '../../../inference/backends/backend.ts'
import { openThread } from '../../../inference/backends/thread.ts'
import {
  fromThreadSchema,
  resultSchemas,
  toThreadSchema,
} from '../../../inference/backends/protocol.ts'
import type { EngineOptions } from '../../../inference/contract/options.ts'
import { packageFor } from '../../helpers/packages.ts'

const OPTIONS: EngineOptions = {
  provider: 'cpu',
  threads: 1,
  reader: READER_FOLDER,
  imageLimits: {},
  matcher: null,
  queueLimit: 1,
  maxSequences: 1,
  maxImages: 1,
  conversationBytes: 0,
  imageCacheBytes: 0,
}

const CLAIM = { urgency: 'normal', tenant: 't', user: 'u', deadline: Infinity } as const
const IMAGE = { key: 'a', bytes: null }
const REQUEST = {
  type: 'request',
  id: 1,
  request: { kind: 'score', image: IMAGE, prompt: { kind: 'raw', text: 'a' }, answers: ['b'] },
  claim: CLAIM,
  cacheable: true,
  steps: false,
}

describe('the protocol', () => {
  it('takes requests as they are, numbers out of range included', () => {
    assert.deepEqual(toThreadSchema.parse(REQUEST), REQUEST)
    const options = { maxNewTokens: Number.NaN, stopIds: [-1] }
    const prompt = { kind: 'describe' }
    const request = { kind: 'generate', images: [IMAGE, IMAGE], prompt, options }
    assert.deepEqual(toThreadSchema.parse({ ...REQUEST, request }), { ...REQUEST, request })
  })

  it('refuses a message that is not a request', () => {
    for (const broken of [
      { ...REQUEST, type: 'else' },
      { ...REQUEST, claim: { ...CLAIM, user: 1 } },
      { ...REQUEST, request: { ...REQUEST.request, answers: 'b' } },
      { ...REQUEST, request: { ...REQUEST.request, image: { key: 'a', bytes: [1] } } },
    ]) {
      assert.equal(toThreadSchema.safeParse(broken).success, false, JSON.stringify(broken))
    }
  })

  it('refuses a result of another kind', () => {
    const scores = [{ answer: 'b', logLikelihood: -Infinity, probability: 0 }]
    assert.deepEqual(resultSchemas.score.parse(scores), scores)
    assert.equal(resultSchemas.generate.safeParse(scores).success, false)
    assert.equal(fromThreadSchema.safeParse({ type: 'position', id: 1, ahead: -1 }).success, false)
  })

  it('rejects only the invalid request, and the thread keeps running', async () => {
    const thread = await openThread({ folder: await packageFor('base'), options: OPTIONS })
    try {
      const call = { claim: CLAIM, cacheable: true }
      const broken: RequestOf<'score'> = JSON.parse(
        '{ "kind": "score", "image": {}, "answers": 3 }',
      )
      await assert.rejects(thread.submit('score', broken, call), /unexpected request/)
      const outcome = await thread.submit('encode', { kind: 'encode', image: IMAGE }, call)
      assert.equal(outcome.kind, 'missing')
    } finally {
      await thread.close()
    }
  })

  it('rejects a deletion that the thread cannot read, or does not confirm', async () => {
    const worker = new URL('../../helpers/failing-worker.ts', import.meta.url)
    const thread = await openThread({ folder: await packageFor('base'), options: OPTIONS }, worker)
    try {
      await assert.rejects(thread.forget(JSON.parse('[3]')), /unexpected request/)
      await assert.rejects(thread.forget(['garbled']), /unexpected message/)
      await thread.forget(['a'])
    } finally {
      await thread.close()
    }
  })
})
