"""
Writes <run>/demo-hf: one plain Blip2ForConditionalGeneration folder, fp16, as transformers loads it.
"""

import json
import shutil
from pathlib import Path

import torch
from transformers import Blip2ForConditionalGeneration, GenerationConfig

from training.common import sha256
from training.parts.model import IMAGE_SIDE, MEAN, STD, STEM, blip2_config
from training.parts.qformer import StageTwo
from training.stages.stage2 import load_reader
from training.parts.stem import with_stem
from training.text import BOS, PAD, Text
from training.stages.vit import load as load_vision

PREPROCESSOR = {
    'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True,
    'image_mean': MEAN, 'image_processor_type': 'BlipImageProcessor', 'image_std': STD, 'processor_class': 'Blip2Processor',
    'resample': 3, 'rescale_factor': 1 / 255, 'size': {'max_height': IMAGE_SIDE, 'max_width': IMAGE_SIDE}, 'do_pad': True, 'pad_size': {'height': IMAGE_SIDE, 'width': IMAGE_SIDE},
}


def export(run, name='stage2'):
    folder = run / 'demo-hf.new'
    text = Text(run / 'tokenizer')
    stage_two = StageTwo()
    stage_two.load_state_dict(torch.load(run / f'{name}.pt', weights_only=False)['model'])
    language, vision = load_reader(run, text).language, load_vision(run)
    model = with_stem(Blip2ForConditionalGeneration(blip2_config(text)), STEM)
    model.vision_model.load_state_dict(vision.state_dict())
    model.qformer.load_state_dict(stage_two.qformer.state_dict())
    model.language_projection.load_state_dict(stage_two.language_projection.state_dict())
    model.query_tokens.data.copy_(stage_two.query_tokens)
    model.language_model.load_state_dict(language.state_dict())
    model.language_model.tie_weights()
    if sha256(model.vision_model) != sha256(vision) or sha256(model.language_model) != sha256(language):
        raise RuntimeError('a frozen part changed on the way')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run / 'tokenizer', folder)
    model.generation_config = GenerationConfig(bos_token_id=BOS, eos_token_id=text.newline, pad_token_id=PAD)
    model.half().save_pretrained(folder)
    shutil.copy(Path(__file__).with_name('sightseer.json'), folder)
    (folder / 'preprocessor_config.json').write_text(json.dumps(PREPROCESSOR, indent=2) + '\n')
    (folder / 'processor_config.json').write_text(json.dumps({'num_query_tokens': stage_two.query_tokens.shape[1], 'processor_class': 'Blip2Processor'}, indent=2) + '\n')
    shutil.rmtree(run / 'demo-hf', ignore_errors=True)
    folder.rename(run / 'demo-hf')
    print('parameters:', sum(p.numel() for p in model.parameters()))
