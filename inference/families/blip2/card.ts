/** The card of a BLIP-2 package, and what a converted checkpoint puts on it. */

import { z } from 'zod'
import { visionTokens } from '../../blocks/vision/vit.ts'
import { baseCardSchema, baseTokens, count, graphName, tokenId } from '../common/card-base.ts'
import { preprocessingSchema } from '../common/image-settings.ts'
import type { Blip2Config } from './config.ts'

/** Those of older packages, which do not list them. */
const GRAPHS = ['vision', 'qformer', 'decoder'] as const

/** The kinds of language models: a decoder alone, or an encoder and a decoder. A Qwen runs as a Llama. */
const LANGUAGE_MODELS = ['opt', 't5', 'llama'] as const

/** The dimensions of the vision tower and of the queries. */
export const imageDimensions = z.strictObject({
  imageSize: count,
  patchSize: count,
  /** Rows of image_embeds: patches + 1 (the class token). */
  visionTokens: count,
  visionHidden: count,
  visionLayers: count,
  queryTokens: count,
  qformerHidden: count,
})

export const dimensions = z.strictObject({
  ...imageDimensions.shape,
  /** Width of one image token as the decoder takes it. */
  embedSize: count,
  hiddenSize: count,
  layers: count,
  heads: count,
  /** Heads of the keys and values. Older packages do not say it: as many as `heads`. */
  kvHeads: count.optional(),
  headDim: count,
  /** Columns of the logits. */
  vocabSize: count,
  /** Positions the decoder has, image tokens and prompt included; of a T5, encoder and decoder each. */
  maxPositions: count,
})

/** Older packages do not say how many heads the keys and values have. */
export function withKvHeads<Values extends { heads: number; kvHeads?: number | undefined }>(
  values: Values,
): Values & { kvHeads: number } {
  return { ...values, kvHeads: values.kvHeads ?? values.heads }
}

const { questions, domain, files, ...base } = baseCardSchema.shape

/** Fields in the order in which they are written. */
export const schema = z.strictObject({
  ...base,
  /** Older packages say `blip2-opt`, and do not list their graphs. */
  family: z.enum(['blip2', 'blip2-opt']).transform(() => 'blip2' as const),
  /** The language model. Older packages do not say it. */
  language: z.enum(LANGUAGE_MODELS).default('opt'),
  graphs: z
    .array(graphName)
    .min(1)
    .default([...GRAPHS]),
  dimensions: dimensions.transform(withKvHeads),
  tokens: z.strictObject({
    ...baseTokens.shape,
    bos: tokenId,
    /** The placeholder id that transformers puts before the prompt once per image token; it counts for the repetition penalty. */
    image: tokenId.nullable(),
    /** What a T5's decoder begins with, before any answer. */
    decoderStart: tokenId.optional(),
  }),
  preprocessing: preprocessingSchema,
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
  defaults: base.defaults,
  questions,
  domain,
  files,
})

export const blip2CardSchema = schema.superRefine(checkCard)

export type Blip2Card = z.infer<typeof blip2CardSchema>

/** What is checked of a card. */
type CheckedCard = Pick<z.infer<typeof schema>, 'dimensions' | 'tokens' | 'language'>

/** Reports parts of a card that do not fit together. */
export function checkCard(
  { dimensions: d, tokens, language }: CheckedCard,
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const problem = (path: string[], message: string) => {
    context.addIssue({ code: 'custom', path, message })
  }
  const { bos, pad, image, stop, decoderStart = 0 } = tokens
  const each = { bos, pad, image: image ?? 0, stop, decoderStart }
  for (const [name, ids] of Object.entries(each)) {
    if ([ids].flat().some((id) => id >= d.vocabSize)) {
      problem(['tokens', name], `the model has only ${d.vocabSize} ids`)
    }
  }
  if (language === 't5' && tokens.decoderStart === undefined) {
    problem(['tokens', 'decoderStart'], 'a T5 needs it')
  }
  if (language === 'opt' && d.heads * d.headDim !== d.hiddenSize) {
    problem(['dimensions', 'hiddenSize'], 'it is not heads times headDim')
  }
  if (d.heads % d.kvHeads !== 0) {
    problem(['dimensions', 'kvHeads'], 'it does not divide heads')
  }
  if (Math.floor(d.imageSize / d.patchSize) ** 2 + 1 !== d.visionTokens) {
    problem(['dimensions', 'visionTokens'], 'it does not fit imageSize and patchSize')
  }
  if (d.queryTokens >= d.maxPositions) {
    problem(['dimensions', 'maxPositions'], 'the image tokens alone need more')
  }
}

/** Prompts of LAVIS. Source: salesforce/LAVIS, lavis/models/blip2_models/blip2_opt.py. */
const PROMPTS: Blip2Card['prompts'] = {
  caption: '',
  question: 'Question: {question} Answer:',
  turn: 'Question: {question} Answer: {answer} ',
  history: 'Context: ',
}

/**
 * A Flan-T5 was taught instructions, and is asked for a short answer.
 * Source: salesforce/LAVIS, lavis/projects/blip2/eval/vqav2_zeroshot_flant5xl_eval.yaml.
 */
const T5_PROMPTS: Blip2Card['prompts'] = {
  ...PROMPTS,
  question: 'Question: {question} Short answer:',
  turn: 'Question: {question} Short answer: {answer} ',
}

export function promptsOf(language: Blip2Card['language']): Blip2Card['prompts'] {
  return language === 't5' ? T5_PROMPTS : PROMPTS
}

/**
 * LAVIS' beam search with its lengths; a mild repetition penalty and no repeated trigrams keep the
 * captions of OPT from repeating themselves. A negative length penalty favors short answers, as
 * the BLIP-2 paper has it for visual question answering.
 */
export const DEFAULTS: Blip2Card['defaults'] = {
  describe: {
    maxNewTokens: 30,
    minNewTokens: 5,
    beams: 5,
    repetitionPenalty: 1.1,
    noRepeatNgramSize: 3,
  },
  ask: { maxNewTokens: 10, beams: 5, lengthPenalty: -1 },
}

export function imageDimensionsOf({
  vision,
  qformer,
}: Pick<Blip2Config, 'vision' | 'qformer'>): z.infer<typeof imageDimensions> {
  return {
    imageSize: vision.imageSize,
    patchSize: vision.patchSize,
    visionTokens: visionTokens(vision),
    visionHidden: vision.hidden,
    visionLayers: vision.layers,
    queryTokens: qformer.queries,
    qformerHidden: qformer.hidden,
  }
}

export function dimensionsOf(config: Blip2Config): Blip2Card['dimensions'] {
  const { text } = config
  return {
    ...imageDimensionsOf(config),
    embedSize: text.kind === 'opt' ? text.embed : text.hidden,
    hiddenSize: text.hidden,
    layers: text.layers,
    heads: text.heads,
    kvHeads: text.kind === 'llama' ? text.kvHeads : text.heads,
    headDim: text.kind === 'opt' ? text.hidden / text.heads : text.headDim,
    vocabSize: text.vocab,
    maxPositions: text.maxPositions,
  }
}
