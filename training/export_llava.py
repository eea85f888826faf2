"""
Writes <run>/demo-llava-hf of what stages/llava.py learned: a LlavaForConditionalGeneration in fp16 whose vision tower is the
miniature's encoder. transformers has no such tower: training.parts.stem.load_llava opens the folder.
"""

import json
import random
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, processors
from transformers import GenerationConfig, LlavaConfig

from training.common import sha256
from training.export import finish
from training.language import reading
from training.language.scene import sample
from training.language.two_pictures import two_pictures
from training.parts.model import llama_config, vision_config
from training.parts.stem import llava_with_blip2_tower
from training.stages.vit import load as load_vision
from training.text import BOS, PAD, Text

# As stages/llava.py has conversations: pictures with </s> behind each, and turns with a space between them.
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}"
    "{% for part in message['content'] if part['type'] == 'image' %}{{ '' if loop.first else '</s>' }}<image>{% endfor %}"
    "{{ '</s>' if loop.first else ' ' }}Question: "
    "{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %} Answer:"
    "{% else %} {% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}{% endfor %}"
)
CARD = {
    'name': 'demo-llava',
    'prompts': {'caption': 'describe the picture', 'detailed': 'describe the picture', 'questions': 'what do you see?'},
}
MORE = 'It takes two pictures at once, too, and reads some short printed words and numbers.'
PAIRS = 2_000


def about_two():
    """Questions about two pictures, and their answers: their words are the model's, too."""
    rng = random.Random(2)
    for _ in range(PAIRS):
        for turn in two_pictures(rng, [sample(rng, rng.randint(0, 5)) for _ in range(2)], 6):
            yield f'{turn.question} {turn.answer}'


def export(run):
    folder = run / 'demo-llava-hf.new'
    text = Text(run / 'tokenizer')
    state = torch.load(run / 'llava.pt', weights_only=False)
    config = LlavaConfig(text_config=llama_config(text.newline), image_token_index=text.image, vision_feature_layer=-1,
                         vision_feature_select_strategy='default', tie_word_embeddings=True)
    config.vision_config = vision_config()
    model = llava_with_blip2_tower(config)
    vision = load_vision(run)
    model.model.vision_tower.load_state_dict(vision.state_dict())
    model.model.language_model.load_state_dict({name.removeprefix('model.'): tensor for name, tensor in state['language'].items() if name != 'lm_head.weight'})
    model.lm_head.weight = model.get_input_embeddings().weight
    first, second = (model.model.multi_modal_projector.linear_1, model.model.multi_modal_projector.linear_2)
    for layer, number in ((first, 0), (second, 2)):
        layer.load_state_dict({name: state['bridge'][f'layers.{number}.{name}'] for name in ('weight', 'bias')})
    if sha256(model.model.vision_tower) != sha256(vision):
        raise RuntimeError('a frozen part changed on the way')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run / 'tokenizer', folder)
    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    tokenizer.post_processor = processors.TemplateProcessing(single='$A', special_tokens=[])  # the template has </s> behind the pictures
    tokenizer.save(str(folder / 'tokenizer.json'))
    settings = json.loads((folder / 'tokenizer_config.json').read_text()) | {'model_max_length': config.text_config.max_position_embeddings}
    (folder / 'tokenizer_config.json').write_text(json.dumps(settings, indent=2) + '\n')
    (folder / 'chat_template.jinja').write_text(TEMPLATE)
    model.half()
    names = {name: tensor for name, tensor in model.state_dict().items() if name != 'lm_head.weight'}
    save_file(names, str(folder / 'model.safetensors'), {'format': 'pt'})
    (folder / 'config.json').write_text(json.dumps({**model.config.to_dict(), 'dtype': 'float16', 'architectures': ['LlavaForConditionalGeneration']}, indent=2) + '\n')
    GenerationConfig(bos_token_id=BOS, eos_token_id=text.newline, pad_token_id=PAD).save_pretrained(folder)
    card = json.loads(Path(__file__).with_name('sightseer.json').read_text())
    about = card['about'].replace('A miniature BLIP-2', 'A miniature LLaVA').replace('Ask for', f'{MORE} Ask for')
    finish(folder, {**card, **CARD, 'about': about}, [*reading.VOCABULARY, *about_two()])
    print(f'{folder.stem}: {sum(p.numel() for p in model.parameters())} parameters')
