/** The shape of one model for image-text matching, read from `config.json`. */

import type { TextQformerConfig } from '../../blocks/bridge/text-qformer.ts'
import type { VisionConfig } from '../../blocks/vision/vit.ts'
import { readTextQformer, readVision } from '../blip2/read-parts.ts'
import { checkQuantization } from '../common/architecture.ts'
import { Fields, readJson } from '../common/read-json.ts'

export type ItmConfig = {
  readonly vision: VisionConfig
  readonly qformer: TextQformerConfig
  /** Width of the vectors that pictures and texts are compared by. */
  readonly shared: number
}

/**
 * Defaults are those of transformers 5.18, Blip2Config.
 *
 * @returns null, with the reasons in `problems`, where the checkpoint is not one we convert.
 */
export function readConfig(folder: string, problems: string[]): ItmConfig | null {
  const before = problems.length
  const json = readJson(folder, 'config.json', problems)
  if (json === null) {
    return null
  }
  const fields = new Fields(json, 'config.json: ', problems)
  checkQuantization(fields)
  const qformer = fields.section('qformer_config')
  checkText(qformer)
  const config = {
    vision: readVision(fields.section('vision_config')),
    qformer: readTextQformer(qformer, fields.count('num_query_tokens', 32)),
    shared: fields.count('image_text_hidden_size', 256),
  }
  return problems.length === before ? config : null
}

/** Older files call it `qformer_text_input`. */
function checkText(fields: Fields): void {
  const name = 'use_qformer_text_input'
  const value = fields.json[name] ?? fields.json['qformer_text_input']
  if (value === false) {
    fields.problem(name, 'is false; the Q-Former has to read texts.')
  }
}
