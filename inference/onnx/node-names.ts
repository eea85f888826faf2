/** Reads the names of a graph's nodes from a model file. Knows as much of the format as that needs. */

import { readFileSync } from 'node:fs'
import { PbfReader } from 'pbf'

// Field numbers of ModelProto, GraphProto and NodeProto; source: onnx/onnx, onnx/onnx.proto.
const MODEL_GRAPH = 7
const GRAPH_NODE = 1
const NODE_NAME = 3
const NODE_OP_TYPE = 4

/** @returns the names of the nodes of one operator, in the order of the file. */
export function nodeNames(file: string, op: string): string[] {
  const nodes: { name: string; op: string }[] = []
  new PbfReader(readFileSync(file)).readFields((field, _, model) => {
    if (field === MODEL_GRAPH) {
      model.readMessage((part, _, graph) => {
        if (part === GRAPH_NODE) {
          nodes.push(graph.readMessage(readNode, { name: '', op: '' }))
        }
      }, null)
    }
  }, null)
  return nodes.filter((node) => node.op === op).map(({ name }) => name)
}

function readNode(field: number, node: { name: string; op: string }, pbf: PbfReader): void {
  if (field === NODE_NAME) {
    node.name = pbf.readString()
  } else if (field === NODE_OP_TYPE) {
    node.op = pbf.readString()
  }
}
