/** The families, and how to find one. A new family is a line in this list. */

import type { BaseCard } from './common/card-base.ts'
import type { Turn } from '../text/prompt.ts'
import { blip2 } from './blip2/family.ts'
import { blip2Itm } from './blip2-itm/family.ts'
import { idefics } from './idefics/family.ts'
import { instructblip } from './instructblip/family.ts'
import { idefics3 } from './idefics3/family.ts'
import { llava } from './llava/family.ts'
import { llavaOnevision } from './llava-onevision/family.ts'
import { smolvlm } from './smolvlm/family.ts'
import type { Json } from './common/read-json.ts'
import type { Family } from './common/family.ts'

export const FAMILIES = [
  blip2,
  blip2Itm,
  instructblip,
  llava,
  llavaOnevision,
  idefics,
  idefics3,
  smolvlm,
] as const satisfies readonly Family[]

/** What people call some families that are not supported, by their `model_type`. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  blip: 'the first BLIP',
  instructblipvideo: 'InstructBLIP-Video',
}

/** The family of a card. */
export function familyOf(card: Pick<BaseCard, 'family'>): Family {
  const family = FAMILIES.find(({ name }) => name === card.family)
  if (family === undefined) {
    throw new RangeError(`expected the card of a known family, got ${card.family}`)
  }
  return family
}

/** The family of a checkpoint by its config.json; null, with the reason in `problems`, if it is not supported. */
export function familyOfCheckpoint(config: Json, problems: string[]): Family | null {
  const { model_type: type, architectures: classes } = config
  const all: readonly Family[] = FAMILIES
  const ofType = all.filter(({ modelType }) => modelType === type)
  const isOf = ({ architecture }: Family) =>
    Array.isArray(classes) && architecture !== undefined && classes.includes(architecture)
  const family =
    ofType.find(isOf) ?? ofType.find(({ architecture }) => architecture === undefined) ?? null
  if (family === null) {
    const quoted = JSON.stringify(type ?? null)
    const title = typeof type === 'string' ? UNSUPPORTED[type] : undefined
    const supported = [...new Set(all.map(({ modelType }) => modelType))]
      .map((one) => JSON.stringify(one))
      .join(', ')
    problems.push(
      `config.json: model_type is ${quoted}${title === undefined ? '' : ` (${title})`}; supported: ${supported}.`,
    )
  }
  return family
}

/** The text of a question after past turns, oldest first, in the format of the card. */
export function questionPrompt(
  card: BaseCard,
  question: string,
  history: readonly Turn[] = [],
): string {
  return familyOf(card).questionText(card, question, history)
}
