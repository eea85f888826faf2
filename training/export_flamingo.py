"""
Writes <run>/demo-flamingo-hf of what stages/flamingo.py learned: an IdeficsForVisionText2Text in fp16 whose vision tower is the
miniature's encoder. transformers has no such tower: training.parts.idefics.load_idefics opens the folder.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import GenerationConfig

from training.bridge.cross_attention import AROUND
from training.common import sha256
from training.export import finish
from training.parts.idefics import idefics_dict
from training.parts.model import vision_config
from training.parts.stem import TIED_HEAD
from training.stages.flamingo import assemble, picture
from training.stages.stage2 import load_reader
from training.stages.vit import load as load_vision
from training.text import BOS, PAD, Text

# As stages/flamingo.py has conversations. It saw one picture in each: there is no format for a further one.
CARD = {
    'name': 'demo-flamingo',
    'prompts': {'caption': 'describe the picture', 'detailed': 'describe the picture', 'questions': 'what do you see?', 'opening': '<image>Question: ',
                'furtherPicture': None, 'answer': ' Answer: ', 'next': ' Question: ', 'generationPrompt': ' Answer:'},
}


def export(run):
    folder = run / 'demo-flamingo-hf.new'
    text = Text(run / 'tokenizer')
    language, vision = load_reader(run, text, 'llama').language, load_vision(run)
    model = assemble(language, vision)
    model.model.gated_cross_attn_layers.load_state_dict(torch.load(run / 'flamingo.pt', weights_only=False)['gated'])
    if sha256(model.model.vision_model) != sha256(vision):
        raise RuntimeError('a frozen part changed on the way')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run / 'tokenizer', folder)
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    tokenizer.add_special_tokens([AROUND])
    if tokenizer.token_to_id(AROUND) != picture(text)[0]:
        raise RuntimeError(f'{AROUND} is not the token that was trained with')
    tokenizer.save(str(folder / 'tokenizer.json'))
    settings = json.loads((folder / 'tokenizer_config.json').read_text()) | {'model_max_length': language.config.max_position_embeddings}
    (folder / 'tokenizer_config.json').write_text(json.dumps(settings, indent=2) + '\n')
    model.half()
    save_file({name: tensor for name, tensor in model.state_dict().items() if name not in TIED_HEAD}, str(folder / 'model.safetensors'), {'format': 'pt'})
    config = {**idefics_dict(model.config, vision_config()), 'dtype': 'float16', 'architectures': ['IdeficsForVisionText2Text']}
    (folder / 'config.json').write_text(json.dumps(config, indent=2) + '\n')
    GenerationConfig(bos_token_id=BOS, eos_token_id=text.newline, pad_token_id=PAD).save_pretrained(folder)
    card = json.loads(Path(__file__).with_name('sightseer.json').read_text())
    about = card['about'].replace('A miniature BLIP-2', 'A miniature Flamingo')
    finish(folder, {**card, **CARD, 'about': about})
    print(f'{folder.stem}: {sum(p.numel() for p in model.parameters())} parameters')
