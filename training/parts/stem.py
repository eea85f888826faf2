"""
The convolutional stem, the one part of the miniature that transformers lacks: it stands in the place of a BLIP-2
vision model's patch embedding (Xiao et al. 2021, "Early convolutions help transformers see better",
arXiv 2106.14881, section 4; here with biases and without batch norm).

The checkpoint's config.json has it as vision_config.stem, and the weights are
vision_model.embeddings.patch_embedding.convolutions.<i>.weight and .bias.
"""

import torch
from torch import nn


class ConvStem(nn.Module):
    """
    pixel_values [B, 3, side, side] -> [B, width, side / stride, side / stride].

    `stem`: (output channels, kernel, stride) of each convolution, padded by half the kernel. All but the last are
    followed by ReLU; the strides multiply to the patch size; the last has the width of the vision model.
    """

    def __init__(self, stem):
        super().__init__()
        channels = [3, *(out for out, *_ in stem)]
        self.convolutions = nn.ModuleList(nn.Conv2d(channels[i], out, kernel, stride, kernel // 2) for i, (out, kernel, stride) in enumerate(stem))

    @property
    def weight(self):
        """transformers reads the dtype from the patch embedding's weight."""
        return self.convolutions[0].weight

    def forward(self, pixels):
        hidden = pixels
        for index, convolution in enumerate(self.convolutions):
            hidden = convolution(hidden if index == 0 else torch.relu(hidden))
        return hidden


def with_stem(model, stem):
    """Puts a stem into a Blip2VisionModel, or into the one of a whole BLIP-2."""
    vision = getattr(model, 'vision_model', model)
    vision.embeddings.patch_embedding = ConvStem(stem).to(vision.embeddings.position_embedding.dtype)
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
