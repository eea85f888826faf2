"""
The convolutional stem, the one part of the miniature that transformers lacks: it stands in the place of a BLIP-2
vision model's patch embedding (Xiao et al. 2021, "Early convolutions help transformers see better",
arXiv 2106.14881, section 4, with biases), with residual blocks before the next stride (He et al. 2016,
"Identity mappings in deep residual networks", arXiv 1603.05027).

It learns with batch norm after every convolution; `folded` puts the norms into the weights, so that a checkpoint
has convolutions only. Its config.json has the layers as vision_config.stem; the weights are
vision_model.embeddings.patch_embedding.convolutions.<i>.weight and .bias, and those of the blocks after it
blocks.<i>.<block>.<0 or 1>.weight and .bias.
"""

import torch
from torch import nn


class Normed(nn.Module):
    """A convolution, padded by half its kernel, and its batch norm."""

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.convolution.weight, nonlinearity='relu')

    @property
    def weight(self):
        return self.convolution.weight

    def forward(self, hidden):
        return self.norm(self.convolution(hidden))

    def folded(self):
        """One convolution with the same result in evaluation."""
        of, norm = self.convolution, self.norm
        scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
        one = nn.Conv2d(of.in_channels, of.out_channels, of.kernel_size, of.stride, of.padding)
        one.weight.data.copy_(of.weight.double() * scale[:, None, None, None])
        one.bias.data.copy_(norm.bias.double() - norm.running_mean.double() * scale)
        return one


def plain(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


class ConvStem(nn.Module):
    """
    pixel_values [B, 3, side, side] -> [B, width, side / stride, side / stride].

    `stem`: (output channels, kernel, stride, residual blocks) of each layer; the strides multiply to the patch size,
    the last layer has the width of the vision model. All layers but the first begin with ReLU. A block adds
    Conv(ReLU(Conv(ReLU(x)))) with kernels of 3.
    """

    def __init__(self, stem, normed=False):
        super().__init__()
        make = Normed if normed else plain
        channels = [3, *(out for out, *_ in stem)]
        self.convolutions = nn.ModuleList(make(channels[i], out, kernel, stride) for i, (out, kernel, stride, _) in enumerate(stem))
        self.blocks = nn.ModuleList(nn.ModuleList(nn.ModuleList(make(out, out, 3) for _ in range(2)) for _ in range(blocks)) for out, _, _, blocks in stem)
        for block in (block for blocks in self.blocks for block in blocks if normed):
            nn.init.zeros_(block[1].norm.weight)  # a block is at first the identity (Goyal et al. 2017, arXiv 1706.02677, section 5.1)

    @property
    def weight(self):
        """transformers reads the dtype from the patch embedding's weight."""
        return self.convolutions[0].weight

    def forward(self, pixels):
        hidden = pixels
        for index, convolution in enumerate(self.convolutions):
            hidden = convolution(hidden if index == 0 else torch.relu(hidden))
            for first, second in self.blocks[index]:
                hidden = hidden + second(torch.relu(first(torch.relu(hidden))))
        return hidden


def folded(stem):
    """The layers of a normed stem without norms, for evaluation."""
    for layers in (stem.convolutions, *(block for blocks in stem.blocks for block in blocks)):
        for index, layer in enumerate(layers):
            layers[index] = layer.folded()
    return stem


def with_stem(model, stem, normed=False):
    """Puts a stem into a Blip2VisionModel, or into the one of a whole BLIP-2."""
    vision = getattr(model, 'vision_model', model)
    vision.embeddings.patch_embedding = ConvStem(stem, normed).to(vision.embeddings.position_embedding.dtype)
    return model


def load_blip2(folder):
    """A saved BLIP-2 with a stem, in float32 (`from_pretrained` would leave the stem's weights out)."""
    from pathlib import Path

    from safetensors.torch import load_file
    from transformers import Blip2Config, Blip2ForConditionalGeneration

    config = Blip2Config.from_pretrained(folder)
    model = with_stem(Blip2ForConditionalGeneration(config), config.vision_config.stem)
    state = {}
    for path in sorted(Path(folder).glob('*.safetensors')):
        state.update({name: tensor.float() for name, tensor in load_file(path).items()})
    missing = model.load_state_dict(state, strict=False)
    if missing.unexpected_keys or set(missing.missing_keys) - {'language_model.lm_head.weight'}:
        raise RuntimeError(f'not the tensors of the model: {missing}')
    if 'language_model.lm_head.weight' not in state:
        model.language_model.tie_weights()
    return model.float().eval()
