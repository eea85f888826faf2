/** Opens the parts of a package, without the engine. */

import type { ModelRunner } from '../../inference/families/common/runner.ts'
import { familyOf } from '../../inference/families/index.ts'
import { toPixelValues } from '../../inference/image/pixel-values.ts'
import { hostCaches } from '../../inference/kv/host-cache.ts'
import type { ModelCard } from '../../inference/package/model-card.ts'
import type { Sessions } from '../../inference/runtime/sessions.ts'
import { loadTokenizer, tokenizerOpener } from '../../inference/text/tokenizer.ts'

/** @param sessions of the package's graphs; whoever opened them releases them. */
export async function openRunner(
  folder: string,
  card: ModelCard,
  sessions: Sessions,
): Promise<ModelRunner> {
  const tokenizer = await loadTokenizer(folder, bosOf(card))
  return familyOf(card).open(card, {
    sessions,
    openCaches: async (shape) => hostCaches(shape),
    longestRun: Infinity,
    encode: (text) => tokenizer.encode(text, { special: true }),
    openTokenizer: tokenizerOpener(folder),
    pixelValues: (bytes, spec) => toPixelValues(bytes, spec),
  })
}

/** The id that begins a text, where the tokenizer's file does not say it. */
function bosOf(card: ModelCard): { bos?: number } {
  const bos = 'tokens' in card ? card.tokens.bos : undefined
  return bos === undefined ? {} : { bos }
}
