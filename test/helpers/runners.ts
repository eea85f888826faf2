/** Opens the runner of a model without an engine, to run the parts of the model one by one. */

import { familyOf } from '../../inference/families/index.ts'
import type { ImageEncoder, TextDecoder } from '../../inference/families/common/runner.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import type { KvCaches, KvShape } from '../../inference/kv/kv-cache.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { openSessions, type Sessions } from '../../inference/runtime/sessions.ts'
import { loadTokenizer, type Tokenizer } from '../../inference/text/tokenizer.ts'

// As inference/backends/thread.ts does: tests send no telemetry. Read at the first session.
process.env['ORT_DISABLE_TELEMETRY'] = '1'

export type TestRunner = {
  readonly card: ModelCard
  readonly sessions: Sessions
  readonly tokenizer: Tokenizer
  readonly images: ImageEncoder
  readonly decoder: TextDecoder
  close(): Promise<void>
}

export type TestPlace = {
  readonly longestRun?: number
  readonly caches?: (shape: KvShape) => KvCaches
}

export async function openTestRunner(folder: string, place: TestPlace = {}): Promise<TestRunner> {
  const { card } = await openPackage(folder)
  const tokenizer = await loadTokenizer(folder, { bos: card.tokens.bos })
  const sessions = await openSessions(folder, card, 1)
  const runner = await familyOf(card).open(card, {
    sessions,
    openCaches: async (shape) => (place.caches ?? hostCaches)(shape),
    longestRun: place.longestRun ?? Infinity,
    encode: (text) => tokenizer.encode(text, { special: true }),
    pixelValues: (bytes, spec) => toPixelValues(bytes, spec),
  })
  if (runner.decoder === null) {
    throw new RangeError('expected a model that writes text')
  }
  const { images, decoder } = runner
  const close = async () => {
    await runner.close()
    await sessions.release()
  }
  return { card, sessions, tokenizer, images, decoder, close }
}
