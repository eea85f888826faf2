/**
 * The card of a model package, `model.json`: what the model is, its dimensions, prompts and defaults.
 *
 * `pull` writes the card and everything else reads it; nothing about a checkpoint is hard-coded
 * elsewhere. Each family has its own card schema, selected by `family`.
 */

import { z } from 'zod'
import { type Instructions, INSTRUCTIONS } from '../families/common/chat-prompts.ts'
import type { Family } from '../families/common/family.ts'
import { MAX_FRAMES } from '../image/animation/frame-keys.ts'
import type { Detail } from '../image/tiles.ts'
import { FAMILIES, familyOf } from '../families/index.ts'
import type { ServedCard } from './served-card.ts'

export const CARD_FILE = 'model.json'

/** A union that `card.family` discriminates. */
export type ModelCard = z.infer<(typeof FAMILIES)[number]['card']>

/** The card of an open model: of a package, or of a model that another program serves. */
export type AnyCard = ModelCard | ServedCard

/** The card of a model that writes texts. */
export type TextCard = Extract<ModelCard, { readonly tokens: object }>

/** @throws {RangeError} if the model is no package of this machine. */
export function packageCard(card: AnyCard): ModelCard {
  if (card.family === null) {
    throw new RangeError(`expected a model package, got ${card.name} of another program`)
  }
  return card
}

/** @throws {RangeError} if the model of the card writes no texts. */
export function textCard(card: AnyCard): TextCard {
  const own = packageCard(card)
  if (!('tokens' in own)) {
    throw new RangeError(`expected a model that writes text, got ${card.name}`)
  }
  return own
}

/** The positions that a picture takes in a prompt. */
export function imageTokensOf(card: AnyCard): number {
  const { dimensions } = packageCard(card)
  if ('pictureRows' in dimensions) {
    return 1 // its placeholder's: the layers look at the picture itself
  }
  return 'queryTokens' in dimensions ? dimensions.queryTokens : dimensions.visionTokens
}

/** Most pictures that one prompt of a model can have. @param detail of each of them. */
export function picturesOf(card: AnyCard, detail: Detail = 'auto'): number {
  return card.family === null ? card.pictures : (familyOf(card).pictures?.(card, detail) ?? 1)
}

/**
 * Most frames of a moving picture that a model is shown, each at low detail; 1: it is shown the still. A
 * model that follows no instructions would take frames for different pictures, and one of some kind of
 * pictures or words was not made for any.
 */
export function framesOf(card: AnyCard): number {
  const canBeTold = card.family === null || followsInstructions(card)
  return isGeneral(card) && canBeTold ? Math.min(MAX_FRAMES, picturesOf(card, 'low')) : 1
}

/**
 * Whether a model does what a question tells it to, such as to describe in detail; of one that another
 * program serves, that is not known. One of some kind of pictures or words was not made for that.
 */
export function followsInstructions(card: AnyCard): boolean {
  return card.family !== null && isGeneral(card) && familyOf(card).followsInstructions === true
}

function isGeneral({ domain, questions }: AnyCard): boolean {
  return domain === undefined && questions === undefined
}

/** Whether prompts of a model have a place for a system text. */
export function takesSystem(card: AnyCard): boolean {
  if (card.family === null) {
    return card.system === true
  }
  return (
    'tokens' in card && 'systemOpening' in card.prompts && card.prompts.systemOpening !== undefined
  )
}

/** What a model that does what it is told is told, where nobody asks anything. */
export function instructionsOf(card: AnyCard): Instructions {
  if (card.family === null || !('tokens' in card)) {
    return INSTRUCTIONS
  }
  const { prompts } = card
  return 'detailed' in prompts ? prompts : INSTRUCTIONS
}

/** A card of any family. */
export const modelCardSchema: z.ZodType<ModelCard> = z.union(FAMILIES.map(({ card }) => card))

/** Parses a card. @returns a description of the first problem if the value is not a valid card. */
export function readCard(json: unknown): ModelCard | string {
  const family = familyNamed(json)
  if (typeof family === 'string') {
    return family
  }
  const result = family.card.safeParse(json)
  if (result.success) {
    return result.data
  }
  const issue = result.error.issues[0]!
  const place = issue.path.length > 0 ? `"${issue.path.join('.')}": ` : ''
  return `${place}${issue.message}`
}

function familyNamed(json: unknown): (typeof FAMILIES)[number] | string {
  if (typeof json !== 'object' || json === null || !('family' in json)) {
    return '"family": it names none'
  }
  const { family: name } = json
  const family = FAMILIES.find((one) => namesOf(one).some((known) => known === name))
  const known = FAMILIES.map((one) => one.name).join(', ')
  return family ?? `"family": ${JSON.stringify(name)} is not one of ${known}`
}

function namesOf({ name, formerNames }: Family): readonly string[] {
  return [name, ...formerNames]
}
