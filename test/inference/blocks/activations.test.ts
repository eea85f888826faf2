import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activate, ACTIVATIONS } from '../../../inference/blocks/activations.ts'
import { GraphBuilder } from '../../../inference/onnx/graph-builder.ts'
import { float, openGraph, runOne } from '../../helpers/graph-sessions.ts'

const X = [-12, -3.5, -1, -0.25, 0, 0.25, 1, 3.5, 12]

// From transformers 5.18 and torch 2.13, each rounded to 8 digits:
//   from transformers.activations import ACT2FN
//   for a in names: print(a, ACT2FN[a](torch.tensor([-12, -3.5, -1, -0.25, 0, 0.25, 1, 3.5, 12])))
const EXPECTED: Record<string, readonly number[]> = {
  gelu: [0, -0.00081433356, -0.15865526, -0.10032342, 0, 0.14967658, 0.84134471, 3.4991856, 12.0],
  gelu_10: [
    0, -0.00081433356, -0.15865526, -0.10032342, 0, 0.14967658, 0.84134471, 3.4991856, 10.0,
  ],
  gelu_accurate: [
    0, -0.00061614811, -0.15880799, -0.10032465, 0, 0.14967535, 0.84119201, 3.4993837, 12.0,
  ],
  gelu_fast: [
    0, -0.00061614811, -0.15880799, -0.10032465, 0, 0.14967535, 0.84119201, 3.4993837, 12.0,
  ],
  gelu_new: [
    0, -0.00061614811, -0.15880799, -0.10032465, 0, 0.14967535, 0.84119201, 3.4993837, 12.0,
  ],
  gelu_python: [
    0, -0.00081422925, -0.15865526, -0.10032342, 0, 0.14967658, 0.84134471, 3.4991858, 12.0,
  ],
  gelu_python_tanh: [
    0, -0.00061614811, -0.15880799, -0.10032465, 0, 0.14967535, 0.84119201, 3.4993837, 12.0,
  ],
  gelu_pytorch_tanh: [
    0, -0.00061614811, -0.15880799, -0.10032465, 0, 0.14967535, 0.84119201, 3.4993837, 12.0,
  ],
  hardswish: [0, 0, -0.33333334, -0.11458334, 0, 0.13541667, 0.66666669, 3.5, 12.0],
  laplace: [0, 0, 0, 0.00034585595, 0.0060944557, 0.052573115, 0.85042965, 1.0, 1.0],
  leaky_relu: [-0.12, -0.035, -0.0099999998, -0.0024999999, 0, 0.25, 1.0, 3.5, 12.0],
  linear: [-12.0, -3.5, -1.0, -0.25, 0, 0.25, 1.0, 3.5, 12.0],
  mish: [
    -7.373032e-5, -0.10409575, -0.30340144, -0.12992696, 0, 0.1695724, 0.86509836, 3.4939909, 12.0,
  ],
  quick_gelu: [
    -1.6186421e-8, -0.0090334443, -0.15420423, -0.098800346, 0, 0.15119965, 0.84579575, 3.4909666,
    12.0,
  ],
  relu: [0, 0, 0, 0, 0, 0.25, 1.0, 3.5, 12.0],
  relu2: [0, 0, 0, 0, 0, 0.0625, 1.0, 12.25, 144.0],
  relu6: [0, 0, 0, 0, 0, 0.25, 1.0, 3.5, 6.0],
  sigmoid: [
    6.1441742e-6, 0.029312231, 0.26894143, 0.4378235, 0.5, 0.56217653, 0.7310586, 0.97068775,
    0.9999938,
  ],
  silu: [
    -7.3730094e-5, -0.10259281, -0.26894143, -0.10945588, 0, 0.14054413, 0.7310586, 3.3974073,
    11.999926,
  ],
  swish: [
    -7.3730094e-5, -0.10259281, -0.26894143, -0.10945588, 0, 0.14054413, 0.7310586, 3.3974073,
    11.999926,
  ],
  tanh: [-1.0, -0.99817789, -0.76159418, -0.24491866, 0, 0.24491866, 0.76159418, 0.99817789, 1.0],
}

describe('activate', () => {
  for (const activation of ACTIVATIONS) {
    it(`computes ${activation} as transformers does`, async () => {
      const g = new GraphBuilder('activation')
      g.input('x', 'float32', [X.length])
      g.op('Identity', [activate(g, 'x', activation)], {}, 'y')
      g.output('y', 'float32', [X.length])
      const session = await openGraph(g.build().model)
      const { y } = await runOne(session, float(Float32Array.from(X), [X.length]))
      EXPECTED[activation]!.forEach((expected, i) => {
        const error = Math.abs(y![i]! - expected)
        assert.ok(
          error <= 1e-6 * Math.max(1, Math.abs(expected)),
          `${X[i]}: ${y![i]}, not ${expected}`,
        )
      })
    })
  }
})
