/**
 * Writes ONNX models as protobuf bytes. Knows the file format and nothing of any model.
 *
 * Weights never pass through here: a large initializer is only a name, a shape and a place in
 * the external data file beside the model.
 */

import { PbfWriter } from 'pbf'

/** Element types, with their codes of TensorProto.DataType. */
const TYPE_CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const

export type ElementType = keyof typeof TYPE_CODES

/** Bytes one element takes in a data file. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
}

/** A number is written as INT; a FLOAT is given as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

export type Node = {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A graph input or output; a text dimension is known only when the graph runs. */
export type ValueInfo = {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly (number | string)[]
}

/** A small tensor inside the model file. */
export type InlineTensor = {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  /** Little-endian elements. */
  readonly bytes: Uint8Array
}

/** A tensor in the external data file. */
export type ExternalTensor = {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly offset: number
  readonly length: number
}

export type OnnxModel = {
  readonly name: string
  /** File name of the external data, relative to the model file. */
  readonly dataFile: string
  readonly nodes: readonly Node[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly inline: readonly InlineTensor[]
  readonly external: readonly ExternalTensor[]
}

const IR_VERSION = 10
const OPSET = 21
const EXTERNAL = 1
const ATTRIBUTE_FLOAT = 1
const ATTRIBUTE_INT = 2
const ATTRIBUTE_STRING = 3
const ATTRIBUTE_INTS = 7

/** The domain of ONNX Runtime's own operators. */
export const CONTRIB = 'com.microsoft'

/** Encodes the model without its weights, so it is small. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, IR_VERSION)
  pbf.writeStringField(2, 'sightseer')
  pbf.writeMessage(7, writeGraph, model)
  pbf.writeMessage(8, writeOpset, { domain: '', version: OPSET })
  pbf.writeMessage(8, writeOpset, { domain: CONTRIB, version: 1 })
  return pbf.finish()
}

function writeOpset(opset: { domain: string; version: number }, pbf: PbfWriter): void {
  pbf.writeStringField(1, opset.domain)
  pbf.writeVarintField(2, opset.version)
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) {
    pbf.writeMessage(1, writeNode, node)
  }
  pbf.writeStringField(2, model.name)
  for (const tensor of model.inline) {
    pbf.writeMessage(5, writeInline, tensor)
  }
  for (const tensor of model.external) {
    pbf.writeMessage(5, writeExternal, { tensor, file: model.dataFile })
  }
  for (const value of model.inputs) {
    pbf.writeMessage(11, writeValue, value)
  }
  for (const value of model.outputs) {
    pbf.writeMessage(12, writeValue, value)
  }
}

function writeNode(node: Node, pbf: PbfWriter): void {
  for (const name of node.inputs) {
    pbf.writeStringField(1, name)
  }
  for (const name of node.outputs) {
    pbf.writeStringField(2, name)
  }
  pbf.writeStringField(3, `${node.op}:${node.outputs.find((name) => name !== '') ?? ''}`)
  pbf.writeStringField(4, node.op)
  for (const [name, value] of Object.entries(node.attributes)) {
    pbf.writeMessage(5, writeAttribute, { name, value })
  }
  pbf.writeStringField(7, node.domain)
}

function writeAttribute({ name, value }: { name: string; value: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  if (typeof value === 'string') {
    pbf.writeBytesField(4, new TextEncoder().encode(value))
    pbf.writeVarintField(20, ATTRIBUTE_STRING)
  } else if (typeof value === 'number') {
    if (!Number.isInteger(value)) {
      throw new TypeError(`attribute ${name}: ${value} is not an integer; give { float: ${value} }`)
    }
    pbf.writeVarintField(3, value)
    pbf.writeVarintField(20, ATTRIBUTE_INT)
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float)
    pbf.writeVarintField(20, ATTRIBUTE_FLOAT)
  } else {
    for (const item of value) {
      pbf.writeVarintField(8, item)
    }
    pbf.writeVarintField(20, ATTRIBUTE_INTS)
  }
}

function writeInline(tensor: InlineTensor, pbf: PbfWriter): void {
  writeTensorHead(tensor, pbf)
  pbf.writeBytesField(9, tensor.bytes)
}

function writeExternal(
  { tensor, file }: { tensor: ExternalTensor; file: string },
  pbf: PbfWriter,
): void {
  writeTensorHead(tensor, pbf)
  pbf.writeMessage(13, writeEntry, { key: 'location', value: file })
  pbf.writeMessage(13, writeEntry, { key: 'offset', value: String(tensor.offset) })
  pbf.writeMessage(13, writeEntry, { key: 'length', value: String(tensor.length) })
  pbf.writeVarintField(14, EXTERNAL)
}

function writeTensorHead(tensor: InlineTensor | ExternalTensor, pbf: PbfWriter): void {
  for (const dim of tensor.dims) {
    pbf.writeVarintField(1, dim)
  }
  pbf.writeVarintField(2, TYPE_CODES[tensor.type])
  pbf.writeStringField(8, tensor.name)
}

function writeEntry(entry: { key: string; value: string }, pbf: PbfWriter): void {
  pbf.writeStringField(1, entry.key)
  pbf.writeStringField(2, entry.value)
}

function writeValue(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name)
  pbf.writeMessage(2, writeType, value)
}

function writeType(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value)
}

function writeTensorType(value: ValueInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, TYPE_CODES[value.type])
  pbf.writeMessage(2, writeShape, value.dims)
}

function writeShape(dims: readonly (number | string)[], pbf: PbfWriter): void {
  for (const dim of dims) {
    pbf.writeMessage(1, writeDimension, dim)
  }
}

function writeDimension(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') {
    pbf.writeVarintField(1, dim)
  } else {
    pbf.writeStringField(2, dim)
  }
}
