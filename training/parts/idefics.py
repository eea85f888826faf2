"""
transformers' IDEFICS around a BLIP-2's vision tower, with a convolutional stem or without: no class of transformers has both.
"""

import json
from pathlib import Path

from transformers import Blip2VisionConfig, IdeficsConfig, IdeficsForVisionText2Text

from training.parts.stem import TIED_HEAD, take_tensors, tower_of

# Of a Llama, what an IDEFICS takes under the same name.
TAKEN = (
    'vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'hidden_act', 'rms_norm_eps',
    'max_position_embeddings', 'rope_parameters', 'bos_token_id', 'eos_token_id', 'pad_token_id', 'tie_word_embeddings',
)


def idefics_with_tower(config, vision):
    """transformers' IDEFICS of random weights by an IdeficsConfig; its vision tower is the one of `vision`, a Blip2VisionConfig."""
    # Its class makes no other tower than a CLIP's. That one is replaced.
    clip = {'embed_dim': vision.hidden_size, 'num_attention_heads': 1, 'num_hidden_layers': 1, 'intermediate_size': 8, 'image_size': vision.patch_size, 'patch_size': vision.patch_size}
    model = IdeficsForVisionText2Text(IdeficsConfig(**{**config.to_dict(), 'vision_config': clip}))
    model.model.vision_model = tower_of(vision)
    return model


def idefics_of_llama(language, vision, interval):
    """
    transformers' IDEFICS of random weights, without a resampler, with a gated layer before every `interval`-th of the
    layers of a LlamaConfig; its vision tower is the one of `vision`, a Blip2VisionConfig with a stem.
    """
    own = {'cross_layer_interval': interval, 'qk_layer_norms': True, 'use_resampler': False, 'additional_vocab_size': 0}
    config = IdeficsConfig(**{name: getattr(language, name) for name in TAKEN}, **own, freeze_text_layers=False, freeze_vision_layers=False)
    return idefics_with_tower(config, vision)


def idefics_dict(config, vision):
    """What config.json says of such an IDEFICS."""
    return {**config.to_dict(), 'vision_config': vision.to_dict()}


def load_idefics(folder):
    """A saved IDEFICS with a BLIP-2's tower, in float32. transformers' own class opens no such folder."""
    folder = Path(folder)
    stored = json.loads((folder / 'config.json').read_text())
    vision = Blip2VisionConfig(**stored.pop('vision_config'))
    config = IdeficsConfig(**stored)
    tied = config.tie_word_embeddings
    model = take_tensors(idefics_with_tower(config, vision), folder, TIED_HEAD if tied else set())
    if tied:
        model.lm_head.weight = model.get_input_embeddings().weight
    return model
