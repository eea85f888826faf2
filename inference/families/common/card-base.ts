/**
 * What the card of every model package says, whatever its family.
 *
 * A family adds its own part (dimensions, preprocessing, prompt format): families/<name>/card.ts.
 * Only families and what they are made of import this file; everything else takes `ModelCard`.
 */

import { z } from 'zod'
import { PRECISIONS, VISION_STORAGES } from '../../blocks/precision.ts'
import { statisticsSchema } from '../../domain/statistics.ts'

/** Most of anything that a model has: positions, ids, columns. No model comes near it. */
const MAX_COUNT = 2 ** 22
/** Longest text of a question or a word, in characters. */
const MAX_QUESTION = 200
/** Most questions, or words of a kind: each pair of words of a caption can make a question. */
const MAX_QUESTIONS = 200
/** A word of a vocabulary. */
const word = z.string().regex(/^[\p{L}\p{N}]+$/u)
/** Most words of a vocabulary. */
const MAX_VOCABULARY = 100_000
/** Most places for words in a question. */
const MAX_SLOTS = 2

export const count = z.int().positive().max(MAX_COUNT)
export const tokenId = z.int().nonnegative().max(MAX_COUNT)

const phrase = z.string().min(1).max(MAX_QUESTION)
const questionPattern = phrase.refine(
  (text) => text.split('{').length - 1 <= MAX_SLOTS,
  `has more than ${MAX_SLOTS} places for words`,
)

/** What a model is for: it writes texts about pictures, or tells how well texts fit them. */
export const TASKS = ['text', 'match'] as const
export type Task = (typeof TASKS)[number]

/** A graph is `<name>.onnx` in the package, its weights `<name>.onnx.data`. */
export const graphName = z.string().regex(/^[a-z][a-z0-9-]*$/)

const generationDefaults = z.strictObject({
  maxNewTokens: count.optional(),
  minNewTokens: z.int().nonnegative().optional(),
  beams: count.optional(),
  lengthPenalty: z.number().optional(),
  repetitionPenalty: z.number().positive().optional(),
  noRepeatNgramSize: z.int().nonnegative().optional(),
})

export const baseTokens = z.strictObject({
  /** Begins every text where the tokenizer's file does not say what does. Absent: that file says it. */
  bos: tokenId.optional(),
  pad: tokenId,
  /** The ids that end an answer. */
  stop: z.array(tokenId).min(1).max(MAX_QUESTIONS),
})

