/** The activation functions of transformers, as operators. */

import type { GraphBuilder } from '../onnx/graph-builder.ts'

/** An activation function, by transformers' name (`transformers/activations.py`, ACT2CLS). */
export const ACTIVATIONS = [
  'gelu',
  'gelu_10',
  'gelu_accurate',
  'gelu_fast',
  'gelu_new',
  'gelu_python',
  'gelu_python_tanh',
  'gelu_pytorch_tanh',
  'hardswish',
  'laplace',
  'leaky_relu',
  'linear',
  'mish',
  'quick_gelu',
  'relu',
  'relu2',
  'relu6',
  'sigmoid',
  'silu',
  'swish',
  'tanh',
] as const

export type Activation = (typeof ACTIVATIONS)[number]

/** The least value of the activations that have one, rounded down. Absent: none is known. */
export const LOWEST: Readonly<Partial<Record<Activation, number>>> = {
  gelu: -0.17,
  gelu_10: -0.17,
  gelu_python: -0.17,
  quick_gelu: -0.164,
  relu: 0,
}

/** Adds the bias and applies the activation, in one operator where there is one. */
export function biasAndActivate(
  g: GraphBuilder,
  x: string,
  bias: string,
  activation: Activation,
): string {
  if (bias !== '' && (activation === 'gelu' || activation === 'gelu_python')) {
    return g.contrib('BiasGelu', [x, bias])
  }
  return activate(g, bias === '' ? x : g.op('Add', [x, bias]), activation)
}

/** Definitions: transformers 5.18, activations.py. */
export function activate(g: GraphBuilder, x: string, activation: Activation): string {
  switch (activation) {
    case 'gelu':
    case 'gelu_python':
      return g.op('Gelu', [x])
    case 'gelu_10':
      return g.op('Clip', [g.op('Gelu', [x]), g.float(-10), g.float(10)])
    case 'gelu_accurate':
    case 'gelu_fast':
    case 'gelu_new':
    case 'gelu_python_tanh':
    case 'gelu_pytorch_tanh':
      return g.op('Gelu', [x], { approximate: 'tanh' })
    case 'hardswish':
      return g.op('HardSwish', [x])
    case 'laplace':
      return laplace(g, x)
    case 'leaky_relu':
      return g.op('LeakyRelu', [x], { alpha: { float: 0.01 } })
    case 'linear':
      return x
    case 'mish':
      return g.op('Mish', [x])
    case 'quick_gelu':
      return g.contrib('QuickGelu', [x], { alpha: { float: 1.702 } })
    case 'relu':
      return g.op('Relu', [x])
    case 'relu2': {
      const positive = g.op('Relu', [x])
      return g.op('Mul', [positive, positive])
    }
    case 'relu6':
      return g.op('Clip', [x, g.float(0), g.float(6)])
    case 'sigmoid':
      return g.op('Sigmoid', [x])
    case 'silu':
    case 'swish':
      return g.contrib('QuickGelu', [x], { alpha: { float: 1 } })
    case 'tanh':
      return g.op('Tanh', [x])
    default:
      return activation satisfies never
  }
}

/** (1 + erf((x - mu) / (sigma * sqrt(2)))) / 2, LaplaceActivation's mu and sigma. */
function laplace(g: GraphBuilder, x: string): string {
  const centered = g.op('Sub', [x, g.float(0.707107)])
  const scaled = g.op('Div', [centered, g.float(0.282095 * Math.SQRT2)])
  return g.op('Mul', [g.op('Add', [g.op('Erf', [scaled]), g.float(1)]), g.float(0.5)])
}
