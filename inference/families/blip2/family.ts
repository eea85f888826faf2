/** BLIP-2: ViT-g, Q-Former, linear projection, image tokens first; its language model is an OPT or a T5. */

import type { Family, FamilyCheckpoint, RunnerParts } from '../common/family.ts'
import { type Blip2Card, blip2CardSchema, DEFAULTS, dimensionsOf, promptsOf } from './card.ts'
import { planOf, readCheckpoint } from './checkpoint.ts'
import { questionText } from './prompts.ts'
import { BLIP2, resolveTies } from './read-config.ts'

export const blip2 = {
  name: 'blip2',
  formerNames: ['blip2-opt'],
  card: blip2CardSchema,
  modelType: 'blip-2',
  read,
  questionText: (card: Blip2Card, question, history) => questionText(card, question, history),
  async open(card: Blip2Card, parts: RunnerParts) {
    const { openRunner } = await import('./runner.ts') // with ONNX Runtime
    return openRunner(card, parts)
  },
} as const satisfies Family

function read(
  folders: { readonly config: string; readonly preprocessing: string },
  problems: string[],
): FamilyCheckpoint | null {
  const checkpoint = readCheckpoint(folders, BLIP2, problems)
  if (checkpoint === null) {
    return null
  }
  const { config, base } = checkpoint
  return {
    ...base,
    prompts: promptsOf(config.model.text.kind),
    plan(weights, storages) {
      const model = resolveTies(config, weights)
      const { card, ...plan } = planOf(checkpoint, model, storages)
      return {
        ...plan,
        card: { ...card, family: 'blip2', dimensions: dimensionsOf(model), defaults: DEFAULTS },
        about: (name) => `${name}: a BLIP-2 model with ${base.title} language model.`,
      }
    },
  }
}