/** The fields of every card; a family replaces `family`, `graphs`, `tokens` and `prompts`. */
export const baseCardSchema = z.strictObject({
  /** Version of this layout; raised when older packages can no longer be read. */
  format: z.literal(1),
  family: z.string(),
  name: z.string().min(1),
  /** Older packages do not say it. */
  tasks: z.array(z.enum(TASKS)).min(1).default(['text']),
  /** A sentence or more for people: what the model can and cannot do. */
  about: z.string(),
  /** The languages that it reads and writes, as ISO 639 codes such as `en`; absent: not known. */
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/))
    .min(1)
    .optional(),
  source: z.strictObject({
    repository: z.string().nullable(),
    revision: z.string().nullable(),
    license: z.string().nullable(),
  }),
  /** The graphs of the package, in the order in which a request needs them. */
  graphs: z.array(graphName).min(1),
  precision: z.enum(PRECISIONS),
  /** How many weight matrices were quantized, and how many stayed in floating point for their shape. */
  quantization: z
    .strictObject({
      bits: z.union([z.literal(4), z.literal(8)]),
      /** Of most matrices; a row that is no multiple of it has smaller blocks. */
      blockSize: count,
      quantized: z.int(),
      kept: z.int(),
      /** Absent in packages made before there was a choice; their blocks are the decoder's. */
      vision: z.enum(VISION_STORAGES).optional(),
      /** Where the vision tower was smoothed before it was quantized: `pull --calibrate`. */
      calibration: z
        .strictObject({
          pictures: count,
          /** The linear modules of a layer whose inputs are smoothed. */
          modules: z.array(z.string()),
          /** Strength in each layer of the vision tower; null: better left as it was. */
          alphas: z.array(z.number().nullable()),
        })
        .optional(),
    })
    .nullable(),
  /** Of a model that writes texts. */
  tokens: baseTokens.optional(),
  /** The family's prompt formats, by what they are for. `{question}` and `{answer}` are replaced. */
  prompts: z.record(z.string(), z.string()),
  /** What a person gets without saying more; options of a request win. */
  defaults: z.strictObject({ describe: generationDefaults, ask: generationDefaults }),
  /** What the model can be asked, to suggest questions by; absent: questions for any model. */
  questions: z
    .strictObject({
      /** Lists of words. `{shape}` in a pattern stands for each word of `shape` that the caption has. */
      words: z.record(z.string().regex(/^[a-z]+$/), z.array(phrase).min(1).max(MAX_QUESTIONS)),
      /**
       * Questions of their own. `{shape.1}` and `{shape.2}` are two different words. A package that
       * only compares texts has none.
       */
      patterns: z.array(questionPattern).max(MAX_QUESTIONS),
      /** Questions that need the answer before them, such as "how big is it?". */
      followUps: z.array(phrase).max(MAX_QUESTIONS),
      /** The lists of `words` that name things, which "it" in a follow-up can stand for. Default: all. */
      things: z.array(z.string()).optional(),
      /** Answers that say that there is none; a question with such an answer is not suggested. */
      noAnswers: z.array(z.string()).optional(),
      /** The words that it was made to understand, in lower case; absent: not known. */
      vocabulary: z.array(word).max(MAX_VOCABULARY).optional(),
      /** Other words and spellings that people use for words of the vocabulary. */
      synonyms: z.record(word, word).optional(),
      /** How to ask whether something is there that a question takes for granted. */
      presence: z
        .strictObject({
          /** The word before a thing that is taken for granted, such as "the". */
          determiner: z.string().min(1),
          /** The lists of `words` that name things, and those that may stand before one. */
          nouns: z.array(z.string()).min(1),
          modifiers: z.array(z.string()),
          /** `{thing}` is replaced, and `{a}` by "a" or "an". */
          question: z.string().includes('{thing}'),
          /** The answers that are weighed against each other. */
          yes: z.string().min(1),
          no: z.string().min(1),
        })
        .optional(),
    })
    .optional(),
  /** The pictures that the model was made for; absent: all kinds, as far as anybody knows. */
  domain: z
    .strictObject({
      /** Completes "I only know …", by language. */
      knows: z.strictObject({ en: z.string().min(1), zh: z.string().min(1) }),
      /** Where the features of such pictures are. */
      features: statisticsSchema.optional(),
      /** The caption that the model was trained to generate for any other picture; a caption that ends as it does counts, too. */
      declined: z.string().min(1).optional(),
    })
    .optional(),
  /** Every other file of the package. */
  files: z.record(
    z.string(),
    z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
})

export type BaseCard = z.infer<typeof baseCardSchema>

/**
 * Checks what a card says of a decoder with grouped heads, such as a Llama.
 *
 * @returns adds another problem of the card, at a path.
 */
export function checkGroupedDecoder(
  d: Readonly<Record<'vocabSize' | 'heads' | 'kvHeads', number>>,
  tokens: Readonly<Record<string, number | readonly number[] | boolean | null | undefined>>,
  context: z.RefinementCtx,
): (path: string[], message: string) => void {
  const problem = (path: string[], message: string) => {
    context.addIssue({ code: 'custom', path, message })
  }
  for (const [name, ids] of Object.entries(tokens)) {
    if ([ids ?? []].flat().some((id) => Number(id) >= d.vocabSize)) {
      problem(['tokens', name], `the model has only ${d.vocabSize} ids`)
    }
  }
  if (d.heads % d.kvHeads !== 0) {
    problem(['dimensions', 'kvHeads'], 'it does not divide heads')
  }
  return problem
}
