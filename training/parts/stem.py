"""
The convolutional stem, the one part of the miniature that transformers lacks: it stands in the place of a BLIP-2
vision model's patch embedding (Xiao et al. 2021, "Early convolutions help transformers see better",
arXiv 2106.14881, section 4). Its convolutions are the first layers of EfficientNet-Lite0 (Tan and Le 2019, arXiv
1905.11946; Lite: without squeeze-and-excitation, ReLU6 instead of swish), which saw ImageNet: inverted residual
blocks (Sandler et al. 2018, arXiv 1801.04381, section 3.4). Two 1x1-like projections end it: one of the last
stage's result, one of an earlier, finer stage's, so that small objects keep their outlines.

The batch norms of the source are folded into its weights. config.json has the stem as vision_config.stem:
    {"channels": C, "stages": [[expansion, kernel, stride, channels, blocks], …], "fine": F}
The first convolution (kernel 3, stride 2) makes C channels; `fine` is the number of stages before the finer result.
Weights: vision_model.embeddings.patch_embedding.first, .blocks.<i>.{expand,depthwise,project}, .coarse and .fine,
each .weight and .bias; a block of expansion 1 has no `expand`.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import pad, relu6
from transformers import (
    Blip2Config, Blip2ForConditionalGeneration, Blip2VisionConfig, Blip2VisionModel, CLIPVisionConfig, LlavaConfig,
    LlavaForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

PIECE = 2  # pictures
TIED_HEAD = {'lm_head.weight'}
BLIP2_TOWER = 'blip_2_vision_model'


class Convolution(nn.Conv2d):
    """Padded as TensorFlow's SAME pads an even side: at stride 2 the odd pixel goes to the right and bottom."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        before = (kernel - stride) // 2
        after = kernel - stride - before
        super().__init__(inputs, outputs, kernel, stride, before if before == after else 0, groups=groups)
        self.edges = (0,) if before == after else (before, after, before, after)

    def forward(self, hidden):
        return super().forward(pad(hidden, self.edges) if any(self.edges) else hidden)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        self.expand = Convolution(inputs, inner, 1) if expansion > 1 else None
        self.depthwise = Convolution(inner, inner, kernel, stride, groups=inner)
        self.project = Convolution(inner, outputs, 1)
        self.adds = inputs == outputs and stride == 1

    def forward(self, hidden):
        inner = hidden if self.expand is None else relu6(self.expand(hidden), inplace=True)
        result = self.project(relu6(self.depthwise(inner), inplace=True))
        return hidden + result if self.adds else result


class ConvStem(nn.Module):
    """pixel_values [B, 3, side, side] -> [B, width, side / stride, side / stride]; `stem`: see above."""

    def __init__(self, stem, width):
        super().__init__()
        self.first = Convolution(3, stem['channels'], 3, 2)
        blocks, inputs, strides, ends = [], stem['channels'], [], []
        for expansion, kernel, stride, channels, count in stem['stages']:
            for index in range(count):
                blocks.append(InvertedResidual(inputs, channels, kernel, stride if index == 0 else 1, expansion))
                inputs = channels
            ends.append(len(blocks))
            strides.append(stride)
        self.blocks = nn.ModuleList(blocks)
        self.fine_from = ends[stem['fine'] - 1]
        between = 1
        for stride in strides[stem['fine']:]:
            between *= stride
        self.coarse = nn.Conv2d(inputs, width, 1)
        self.fine = nn.Conv2d(stem['stages'][stem['fine'] - 1][3], width, between, between)
        self.given = 0  # blocks, up to `fine_from`, whose result stands in the place of the pixels: see stages/stored.py

    @property
    def weight(self):
        """transformers reads the dtype from the patch embedding's weight."""
        return self.first.weight

    def forward(self, pixels):
        if self.given:
            return self.joined(*self.through(pixels, pixels if self.given == self.fine_from else None, self.given, len(self.blocks)))
        frozen = self.frozen()
        hidden, finer = self.begin(pixels, frozen) if frozen else (pixels, None)
        return self.joined(*self.through(hidden, finer, frozen, len(self.blocks)))

    @torch.no_grad()
    def begin(self, pixels, end):
        """Through the blocks before `end`: (result, the finer stage's or None)."""
        # A few pictures at a time stay in the processor's cache: four times as fast as a batch of 64 at once.
        pieces = [self.through(piece, None, 0, end) for piece in pixels.split(PIECE)]
        return torch.cat([hidden for hidden, _ in pieces]), torch.cat([finer for _, finer in pieces]) if end >= self.fine_from else None

    def joined(self, hidden, finer):
        return self.coarse(hidden) + self.fine(finer)

    def frozen(self):
        """How many of the first blocks are not trained (or all, where no gradient is computed)."""
        if not torch.is_grad_enabled():
            return len(self.blocks)
        trained = (index for index, block in enumerate(self.blocks) if block.project.weight.requires_grad)
        return next(trained, len(self.blocks))

    def through(self, hidden, finer, start, end):
        """Through the blocks from `start` to before `end`; the first convolution comes before block 0."""
        if start == 0:
            hidden = relu6(self.first(hidden), inplace=True)
        for index in range(start, end):
            hidden = self.blocks[index](hidden)
            if index + 1 == self.fine_from:
                finer = hidden
        return hidden, finer


