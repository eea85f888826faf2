/** A sharded repository for the stand-in hub: valid in form, but not a model. */

import { bytesOf } from './hub-server.ts'

const SHARD_BYTES = 300_000
/** The names of its two shards. */
export const SHARDS = [
  'model-00001-of-00002.safetensors',
  'model-00002-of-00002.safetensors',
] as const
const INDEX = JSON.stringify({ weight_map: { a: SHARDS[0], b: SHARDS[1], c: SHARDS[0] } })
/** All its files; a package does not need the last two. */
export const FILES: ReadonlyMap<string, Buffer> = new Map([
  ['config.json', Buffer.from('{"model_type":"blip-2"}')],
  ['README.md', Buffer.from('---\nlicense: mit\n---\n')],
  ['tokenizer.json', Buffer.from('{}')],
  ['model.safetensors.index.json', Buffer.from(INDEX)],
  [SHARDS[0], bytesOf(SHARD_BYTES, 1)],
  [SHARDS[1], bytesOf(SHARD_BYTES, 2)],
  ['pytorch_model.bin', Buffer.from('pickle')],
  ['.gitattributes', Buffer.from('*')],
])
