import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { readConfig } from '../../../inference/families/blip2/read-config.ts'
import { blip2Graphs } from '../../../inference/families/blip2/graphs.ts'
import { checkpointFolder } from '../../helpers/parity.ts'

const VOCABULARY = 200_000
const WIDTH = 1024
const LIMIT_MB = 600

const folder = mkdtempSync(path.join(tmpdir(), 'memory-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A checkpoint of zeros in a sparse file; its embeddings alone are 820 MB. */
function writeCheckpoint(from: string) {
  cpSync(checkpointFolder('base'), from, { recursive: true })
  const opt = { hidden_size: WIDTH, vocab_size: VOCABULARY, ffn_dim: 128, num_hidden_layers: 1 }
  const vision = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, image_size: 28 }
  const config = {
    model_type: 'blip-2',
    vision_config: { ...vision, num_attention_heads: 1 },
    qformer_config: { ...vision, num_attention_heads: 1 },
    text_config: { ...opt, num_attention_heads: 8, eos_token_id: 2 },
  }
  writeFileSync(path.join(from, 'config.json'), JSON.stringify(config))
  const model = readConfig(from, [])!.model
  const tied = { ...model, text: { ...model.text, headTensor: model.text.embedTensor } }
  const storage = { float: 'float32', bits: null } as const
  const storages = { vision: storage, bridge: storage, decoder: storage }
  const plans = Object.values(blip2Graphs(tied, storages))
  const header: Record<string, unknown> = {}
  let end = 0
  for (const { parts, columns } of plans.flatMap((plan) => plan.jobs)) {
    for (const { tensor, rows, skip = 0 } of parts) {
      const bytes = (rows + skip) * columns * 4
      const offsets = [end, end + bytes]
      const shape = rows === 1 ? [columns] : [rows + skip, columns]
      header[tensor] = { dtype: 'F32', shape, data_offsets: offsets }
      end += bytes
    }
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const file = path.join(from, 'model.safetensors')
  writeFileSync(file, Buffer.concat([length, text]))
  truncateSync(file, 8 + text.length + end)
}

describe('the memory of a conversion', () => {
  it('stays far below the size of the checkpoint', () => {
    const from = path.join(folder, 'from')
    writeCheckpoint(from)
    rmSync(path.join(from, 'processor_config.json'))
    const module = path.join(import.meta.dirname, '../../../inference/convert/convert.ts')
    const program = `
      import { convertCheckpoint } from ${JSON.stringify(module)}
      const options = { precision: 'int4', name: 'large', source: null }
      await convertCheckpoint(${JSON.stringify(from)}, ${JSON.stringify(path.join(folder, 'out'))}, options)
      process.stdout.write(String(process.resourceUsage().maxRSS / 1024))
    `
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program])
    assert.ok(Number(output) < LIMIT_MB, `${output.toString()} MB`)
  })
})