def with_stem(model, stem):
    """Puts a stem into a Blip2VisionModel, or into the one of a whole BLIP-2."""
    vision = getattr(model, 'vision_model', model)
    position = vision.embeddings.position_embedding
    vision.embeddings.patch_embedding = ConvStem(stem, position.shape[-1]).to(position.dtype)
    return model


def tower_of(vision, tower_class=Blip2VisionModel):
    """A tower of random weights by a Blip2VisionConfig, with a stem where that has one."""
    tower = tower_class(vision)
    return with_stem(tower, vision.stem) if hasattr(vision, 'stem') else tower


class Tower(Blip2VisionModel):
    """The vision tower for a LLaVA, which takes the last of the hidden states: here the one behind `post_layernorm`."""

    def forward(self, *args, **options):
        output = super().forward(*args, **options)
        return BaseModelOutputWithPooling(last_hidden_state=output.last_hidden_state, hidden_states=(output.last_hidden_state,))


def llava_without_storage(config):
    """
    transformers' LLaVA on the device `meta`. Its class makes no Blip2VisionModel: where `vision_config` is one of such a tower, a
    CLIP stands in the place of it.
    """
    vision = config.vision_config
    own = config.to_dict()
    if vision.model_type == BLIP2_TOWER:
        own['vision_config'] = CLIPVisionConfig(hidden_size=vision.hidden_size, num_attention_heads=1)
    with torch.device('meta'):
        model = LlavaForConditionalGeneration(LlavaConfig(**own))
    model.config.vision_config = vision
    return model


def llava_with_blip2_tower(config):
    """transformers' LLaVA of random weights, with the tower of `vision_config`: a Blip2VisionConfig, with a stem or without."""
    model = llava_without_storage(config).to_empty(device='cpu')
    model.model.vision_tower = tower_of(config.vision_config, Tower)
    model.model.language_model = type(model.model.language_model)(model.config.text_config)
    return model


# What LlavaForConditionalGeneration.save_pretrained writes, and the names of its modules.
LLAVA_NAMES = {
    'language_model.lm_head.': 'lm_head.', 'language_model.model.': 'model.language_model.', 'vision_tower.': 'model.vision_tower.',
    'multi_modal_projector.': 'model.multi_modal_projector.',
}


def load_llava(folder):
    """A saved LLaVA with a BLIP-2's tower, in float32. transformers' own class opens no such folder."""
    config = LlavaConfig.from_pretrained(folder)
    tied = config.tie_word_embeddings
    model = take_tensors(llava_with_blip2_tower(config), folder, TIED_HEAD if tied else set(), LLAVA_NAMES)
    if tied:
        model.lm_head.weight = model.get_input_embeddings().weight
    return model


def load_blip2(folder):
    """A saved BLIP-2 with a stem, in float32 (`from_pretrained` would leave the stem's weights out)."""
    config = Blip2Config.from_pretrained(folder)
    model = with_stem(Blip2ForConditionalGeneration(config), config.vision_config.stem)
    model = take_tensors(model, folder, {'language_model.lm_head.weight'})
    model.language_model.tie_weights()
    return model


def take_tensors(model, folder, tied, renamed=None):
    """The model with the tensors of a folder, in float32. `tied`: names that it may lack; `renamed`: how names begin, and should."""
    state = {}
    for path in sorted(Path(folder).glob('*.safetensors')):
        for name, tensor in load_file(path).items():
            begins = next((prefix for prefix in renamed or {} if name.startswith(prefix)), '')
            state[(renamed or {}).get(begins, '') + name.removeprefix(begins)] = tensor.float()
    missing = model.load_state_dict(state, strict=False)
    if missing.unexpected_keys or set(missing.missing_keys) - tied:
        raise RuntimeError(f'not the tensors of the model: {missing}')
    return model.float().eval()
