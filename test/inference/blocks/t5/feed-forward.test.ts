import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Storage } from '../../../../inference/blocks/layers.ts'
import { t5DecoderGraph } from '../../../../inference/blocks/t5/decoder.ts'
import { t5EncoderGraph } from '../../../../inference/blocks/t5/encoder.ts'
import { readConfig } from '../../../../inference/families/blip2/read-config.ts'
import { checkpointFolder } from '../../../helpers/parity.ts'

/** How a T5 stores the matrices whose names end alike, in both of its graphs. */
function formatsOf(ending: string, storage: Storage): string[] {
  const text = readConfig(checkpointFolder('t5-blocks'), [])?.model.text
  assert.ok(text?.kind === 't5')
  const jobs = [t5EncoderGraph(text, storage), t5DecoderGraph(text, storage)].flatMap(
    (plan) => plan.jobs,
  )
  const those = jobs.filter(({ parts }) => parts.some(({ tensor }) => tensor.endsWith(ending)))
  return those.map(({ target }) => target.format)
}

it('never rounds the inputs of wo: W8A8 and blocks of 8 bits are left out, 4 bits are exact', () => {
  const int8 = { float: 'float16', bits: 8 } as const
  assert.deepEqual(
    formatsOf('.o.weight', { ...int8, perToken: true }),
    Array(3).fill('int8-columns'),
  )
  assert.deepEqual(formatsOf('.wo.weight', { ...int8, perToken: true }), ['float16', 'float16'])
  assert.deepEqual(formatsOf('.o.weight', int8), ['int8', 'int8', 'int8'])
  assert.deepEqual(formatsOf('.wo.weight', int8), ['float16', 'float16'])
  assert.deepEqual(formatsOf('.wo.weight', { ...int8, bits: 4 }), ['int4', 'int4'])
})
