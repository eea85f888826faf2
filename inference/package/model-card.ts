/**
 * The card of a model package, `model.json`: what the model is and how to talk to it.
 *
 * The card is written by `pull` and read by everything else; nothing about a checkpoint is
 * hard-coded elsewhere.
 */

import { z } from 'zod'

export const CARD_FILE = 'model.json'

export const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const
export type Precision = (typeof PRECISIONS)[number]

/**
 * How quantised packages hold the matrices of the vision tower: int8 with a scale an output and
 * for each row that meets them; blocks as in the decoder; or not quantised.
 */
export const VISION_STORAGES = ['w8a8', 'block', 'float'] as const
export type VisionStorage = (typeof VISION_STORAGES)[number]

const count = z.int().positive()

const generationDefaults = z.strictObject({
  maxNewTokens: count.optional(),
  minNewTokens: z.int().nonnegative().optional(),
  beams: count.optional(),
  lengthPenalty: z.number().optional(),
  repetitionPenalty: z.number().positive().optional(),
  noRepeatNgramSize: z.int().nonnegative().optional(),
})

export const modelCardSchema = z.strictObject({
  /** Version of this layout; raised when older packages can no longer be read. */
  format: z.literal(1),
  family: z.literal('blip2-opt'),
  name: z.string().min(1),
  /** A sentence or more for people: what the model can and cannot do. */
  about: z.string(),
  source: z.strictObject({
    repository: z.string().nullable(),
    revision: z.string().nullable(),
    license: z.string().nullable(),
  }),
  precision: z.enum(PRECISIONS),
  /** How many weight matrices were quantised, and how many stayed in floating point for their shape. */
  quantization: z
    .strictObject({
      bits: z.union([z.literal(4), z.literal(8)]),
      blockSize: count,
      quantized: z.int(),
      kept: z.int(),
      /** Absent in packages made before there was a choice; their blocks are the decoder's. */
      vision: z.enum(VISION_STORAGES).optional(),
      /** Where the image encoder was smoothed before it was quantised: `pull --calibrate`. */
      calibration: z
        .strictObject({
          pictures: count,
          /** The linear modules of a layer whose inputs are smoothed. */
          modules: z.array(z.string()),
          /** Strength in each layer of the image encoder; null: better left as it was. */
          alphas: z.array(z.number().nullable()),
        })
        .optional(),
    })
    .nullable(),
  dimensions: z.strictObject({
    imageSize: count,
    patchSize: count,
    /** Rows of image_embeds: patches + 1 (the class token). */
    visionTokens: count,
    visionHidden: count,
    visionLayers: count,
    queryTokens: count,
    qformerHidden: count,
    /** Width of one image token as the decoder takes it. */
    embedSize: count,
    hiddenSize: count,
    layers: count,
    heads: count,
    headDim: count,
    /** Columns of the logits. */
    vocabSize: count,
    /** Positions the decoder has, image tokens and prompt included. */
    maxPositions: count,
  }),
  tokens: z.strictObject({
    bos: z.int().nonnegative(),
    pad: z.int().nonnegative(),
    /** The ids that end an answer (`text_config.eos_token_id`). */
    stop: z.array(z.int().nonnegative()).min(1),
    /** The placeholder id that transformers puts before the prompt once per image token; it counts for the repetition penalty. */
    image: z.int().nonnegative().nullable(),
  }),
  preprocessing: z.strictObject({
    resample: z.literal('bicubic'),
    rescaleFactor: z.number().positive(),
    mean: z.tuple([z.number(), z.number(), z.number()]),
    std: z.tuple([z.number(), z.number(), z.number()]),
  }),
  /** Text after the image tokens and BOS. `{question}` and `{answer}` are replaced. */
  prompts: z.strictObject({
    /** For a caption; empty means BOS alone. */
    caption: z.string(),
    /** The question now asked, e.g. `Question: {question} Answer:`. */
    question: z.string(),
    /** One past turn, e.g. `Question: {question} Answer: {answer} `; these come before the question. */
    turn: z.string(),
    /** Put once before the turns when there are any, e.g. `Context: `. */
    history: z.string(),
  }),
  /** What a person gets without saying more; options of a request win. */
  defaults: z.strictObject({ describe: generationDefaults, ask: generationDefaults }),
  /** What the model can be asked, to suggest questions by; absent: what any BLIP-2 can be asked. */
  questions: z
    .strictObject({
      /** Lists of words. `{shape}` in a pattern stands for each word of `shape` that the caption has. */
      words: z.record(z.string().regex(/^[a-z]+$/), z.array(z.string().min(1)).min(1)),
      /** Questions of their own. `{shape.1}` and `{shape.2}` are two different words. */
      patterns: z.array(z.string().min(1)).min(1),
      /** Questions that need the answer before them, such as "how big is it?". */
      followUps: z.array(z.string().min(1)),
    })
    .optional(),
  /** Every other file of the package. */
  files: z.record(
    z.string(),
    z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string().length(64) }),
  ),
})

export type ModelCard = z.infer<typeof modelCardSchema>
