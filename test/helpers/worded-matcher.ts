/** The demo model beside a matcher whose card says which words it knows: those of "a red circle". */

import { openConfiguredModel } from '../../inference/configured-model.ts'
import { readConfig } from '../../config/config.ts'
import type { Model } from '../../inference/contract/types.ts'
import { packageCard } from '../../inference/package/model-card.ts'
import { DEMO_SETTINGS } from './shared-model.ts'

/** @returns an object of its own, whose methods a test can replace. */
export async function openWorded(matcherFolder: string): Promise<Model> {
  const settings = { ...DEMO_SETTINGS, SIGHTSEER_MATCHER: matcherFolder }
  const model = await openConfiguredModel(readConfig(settings))
  const questions = {
    words: {},
    patterns: ['a circle?'],
    followUps: [],
    vocabulary: ['a', 'red', 'circle'],
    synonyms: { crimson: 'red', disc: 'circle' },
  }
  return { ...model, matcher: { ...packageCard(model.matcher!), questions } }
}
