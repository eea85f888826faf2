"""
transformers' IDEFICS around the miniature's encoder, which has a convolutional stem: no class of transformers has both.
"""

import json
from pathlib import Path

from transformers import Blip2VisionConfig, Blip2VisionModel, IdeficsConfig, IdeficsForVisionText2Text

from training.parts.stem import TIED_HEAD, take_tensors, with_stem

# Of a Llama, what an IDEFICS takes under the same name.
TAKEN = (
    'vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'hidden_act', 'rms_norm_eps',
    'max_position_embeddings', 'rope_parameters', 'bos_token_id', 'eos_token_id', 'pad_token_id', 'tie_word_embeddings',
)


def idefics_with_stem(language, vision, interval):
    """
    transformers' IDEFICS of random weights, without a resampler, with a gated layer before every `interval`-th of the
    layers of a LlamaConfig; its vision tower is the one of `vision`, a Blip2VisionConfig with a stem.
    """
    own = {'cross_layer_interval': interval, 'qk_layer_norms': True, 'use_resampler': False, 'additional_vocab_size': 0}
    # Its class makes no other tower than a CLIP's. That one is replaced.
    clip = {'embed_dim': vision.hidden_size, 'num_attention_heads': 1, 'num_hidden_layers': 1, 'intermediate_size': 8, 'image_size': vision.patch_size, 'patch_size': vision.patch_size}
    config = IdeficsConfig(**{name: getattr(language, name) for name in TAKEN}, **own, freeze_text_layers=False, freeze_vision_layers=False, vision_config=clip)
    model = IdeficsForVisionText2Text(config)
    model.model.vision_model = with_stem(Blip2VisionModel(vision), vision.stem)
    return model


def idefics_dict(config, vision):
    """What config.json says of such an IDEFICS."""
    return {**config.to_dict(), 'vision_config': vision.to_dict()}


def load_idefics(folder):
    """A saved IDEFICS with a stem, in float32."""
    folder = Path(folder)
    stored = json.loads((folder / 'config.json').read_text())
    tower = stored.pop('vision_config')
    vision = Blip2VisionConfig(**{name: value for name, value in tower.items() if name != 'stem'})
    vision.stem = tower['stem']
    config = IdeficsConfig(**stored)
    model = take_tensors(idefics_with_stem(config, vision, config.cross_layer_interval), folder, TIED_HEAD)
    model.lm_head.weight = model.get_input_embeddings().weight
    return model
