"""The Cyrillic head: a copy of the recognizer's last stage and neck, with other classes.

It starts with the recognizer's own weights, so it already aligns characters with steps and knows Latin letters, digits and
signs. What is before the last stage is shared and stays as it is.
"""

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

from training.ocr.cyrillic.texts import CHARACTERS

# Of the recognizer: what its third stage gives, [N, 96, 6, width / 4].
FEATURES = 'p2o.pd_op.add.22.0'
CHANNELS, DEEP, ROWS = 96, 160, 3
KERNEL, NARROW = 5, 80

# Where a class starts: a Latin letter that has the form of a Cyrillic one.
FORMS = dict(zip('асеорхуіјѕАВСЕНКМОРТХІЈЅҐкитпмнвгзбшьў', 'aceopxyijsABCEHKMOPTXIJSFkuTnMHBr36wbу'))


class Squeeze(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        scale = self.up(F.relu(self.down(x.mean((2, 3), keepdim=True))))
        return x * F.hardsigmoid(scale)


class Mix(nn.Module):
    """A block of the recognizer: each channel by itself, then each position by itself."""

    def __init__(self, channels, inner, out, squeeze=False, stride=1):
        super().__init__()
        self.across = nn.Conv2d(channels, channels, 3, (stride, 1), 1, groups=channels)
        self.squeeze = Squeeze(channels) if squeeze else nn.Identity()
        self.widen, self.narrow = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, out, 1)
        self.residual = stride == 1

    def forward(self, x):
        x = self.squeeze(self.across(x))
        y = self.narrow(F.gelu(self.widen(x)))
        return x + y if self.residual else y


class Head(nn.Module):
    """float32 [N, 96, 6, width / 4] -> scores float32 [N, width / 8, classes]."""

    def __init__(self):
        super().__init__()
        self.stage = nn.Sequential(
            Mix(CHANNELS, 192, DEEP, stride=2), Mix(DEEP, 320, DEEP, squeeze=True), Mix(DEEP, 320, DEEP), Mix(DEEP, 320, DEEP)
        )
        self.along = nn.Conv2d(DEEP, DEEP, (1, KERNEL), padding=(0, KERNEL // 2), groups=DEEP)
        self.mix = nn.Conv2d(DEEP, DEEP, 1)
        self.narrow = nn.Linear(DEEP, NARROW)
        self.classes = nn.Linear(NARROW, len(CHARACTERS) + 1)

    def forward(self, features):
        x = F.avg_pool2d(self.stage(features), (ROWS, 2))
        x = F.hardswish(self.mix(F.hardswish(self.along(x))))
        return self.classes(self.narrow(x.squeeze(2).transpose(1, 2)))


def start(head, recognizer: onnx.ModelProto, known):
    """Gives the head the recognizer's weights. @param known its characters, from class 1."""
    weights = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in recognizer.graph.initializer}
    nodes = list(recognizer.graph.node)
    first = next(i for i, node in enumerate(nodes) if FEATURES in node.input)
    layers = [module for module in head.stage.modules() if isinstance(module, nn.Conv2d)]
    convolutions = [i for i in range(first, len(nodes)) if nodes[i].op_type == 'Conv']
    for module, i in zip(layers, convolutions):
        copy(module, weights[nodes[i].input[1]], weights[nodes[i + 1].input[1]].flatten())
    norms = [node for node in nodes[first:] if node.op_type == 'BatchNormalization']
    for module, i, norm in zip((head.along, head.mix), convolutions[len(layers) :], norms):
        gain, bias, mean, variance = (weights[name] for name in norm.input[1:])
        scale = gain / torch.sqrt(variance + norm.attribute[0].f)
        copy(module, weights[nodes[i].input[1]] * scale[:, None, None, None], bias - mean * scale)
    products = [node for node in nodes[first:] if node.op_type == 'MatMul']
    additions = {name: node for node in nodes for name in node.input if node.op_type == 'Add'}
    (narrow, narrow_bias), (rows, bias) = (
        (weights[node.input[1]].T, weights[additions[node.output[0]].input[1]]) for node in products
    )
    copy(head.narrow, narrow, narrow_bias)
    classes = {character: i + 1 for i, character in enumerate(known)}
    spread = rows.std(0)
    for i, character in enumerate(['', *CHARACTERS]):
        own = 0 if character == '' else classes.get(character, classes.get(FORMS.get(character)))
        head.classes.weight.data[i] = rows[own] if own is not None else rows.mean(0) + 0.3 * spread * torch.randn(NARROW)
        head.classes.bias.data[i] = bias[own] if own is not None else bias.mean()


def copy(module, weight, bias):
    assert module.weight.shape == weight.shape and module.bias.shape == bias.shape, (module, weight.shape)
    module.weight.data, module.bias.data = weight.contiguous(), bias.contiguous()
