import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { PbfWriter } from 'pbf'
import { weightRanges } from '../../../inference/onnx/weight-ranges.ts'

type Entries = Readonly<Record<string, string>>

/** A model whose graph has nothing but tensors with these external data; as onnx.proto numbers it. */
function modelOf(tensors: readonly Entries[]): Uint8Array {
  const model = new PbfWriter()
  model.writeVarintField(1, 10)
  model.writeMessage(7, writeGraph, tensors)
  return model.finish()
}

function writeGraph(tensors: readonly Entries[], pbf: PbfWriter): void {
  for (const tensor of tensors) {
    pbf.writeMessage(5, writeTensor, tensor)
  }
}

function writeTensor(entries: Entries, pbf: PbfWriter): void {
  pbf.writeStringField(8, 'a name')
  for (const entry of Object.entries(entries)) {
    pbf.writeMessage(13, writeEntry, entry)
  }
}

function writeEntry([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key)
  pbf.writeStringField(2, value)
}

function rangesOf(tensors: readonly Entries[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ranges-'))
  try {
    const file = path.join(folder, 'a.onnx')
    writeFileSync(file, modelOf(tensors))
    return weightRanges(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('weightRanges', () => {
  it('gives where tensors lie, in their order; none of those inside the graph', () => {
    const ranges = rangesOf([
      { location: 'a.onnx.data', offset: '4096', length: '100' },
      {},
      { location: 'a.onnx.data', length: '7' },
    ])
    assert.deepEqual(ranges, [
      { offset: 4096, length: 100 },
      { offset: 0, length: 7 },
    ])
  })

  it('of a packed one, gives what is packed and not the original', () => {
    const packed = 'MatMulNBits+12668941508026895800|277925888;11059326;0|288985216;64;0'
    const place = { location: 'a.onnx.data', offset: '268095488', length: '9830400' }
    assert.deepEqual(rangesOf([{ ...place, prepacked_0: packed }]), [
      { offset: 277_925_888, length: 11_059_326 },
      { offset: 288_985_216, length: 64 },
    ])
  })
})
