/** Our side of describe.ts in a process of its own, so that its memory can be measured: FOLDER. */

import { readFileSync } from 'node:fs'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import type { Asked, Times } from './asked.ts'

if (process.send) {
  // No cache between answers: each one is the first about its picture.
  const model = await openModel(process.argv[2] ?? '', { conversationBytes: 0, imageCacheBytes: 0 })
  process.on('message', (asked: Asked | 'end') => {
    void (asked === 'end' ? end(model) : answer(model, asked))
  })
  process.send('opened')
}

async function answer(model: Model, { file, question, detail, tokens }: Asked): Promise<void> {
  const picture = new Uint8Array(readFileSync(file))
  const start = performance.now()
  let first = 0
  const { timings, promptTokens } = await model.ask(picture, question, {
    beams: 1,
    maxNewTokens: tokens,
    minNewTokens: tokens,
    detail,
    onStep: () => {
      first ||= performance.now() - start
    },
  })
  const totalMs = performance.now() - start
  const times: Times = {
    totalMs,
    firstTokenMs: first,
    visionMs: timings.visionMs + timings.bridgeMs,
    tokensPerSecond: (tokens - 1) / ((totalMs - first) / 1000),
    promptTokens,
  }
  process.send?.(times)
}

async function end(model: Model): Promise<void> {
  await model.close()
  process.disconnect()
}
