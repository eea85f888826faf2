"""Writes the head as an addition to the recognizer's ONNX file.

A protobuf message that is appended to another one is merged into it: repeated fields are joined. So `recognition.onnx`
followed by `cyrillic.onnx` is one graph, whose nodes before the head run once and which has a second output. The
recognizer's own file stays as it is. Weights are float16 in the file; ONNX Runtime widens them when it loads them.
"""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.ocr.cyrillic.head import FEATURES, ROWS, Head

OUTPUT = 'cyrillic'


class Builder:
    """Nodes and initializers, each named with the output's name before it."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, array):
        name = f'{OUTPUT}.constant.{len(self.initializers)}'
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, tensor):
        stored = self.constant(tensor.detach().half().numpy())
        return self.op('Cast', [stored], to=TensorProto.FLOAT)

    def op(self, kind, inputs, output=None, **attributes):
        output = output or f'{OUTPUT}.{kind}.{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv2d(self, x, layer):
        pads = [*layer.padding, *layer.padding]
        inputs = [x, self.weight(layer.weight), self.weight(layer.bias)]
        return self.op('Conv', inputs, kernel_shape=layer.kernel_size, strides=layer.stride, pads=pads, group=layer.groups)

    def gelu(self, x):
        erf = self.op('Erf', [self.op('Div', [x, self.constant(np.float32(2**0.5))])])
        half = self.op('Mul', [x, self.constant(np.float32(0.5))])
        return self.op('Mul', [half, self.op('Add', [erf, self.constant(np.float32(1))])])

    def hardsigmoid(self, x):
        return self.op('HardSigmoid', [x], alpha=1 / 6, beta=0.5)

    def hardswish(self, x):
        return self.op('Mul', [x, self.hardsigmoid(x)])

    def mix(self, x, block):
        x = self.conv2d(x, block.across)
        if not isinstance(block.squeeze, torch.nn.Identity):
            mean = self.op('ReduceMean', [x], axes=[2, 3], keepdims=1)
            up = self.conv2d(self.op('Relu', [self.conv2d(mean, block.squeeze.down)]), block.squeeze.up)
            x = self.op('Mul', [x, self.hardsigmoid(up)])
        y = self.conv2d(self.gelu(self.conv2d(x, block.widen)), block.narrow)
        return self.op('Add', [x, y]) if block.residual else y

    def linear(self, x, layer):
        return self.op('Add', [self.op('MatMul', [x, self.weight(layer.weight.T)]), self.weight(layer.bias)])


def addition(head: Head):
    """What is appended to the recognizer, as bytes."""
    build = Builder()
    x = FEATURES
    for block in head.stage:
        x = build.mix(x, block)
    x = build.op('AveragePool', [x], kernel_shape=[ROWS, 2], strides=[ROWS, 2])
    for layer in (head.along, head.mix):
        x = build.hardswish(build.conv2d(x, layer))
    x = build.op('Transpose', [build.op('Squeeze', [x], axes=[2])], perm=[0, 2, 1])
    x = build.linear(build.linear(x, head.narrow), head.classes)
    build.op('Softmax', [x], OUTPUT, axis=2)
    graph = onnx.GraphProto(
        node=build.nodes,
        initializer=build.initializers,
        output=[helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ['lines', 'steps', head.classes.out_features])],
    )
    return onnx.ModelProto(graph=graph).SerializeToString()


def check(recognizer: bytes, added: bytes, head: Head, inputs, tolerance=0.02):
    """Raises where the two files together do not give what torch gives for a batch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(recognizer + added, providers=['CPUExecutionProvider'])
    trunk = onnx.load_from_string(recognizer)
    trunk.graph.output.append(onnx.ValueInfoProto(name=FEATURES))
    features = onnxruntime.InferenceSession(trunk.SerializeToString()).run([FEATURES], {'x': inputs})[0]
    with torch.no_grad():
        expected = head.eval()(torch.from_numpy(features)).softmax(-1).numpy()
    difference = np.abs(session.run([OUTPUT], {'x': inputs})[0] - expected).max()
    if difference > tolerance:
        raise SystemExit(f'The exported head differs by {difference}.')
    return difference
