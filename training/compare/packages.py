"""
Writes the checkpoints whose cost `npm run bench -- three-bridges` measures: `python -m training.compare.packages TOKENIZER OUT`.

A BLIP-2, a LLaVA and an IDEFICS with the miniature's sizes and random weights. Their language model is a Llama, the one that
`npm run pull` takes behind all three; their vision tower has no stem.
"""

import argparse
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import Blip2VisionModel, CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM

from training.bridge.cross_attention import CrossAttention
from training.bridge.projector import Projector
from training.bridge.qformer import QFormer
from training.compare.bridges import INTERVAL
from training.parts.model import FFN, HEADS, IMAGE_SIDE, PATCH, VISION_LAYERS, WIDTH, vision_config
from training.text import BOS, PAD, SLOTS, VOCABULARY_ROWS

LANGUAGE_LAYERS = 6
POSITIONS = 512
QFORMER = {'hidden_size': WIDTH, 'num_hidden_layers': 4, 'num_attention_heads': HEADS, 'intermediate_size': FFN, 'cross_attention_frequency': 1,
           'queries': SLOTS}  # fmt: skip
# A LLaVA takes the state before the last layer.
KINDS = {
    'qformer': (QFormer, 'eva', QFORMER),
    'projector': (Projector, 'clip-longer', {}),
    'cross-attention': (CrossAttention, 'clip', {'cross_layer_interval': INTERVAL, 'qk_layer_norms': True}),
}


def write(tokenizer, out):
    ends = out / 'ends'
    language(tokenizer, ends / 'language')
    torch.manual_seed(1)
    config = vision_config()
    del config.stem
    Blip2VisionModel(config).save_pretrained(ends / 'eva')
    for name, layers in (('clip', VISION_LAYERS), ('clip-longer', VISION_LAYERS + 1)):
        clip = CLIPVisionConfig(
            hidden_size=WIDTH, intermediate_size=FFN, num_hidden_layers=layers, num_attention_heads=HEADS, image_size=IMAGE_SIDE, patch_size=PATCH
        )
        CLIPVisionModel(clip).save_pretrained(ends / name)
    for name, (kind, tower, settings) in KINDS.items():
        args = SimpleNamespace(vision=ends / tower, language=ends / 'language', bert=None, settings=json.dumps(settings), seed=1)
        kind(args).save(out / name)


def language(tokenizer, folder):
    """With as many parameters as the miniature's: SwiGLU has three matrices where an OPT has two."""
    shutil.copytree(tokenizer, folder)
    config = LlamaConfig(
        vocab_size=VOCABULARY_ROWS, hidden_size=WIDTH, intermediate_size=2 * FFN // 3 // 8 * 8, num_hidden_layers=LANGUAGE_LAYERS,
        num_attention_heads=HEADS, max_position_embeddings=POSITIONS, bos_token_id=BOS, eos_token_id=BOS, pad_token_id=PAD,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def main():
    parser = argparse.ArgumentParser(prog='python -m training.compare.packages', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('tokenizer', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    write(args.tokenizer, args.out)


if __name__ == '__main__':
    main()
