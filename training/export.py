"""
Writes <run>/demo-hf, a plain Blip2ForConditionalGeneration folder, and <run>/demo-match-hf, a
Blip2ForImageTextRetrieval with the same frozen encoder and stage 1's Q-Former; fp16, as transformers loads them.
"""

import json
import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer, processors
from transformers import Blip2ForConditionalGeneration, Blip2ForImageTextRetrieval, GenerationConfig

from training.common import sha256
from training.parts.model import IMAGE_SIDE, MEAN, STD, STEM, blip2_config, qformer_config
from training.parts.qformer import ITC_WIDTH, StageOne, StageTwo
from training.stages.stage2 import load_reader
from training.parts.stem import with_stem
from training.text import BOS, CLS, PAD, Text, vocabulary
from training.stages.vit import load as load_vision

PREPROCESSOR = {
    'do_convert_rgb': True, 'do_normalize': True, 'do_rescale': True, 'do_resize': True,
    'image_mean': MEAN, 'image_processor_type': 'BlipImageProcessor', 'image_std': STD, 'processor_class': 'Blip2Processor',
    'resample': 3, 'rescale_factor': 1 / 255, 'size': {'max_height': IMAGE_SIDE, 'max_width': IMAGE_SIDE}, 'do_pad': True, 'pad_size': {'height': IMAGE_SIDE, 'width': IMAGE_SIDE},
}


def export(run):
    export_writer(run)
    export_matcher(run)


def export_writer(run, name='stage2'):
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
    save(model, folder, 'sightseer.json')


def export_matcher(run, name='stage1'):
    folder = run / 'demo-match-hf.new'
    text = Text(run / 'tokenizer')
    stage_one = StageOne()
    stage_one.load_state_dict(torch.load(run / f'{name}.pt', weights_only=False)['model'])
    vision = load_vision(run)
    config = blip2_config(text)
    config.qformer_config, config.image_text_hidden_size = qformer_config(True), ITC_WIDTH
    config.image_token_index = None  # no placeholders before the text
    model = with_stem(Blip2ForImageTextRetrieval(config), STEM)
    model.vision_model.load_state_dict(vision.state_dict())
    model.query_tokens.data.copy_(stage_one.query_tokens)
    model.qformer.load_state_dict(stage_one.qformer.state_dict())
    for ours, theirs in ((stage_one.words, model.embeddings.word_embeddings), (stage_one.positions, model.embeddings.position_embeddings),
                         (stage_one.image_proj, model.vision_projection), (stage_one.text_proj, model.text_projection), (stage_one.itm_head, model.itm_head)):
        theirs.load_state_dict(ours.state_dict())
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run / 'tokenizer', folder)
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', special_tokens=[('<s>', CLS)])
    tokenizer.save(str(folder / 'tokenizer.json'))
    # Texts to compare with are in the words of the questions.
    writer = json.loads(Path(__file__).with_name('sightseer.json').read_text())
    save(model, folder, 'sightseer-match.json', questions={'words': {}, 'patterns': [], 'followUps': [], 'synonyms': writer['questions']['synonyms']})


def save(model, folder, facts, **more):
    """Writes the folder and what else it needs, and puts it in the place of the one before. `facts`, `more`: for the package's card."""
    model.half().save_pretrained(folder)
    placeholders = None if model.config.image_token_index is None else model.query_tokens.shape[1]
    (folder / 'processor_config.json').write_text(json.dumps({'num_query_tokens': placeholders, 'processor_class': 'Blip2Processor'}, indent=2) + '\n')
    finish(folder, {**json.loads(Path(__file__).with_name(facts).read_text()), **more})
    print(f'{folder.stem}: {sum(p.numel() for p in model.parameters())} parameters')


def finish(folder, settings, texts=()):
    """
    Writes the settings for the package's card and the pictures, and puts the folder in the place of the one before. `texts` of
    training that other miniatures do not have.
    """
    if 'questions' in settings:
        settings['questions']['vocabulary'] = vocabulary(texts)
    (folder / 'sightseer.json').write_text(json.dumps(settings, indent=2) + '\n')
    (folder / 'preprocessor_config.json').write_text(json.dumps(PREPROCESSOR, indent=2) + '\n')
    final = folder.with_suffix('')
    shutil.rmtree(final, ignore_errors=True)
    folder.rename(final)
