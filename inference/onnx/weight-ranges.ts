/**
 * Reads where the weights that a session maps lie in the file beside its graph. Knows as much of the
 * format as that needs.
 */

import { readFileSync } from 'node:fs'
import { PbfReader } from 'pbf'

// Field numbers of ModelProto, GraphProto, TensorProto and StringStringEntryProto; source:
// onnx/onnx, onnx/onnx.proto.
const MODEL_GRAPH = 7
const GRAPH_INITIALIZER = 5
const TENSOR_EXTERNAL_DATA = 13
const ENTRY_KEY = 1
const ENTRY_VALUE = 2

/** A part of the file, in bytes. */
export type Range = { readonly offset: number; readonly length: number }

/**
 * @returns the ranges of all weights, in the order of the graph; of one that was saved packed, the
 *   packed ones: the original beside them is never read.
 */
export function weightRanges(file: string): Range[] {
  const ranges: Range[] = []
  new PbfReader(readFileSync(file)).readFields((field, _, model) => {
    if (field === MODEL_GRAPH) {
      model.readMessage((part, _, graph) => {
        if (part === GRAPH_INITIALIZER) {
          ranges.push(...rangesOf(graph.readMessage(readTensor, new Map<string, string>())))
        }
      }, null)
    }
  }, null)
  return ranges
}

function readTensor(field: number, entries: Map<string, string>, pbf: PbfReader): void {
  if (field === TENSOR_EXTERNAL_DATA) {
    const { key, value } = pbf.readMessage(readEntry, { key: '', value: '' })
    entries.set(key, value)
  }
}

function readEntry(field: number, entry: { key: string; value: string }, pbf: PbfReader): void {
  if (field === ENTRY_KEY) {
    entry.key = pbf.readString()
  } else if (field === ENTRY_VALUE) {
    entry.value = pbf.readString()
  }
}

/**
 * Ranges of one tensor. Packed ones are entries `prepacked_N` with the value
 * `name|offset;length;checksum|…`; source: microsoft/onnxruntime,
 * onnxruntime/core/framework/tensor_external_data_info.cc.
 */
function rangesOf(entries: ReadonlyMap<string, string>): Range[] {
  const packed = [...entries]
    .filter(([key]) => key.startsWith('prepacked_'))
    .flatMap(([, value]) => value.split('|').slice(1))
    .map((blob) => {
      const [offset, length] = blob.split(';').map(Number)
      return { offset: offset ?? Number.NaN, length: length ?? Number.NaN }
    })
  const length = Number(entries.get('length') ?? 0)
  const ranges =
    packed.length > 0 ? packed : [{ offset: Number(entries.get('offset') ?? 0), length }]
  return ranges.filter((range) => range.length > 0 && Number.isSafeInteger(range.offset))
}
