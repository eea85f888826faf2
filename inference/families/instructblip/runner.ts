/** Runs the graphs of an open InstructBLIP package. */

import { Tensor } from 'onnxruntime-node'
import { floats } from '../../runtime/floats.ts'
import type { Sessions } from '../../runtime/sessions.ts'
import type { Instruction } from '../blip2/prompts.ts'
import { openLanguage } from '../blip2/runner.ts'
import { apart, joined, VisionTower } from '../common/vision-tower.ts'
import { int64 } from '../common/decoder-feeds.ts'
import type { DecodePixels, RunnerParts } from '../common/family.ts'
import type {
  Bridge,
  ImageEncoder,
  ImageFeatures,
  ImageTokens,
  ModelRunner,
} from '../common/runner.ts'
import type { InstructCard } from './card.ts'
import { INSTRUCTION_TOKENIZER } from './files.ts'

/** @throws {ConfigError} if the card and the graphs contradict each other. */
export async function openInstructRunner(
  card: InstructCard,
  parts: RunnerParts,
): Promise<ModelRunner> {
  const { instructionPositions } = card.dimensions
  const instruction = {
    encode: await parts.openTokenizer(INSTRUCTION_TOKENIZER),
    maxTokens: instructionPositions,
  }
  const language = await openLanguage(card, parts, instruction)
  const images = new InstructedImages(parts.sessions, card, parts.pixelValues, instruction)
  return { ...language, images, matcher: null }
}

class InstructedImages extends VisionTower implements ImageEncoder {
  readonly bridge: Bridge = {
    readsPrompt: true,
    run: (images, instructions = []) => this.#runQformer(images, instructions),
  }
  readonly #sessions: Sessions
  readonly #card: InstructCard
  readonly #instruction: Instruction

  constructor(
    sessions: Sessions,
    card: InstructCard,
    pixelValues: DecodePixels,
    instruction: Instruction,
  ) {
    super(sessions, card, pixelValues)
    this.#sessions = sessions
    this.#card = card
    this.#instruction = instruction
  }

  /** @returns of each float32 [queryTokens, embedSize]. */
  async #runQformer(
    images: readonly ImageFeatures[],
    instructions: readonly string[],
  ): Promise<ImageTokens[]> {
    const { visionTokens, visionHidden, queryTokens, embedSize } = this.#card.dimensions
    const texts = images.map((_, i) => this.#instruction.encode(instructions[i] ?? ''))
    const feeds = {
      image_embeds: new Tensor('float32', joined(images), [
        images.length,
        visionTokens,
        visionHidden,
      ]),
      ...padded(texts),
    }
    const outputs = await this.#sessions.get('qformer').run(feeds, ['image_tokens'])
    return apart(floats(outputs['image_tokens']), [queryTokens, embedSize])
  }
}

/** Texts of one length, int64 [texts, tokens], and where they are, 1 or 0. */
function padded(texts: readonly (readonly number[])[]): Record<string, Tensor> {
  const longest = Math.max(...texts.map(({ length }) => length))
  const shape = [texts.length, longest]
  const rowOf = (values: readonly number[]) =>
    Array.from({ length: longest }, (_, i) => values[i] ?? 0)
  return {
    input_ids: int64(texts.flatMap(rowOf), shape),
    text_mask: int64(
      texts.flatMap((ids) => rowOf(ids.map(() => 1))),
      shape,
    ),
  }
}
