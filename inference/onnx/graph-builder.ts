/**
 * Collects the nodes of one graph and hands out names for their outputs.
 *
 * It knows ONNX, not transformers; inference/blocks/layers.ts has the layers. Hidden states are
 * kept as [rows, width] matrices between layers: there a linear layer is one Gemm.
 */

import { CONTRIB, encodeModel } from './onnx.ts'
import type { Attribute, ElementType, InlineTensor, Node, ValueInfo } from './onnx.ts'
import { WeightPlan } from './weight-plan.ts'
import type { WeightJob } from './weight-plan.ts'

/** A graph ready to be written: the model file's bytes and what goes into the data file. */
export type GraphPlan = {
  readonly model: Uint8Array
  readonly dataBytes: number
  readonly jobs: readonly WeightJob[]
  /** Matrices stored quantized, and those that stayed floating point for their shape. */
  readonly quantized: number
  readonly kept: number
}

export class GraphBuilder {
  readonly weights = new WeightPlan()
  quantized = 0
  kept = 0
  #name: string
  #nodes: Node[] = []
  #inputs: ValueInfo[] = []
  #outputs: ValueInfo[] = []
  #inline = new Map<string, InlineTensor>()
  #values = 0

  /** @param name the model file is `<name>.onnx`, its data `<name>.onnx.data`. */
  constructor(name: string) {
    this.#name = name
  }

  input(name: string, type: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, dims })
    return name
  }

  /** Declares an output; some node must have been given this name for its result. */
  output(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, dims })
  }

  /** Adds a node with one output and gives its name. An input '' is an optional one left out. */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output: string = this.fresh(),
  ): string {
    this.#nodes.push({ op, domain: '', inputs, outputs: [output], attributes })
    return output
  }

  /** As `op`, for an operator of ONNX Runtime's own domain. */
  contrib(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output: string = this.fresh(),
  ): string {
    this.#nodes.push({ op, domain: CONTRIB, inputs, outputs: [output], attributes })
    return output
  }

  /** Adds a node with several outputs, named by the caller. */
  multi(node: Node): void {
    this.#nodes.push(node)
  }

  /** Splits the last axis into equal parts; names may be given to them. */
  split(value: string, parts: number, outputs?: readonly string[]): string[] {
    const names = [...(outputs ?? Array.from({ length: parts }, () => this.fresh()))]
    const attributes = { axis: -1, num_outputs: parts }
    this.#nodes.push({ op: 'Split', domain: '', inputs: [value], outputs: names, attributes })
    return names
  }

  /** Splits the last axis into parts of the given sizes, which are named by the caller. */
  splitSizes(value: string, sizes: readonly number[], outputs: readonly string[]): string[] {
    const inputs = [value, this.ints(sizes)]
    this.#nodes.push({ op: 'Split', domain: '', inputs, outputs, attributes: { axis: -1 } })
    return [...outputs]
  }

  /** @param dims 0 keeps a dimension, -1 takes what is left. */
  reshape(value: string, dims: readonly number[], output: string = this.fresh()): string {
    return this.op('Reshape', [value, this.ints(dims)], {}, output)
  }

  /** An int64 vector. */
  ints(values: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    return this.#constant('int64', [values.length], bytes, `ints_${values.join('_')}`)
  }

  /** An int64 scalar. */
  int(value: number): string {
    const bytes = new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)
    return this.#constant('int64', [], bytes, `int_${value}`)
  }

  /** A float32 scalar. */
  float(value: number): string {
    return this.#constant(
      'float32',
      [],
      new Uint8Array(Float32Array.of(value).buffer),
      `f_${value}`,
    )
  }

  /** A float32 vector. */
  floats(values: readonly number[]): string {
    const bytes = new Uint8Array(Float32Array.from(values).buffer)
    return this.#constant('float32', [values.length], bytes, `floats_${values.join('_')}`)
  }

  /** A uint8 scalar. */
  byte(value: number): string {
    return this.#constant('uint8', [], Uint8Array.of(value), `byte_${value}`)
  }

  /** A float32 vector of one repeated value. */
  filled(length: number, value: number): string {
    const bytes = new Uint8Array(new Float32Array(length).fill(value).buffer)
    return this.#constant('float32', [length], bytes, `filled_${length}_${value}`)
  }

  fresh(): string {
    this.#values += 1
    return `v${this.#values}`
  }

  build(): GraphPlan {
    const model = encodeModel({
      name: this.#name,
      dataFile: `${this.#name}.onnx.data`,
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      inline: [...this.#inline.values()],
      external: this.weights.tensors,
    })
    const { bytes, jobs } = this.weights
    return { model, dataBytes: bytes, jobs, quantized: this.quantized, kept: this.kept }
  }

  #constant(type: ElementType, dims: readonly number[], bytes: Uint8Array, name: string): string {
    this.#inline.set(name, { name, type, dims, bytes })
    return name
  }
}
