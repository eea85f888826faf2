/** Opens the matcher of another package beside a model whose vision tower is the same. */

import type { Matcher } from '../../families/common/runner.ts'
import { familyOf } from '../../families/index.ts'
import type { ModelCard } from '../../package/model-card.ts'
import { openPackage } from '../../package/open-package.ts'
import { verifyPackage } from '../../package/verify.ts'
import type { Placement } from '../../runtime/provider.ts'
import { openSessions } from '../../runtime/sessions.ts'
import { PromptCache } from '../../text/prompt-cache.ts'
import { loadTokenizer } from '../../text/tokenizer.ts'

/** The graph that the model beside it has open. */
const VISION_GRAPH = 'vision'

export type MatcherBeside = {
  readonly card: ModelCard
  readonly matcher: Matcher
  /** Deletes the token ids of every text. */
  forgetTexts(): void
  close(): Promise<void>
}

/** @throws {ConfigError} saying what is wrong with the package. */
export async function openMatcherBeside(
  folder: string,
  threads: number,
  placement: Placement,
): Promise<MatcherBeside> {
  const modelPackage = await openPackage(folder)
  await verifyPackage(modelPackage)
  const { card } = modelPackage
  const family = familyOf(card)
  if (family.openMatcher === undefined) {
    throw new RangeError(`expected a family that matches, got ${card.family}`)
  }
  const graphs = card.graphs.filter((graph) => graph !== VISION_GRAPH)
  const sessions = await openSessions(folder, { ...card, graphs }, threads, placement)
  const tokenizer = await loadTokenizer(folder, { vocabSize: card.dimensions.vocabSize })
  const prompts = new PromptCache(tokenizer)
  return {
    card,
    matcher: await family.openMatcher(card, { sessions, encode: (text) => prompts.encode(text) }),
    forgetTexts: () => prompts.clear(),
    close: () => sessions.release(),
  }
}
