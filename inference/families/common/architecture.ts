/** What every family refuses of a `config.json`. */

import { type Fields, isObject } from './read-json.ts'

/** @param supported classes with the same weights; the first is named where another one is refused. */
export function checkArchitecture(fields: Fields, supported: readonly string[]): void {
  const { architectures } = fields.json
  const names = Array.isArray(architectures) ? architectures.map(String) : []
  for (const name of names.filter((one) => !supported.includes(one))) {
    fields.problem('architectures', `names ${name}; supported is ${supported[0]}.`)
  }
}

export function checkQuantization(fields: Fields): void {
  const whole = fields.json['quantization_config']
  for (const section of [fields.json, fields.json['text_config']]) {
    if (isObject(section) && isObject(section['quantization_config'] ?? whole)) {
      fields.problem('quantization_config', 'says that the weights are quantized already.')
      return
    }
  }
}
