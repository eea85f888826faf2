/** Opens the runner of a model without an engine, to run the parts of the model one by one. */

import { familyOf } from '../../inference/families/index.ts'
import type { ImageEncoder, Matcher, TextDecoder } from '../../inference/families/common/runner.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import type { KvCaches, KvShape } from '../../inference/kv/kv-cache.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import { openPackage } from '../../inference/package/open-package.ts'
import { openSessions, type Sessions } from '../../inference/runtime/sessions.ts'
import { loadTokenizer, tokenizerOpener, type Tokenizer } from '../../inference/text/tokenizer.ts'

// As inference/backends/thread.ts does: tests send no telemetry. Read at the first session.
process.env['ORT_DISABLE_TELEMETRY'] = '1'

/** Of a model of any kind. */
export type AnyRunner = {
  readonly card: ModelCard
  readonly sessions: Sessions
  readonly tokenizer: Tokenizer
  readonly images: ImageEncoder
  readonly decoder: TextDecoder | null
  readonly matcher: Matcher | null
  close(): Promise<void>
}

/** Of a model that writes text. */
export type TestRunner = AnyRunner & { readonly decoder: TextDecoder }

export type TestPlace = {
  readonly longestRun?: number
  readonly caches?: (shape: KvShape) => KvCaches
}

function bosOf(card: ModelCard): { readonly bos?: number } {
  const bos = 'tokens' in card ? card.tokens.bos : undefined
  return bos === undefined ? {} : { bos }
}

export async function openTestRunner(folder: string, place: TestPlace = {}): Promise<TestRunner> {
  const runner = await openAnyRunner(folder, place)
  const { decoder } = runner
  if (decoder === null) {
    throw new RangeError('expected a model that writes text')
  }
  return { ...runner, decoder }
}

export async function openAnyRunner(folder: string, place: TestPlace = {}): Promise<AnyRunner> {
  const { card } = await openPackage(folder)
  const tokenizer = await loadTokenizer(folder, bosOf(card))
  const sessions = await openSessions(folder, card, 1)
  const runner = await familyOf(card).open(card, {
    sessions,
    openCaches: async (shape) => (place.caches ?? hostCaches)(shape),
    longestRun: place.longestRun ?? Infinity,
    encode: (text) => tokenizer.encode(text, { special: true }),
    openTokenizer: tokenizerOpener(folder),
    pixelValues: (bytes, spec) => toPixelValues(bytes, spec),
  })
  const { images, decoder, matcher } = runner
  const close = async () => {
    await runner.close()
    await sessions.release()
  }
  return { card, sessions, tokenizer, images, decoder, matcher, close }
}
