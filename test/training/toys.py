"""Made-up ends and pictures for the tests of training/bridge, and what compares a converted checkpoint with transformers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from transformers import (
    BertConfig,
    BertForMaskedLM,
    Blip2VisionConfig,
    Blip2VisionModel,
    BlipImageProcessorPil,
    CLIPVisionConfig,
    CLIPVisionModel,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test' / 'reference')]

import llamas_made  # noqa: E402
import qwens_made  # noqa: E402
import tokenizers_made  # noqa: E402
import unigrams_made  # noqa: E402
import wordpieces_made  # noqa: E402
from tokenizers import processors  # noqa: E402

COLORS = ('red', 'green', 'blue')
QUESTION = 'What color is it?'
TOWER = {'hidden_size': 24, 'intermediate_size': 40, 'num_hidden_layers': 2, 'num_attention_heads': 3, 'image_size': 28, 'patch_size': 7}
WORDS = {'hidden_size': 32, 'num_hidden_layers': 2, 'num_attention_heads': 4, 'max_position_embeddings': 160}
NODE = ROOT / 'node_modules' / '.bin' / 'node'
TERMINAL = ROOT / 'commands' / 'terminal'


def amend(folder, **more):
    """Language models alone know no pictures."""
    file = folder / 'tokenizer_config.json'
    config = {**json.loads(file.read_text()), **more}
    del config['extra_special_tokens']
    file.write_text(json.dumps(config))


def clip(folder):
    torch.manual_seed(1)
    CLIPVisionModel(CLIPVisionConfig(**TOWER)).save_pretrained(folder)


def eva(folder):
    torch.manual_seed(1)
    Blip2VisionModel(Blip2VisionConfig(**TOWER, initializer_range=0.2)).save_pretrained(folder)
    side = TOWER['image_size']  # another filter than the usual one, to see whose settings are taken
    BlipImageProcessorPil(size={'height': side, 'width': side}, resample=Image.Resampling.BILINEAR).save_pretrained(folder)


def llama(folder, **more):
    tokenizer = llamas_made.train(['a red circle, a green circle, a blue circle'], 110)
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s> $B', special_tokens=[('<s>', 1)])
    llamas_made.save(tokenizer, folder)
    amend(folder, bos_token='<s>', unk_token='<unk>')
    torch.manual_seed(2)
    pad = tokenizer.token_to_id('[PAD]')
    own = {'vocab_size': tokenizer.get_vocab_size(), 'bos_token_id': 1, 'eos_token_id': 2, 'pad_token_id': pad}
    config = LlamaConfig(**{**WORDS, 'intermediate_size': 48, 'initializer_range': 0.2, **own, **more})
    LlamaForCausalLM(config).save_pretrained(folder)


def opt(folder):
    tokenizer = tokenizers_made.miniature()
    tokenizers_made.save(tokenizer, folder)
    amend(folder)
    torch.manual_seed(2)
    config = OPTConfig(
        **WORDS, ffn_dim=48, word_embed_proj_dim=32, vocab_size=tokenizer.get_vocab_size(), init_std=0.2, bos_token_id=2,
        pad_token_id=1, eos_token_id=2,
    )
    OPTForCausalLM(config).save_pretrained(folder)


def t5(folder):
    unigrams_made.save(unigrams_made.miniature(), folder)
    amend(folder)
    torch.manual_seed(2)
    config = T5Config(
        d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, vocab_size=304, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
        feed_forward_proj='gated-gelu', tie_word_embeddings=False,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)


def bert(folder):
    tokenizer = wordpieces_made.miniature(128, image_token=False)
    wordpieces_made.save(tokenizer, folder, image_token=False)
    torch.manual_seed(2)
    config = BertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40, max_position_embeddings=64,
        vocab_size=tokenizer.get_vocab_size(), initializer_range=0.2, pad_token_id=tokenizer.token_to_id('[PAD]'),
    )
    BertForMaskedLM(config).save_pretrained(folder)


def draw(folder, count):
    """Pictures of circles: half of the lines are captions, half are questions."""
    folder.mkdir()
    rows = []
    for i in range(count):
        color = COLORS[i % len(COLORS)]
        picture = Image.new('RGB', (32, 32), 'white')
        ImageDraw.Draw(picture).ellipse((4 + i % 5, 4, 26, 26), fill=color)
        picture.save(folder / f'{i}.png')
        asked = {'question': QUESTION, 'answer': color} if i % 2 else {'text': f'a {color} circle'}
        rows.append(json.dumps({'file_name': f'{i}.png', **asked}))
    (folder / 'metadata.jsonl').write_text('\n'.join(rows) + '\n')


def logged(folder, name):
    return [json.loads(line) for line in (folder / f'{name}.log.jsonl').read_text().splitlines()]


def converted(checkpoint, package, picture):
    """The ids that our engine answers QUESTION with, once it converted a checkpoint."""
    node([TERMINAL / 'pull.ts', '--from', checkpoint, '--out', package, '--precision', 'fp32'])
    asked = [TERMINAL / 'ask.ts', picture, QUESTION, '--model', package, '--json', '--max-new-tokens', '12', '--beams', '1']
    return json.loads(node(asked))['tokenIds']


def node(command):
    done = subprocess.run([str(part) for part in (NODE, *command)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


def qwen2(folder):
    qwens_made.save(qwens_made.miniature(), folder)
    amend(folder)
    torch.manual_seed(2)
    config = Qwen2Config(
        **WORDS, intermediate_size=48, num_key_value_heads=2, vocab_size=304, initializer_range=0.2, bos_token_id=296, eos_token_id=298,
        pad_token_id=296,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
