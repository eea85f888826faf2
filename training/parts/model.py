"""
The miniature's sizes, as transformers' own BLIP-2 configuration.
"""

import torch
from torch import nn
from transformers import Blip2Config, Blip2QFormerConfig, Blip2VisionConfig, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

from training.text import BOS, MAX_TEXT, PAD, SLOTS, VOCABULARY_ROWS

IMAGE_SIDE, PATCH = 224, 16
SIDE = IMAGE_SIDE // PATCH
WIDTH, FFN, HEADS = 160, 640, 5
GATED = 416
MEAN = (.48145466, .4578275, .40821073)  # CLIP's, as in BLIP-2's preprocessor
STD = (.26862954, .26130258, .27577711)
TEXT_MAX = 112  # tokens of a caption in stage 1

# EfficientNet-Lite0 up to a stride of 16: see stem.py.
STEM = {'channels': 32, 'stages': [[1, 3, 1, 16, 1], [6, 3, 2, 24, 2], [6, 5, 2, 40, 2], [6, 3, 2, 80, 3], [6, 5, 1, 112, 3]], 'fine': 3}
VISION_LAYERS = 4


def vision_config():
    config = Blip2VisionConfig(hidden_size=WIDTH, intermediate_size=FFN, num_hidden_layers=VISION_LAYERS, num_attention_heads=HEADS, image_size=IMAGE_SIDE,
                               patch_size=PATCH, qkv_bias=True, hidden_act='gelu', layer_norm_eps=1e-6)
    config.stem = STEM
    return config


def qformer_config(text_branch):
    return Blip2QFormerConfig(vocab_size=VOCABULARY_ROWS, hidden_size=WIDTH, num_hidden_layers=4, num_attention_heads=HEADS, intermediate_size=FFN,
                              max_position_embeddings=TEXT_MAX, cross_attention_frequency=1, encoder_hidden_size=WIDTH, pad_token_id=PAD,
                              hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, use_qformer_text_input=text_branch)


def language_config(newline):
    return OPTConfig(vocab_size=VOCABULARY_ROWS, hidden_size=WIDTH, num_hidden_layers=6, ffn_dim=FFN, num_attention_heads=HEADS,
                     max_position_embeddings=SLOTS + 1 + MAX_TEXT, word_embed_proj_dim=WIDTH, do_layer_norm_before=True, activation_function='relu',
                     dropout=0.0, attention_dropout=0.0, pad_token_id=PAD, bos_token_id=BOS, eos_token_id=newline)


def llama_config(newline):
    """About as many weights as the OPT: three matrices of GATED instead of two of FFN. Room for all patches of two pictures, each with a </s> behind it."""
    return LlamaConfig(vocab_size=VOCABULARY_ROWS, hidden_size=WIDTH, num_hidden_layers=6, intermediate_size=GATED, num_attention_heads=HEADS,
                       num_key_value_heads=HEADS, max_position_embeddings=2 * (SIDE * SIDE + 1) + MAX_TEXT, rms_norm_eps=1e-5, tie_word_embeddings=True,
                       pad_token_id=PAD, bos_token_id=BOS, eos_token_id=newline)


LANGUAGES = {'opt': (language_config, OPTForCausalLM), 'llama': (llama_config, LlamaForCausalLM)}


def language_model(kind, newline, layers=None):
    """An untrained language model of the miniature's size; `layers`: default six."""
    make_config, make_model = LANGUAGES[kind]
    config = make_config(newline)
    config.num_hidden_layers = layers or config.num_hidden_layers
    return make_model(config)


def blip2_config(text):
    return Blip2Config(vision_config=vision_config().to_dict(), qformer_config=qformer_config(False).to_dict(),
                       text_config=language_config(text.newline).to_dict(), num_query_tokens=SLOTS, image_token_index=text.image,
                       image_text_hidden_size=WIDTH)


def pixel_values(images, seen, side=IMAGE_SIDE):
    """
    uint8 [B, 224, 224, 3], letterboxed, and [(width, height)] of what is not padding -> float [B, 3, side, side],
    as BlipImageProcessor normalizes and then pads with zeros.
    """
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    if side != IMAGE_SIDE:
        pixels = nn.functional.interpolate(pixels, (side, side), mode='bilinear', antialias=True)
    pixels = (pixels / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    edges = torch.tensor(seen).mul(side / IMAGE_SIDE).round()
    line = torch.arange(side)
    inside = (line < edges[:, :1])[:, None, :] & (line < edges[:, 1:])[:, :, None]
    return pixels * inside[:, None]
