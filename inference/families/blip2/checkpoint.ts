/** What all checkpoints of a ViT-g, a Q-Former and a language model have. */

import { layeredVit } from '../../blocks/vision/vit-layers.ts'
import type { FamilyCheckpoint, FamilyPlan, Storages } from '../common/family.ts'
import type { Blip2Card } from './card.ts'
import type { Blip2Config } from './config.ts'
import { blip2Graphs } from './graphs.ts'
import { readPreprocessing } from './preprocessing.ts'
import { type CheckpointConfig, type ModelKind, readConfig } from './read-config.ts'

const UNSTATED = { note: null, unstated: 'not stated by the checkpoint' } as const

const LICENSES = {
  opt: {
    note:
      "Its language model is an OPT: weights that come from Meta's OPT are under the OPT-175B license, " +
      'which allows non-commercial research only.',
    unstated:
      'not stated by the checkpoint; OPT language models are licensed by Meta for non-commercial research only',
  },
  t5: UNSTATED,
  qwen2: UNSTATED,
  qwen3: UNSTATED,
  llama: {
    note:
      "Its language model is a Llama: weights that come from Meta's Llama, Vicuna's among them, are under " +
      'the license of that Llama.',
    unstated:
      "not stated by the checkpoint; weights that come from Meta's Llama are under its license",
  },
} as const

const TITLES = {
  opt: 'an OPT',
  t5: 'a T5',
  llama: 'a Llama',
  qwen2: 'a Qwen2',
  qwen3: 'a Qwen3',
} as const

export type Blip2Checkpoint = {
  readonly config: CheckpointConfig
  readonly preprocessing: Blip2Card['preprocessing']
  readonly base: Pick<FamilyCheckpoint, 'license' | 'tokens'> & {
    /** The kind of its language model, such as "a T5". */
    readonly title: string
  }
}

/** Reads the small files. Null, with the reasons in `problems`, where it is not one we convert. */
export function readCheckpoint(
  folders: { readonly config: string; readonly preprocessing: string },
  kind: ModelKind,
  problems: string[],
): Blip2Checkpoint | null {
  const config = readConfig(folders.config, problems, kind)
  if (config === null) {
    return null
  }
  const { tokens, model } = config
  const { imageSize } = model.vision
  const { bos, pad } = tokens
  return {
    config,
    preprocessing: readPreprocessing(folders.preprocessing, imageSize, problems),
    base: {
      license: LICENSES[config.type],
      tokens: { bos, pad, vocabSize: model.text.vocab },
      title: TITLES[config.type],
    },
  }
}

/** @param model with the tensors that its weights have. */
export function planOf(
  { config, preprocessing }: Blip2Checkpoint,
  model: Blip2Config,
  storages: Storages,
): Pick<FamilyPlan, 'graphs' | 'calibration'> & {
  readonly card: Pick<Blip2Card, 'language' | 'tokens' | 'preprocessing'>
} {
  return {
    graphs: blip2Graphs(model, storages),
    card: { language: model.text.kind, tokens: config.tokens, preprocessing },
    calibration: { tower: layeredVit(model.vision), preprocessing },
  }
}
