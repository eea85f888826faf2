"""The projector of a LLaVA between two frozen ends, in one stage."""

import torch
from transformers import LlavaConfig, LlavaProcessor
from transformers.models.llava.modeling_llava import LlavaMultiModalProjector

from training.bridge.data import CAPTION
from training.bridge.ends import IGNORED, PLACE, common, frozen_hash, learned, load_language, load_tower
from training.bridge.measure import answers
from training.common import freeze
from training.parts.stem import BLIP2_TOWER, Tower, llava_without_storage, tower_of

# By tower: the state that LLaVA takes, and whether a class token is dropped. Of a BLIP-2's it is the one behind the last norm.
TOWERS = {'clip_vision_model': (-2, 'default'), 'siglip_vision_model': (-1, 'full'), BLIP2_TOWER: (-1, 'default')}
LANGUAGES = ('llama', 'qwen2', 'qwen3')
NO_OTHER_TOWER = 'no other is converted'
NO_OTHER_LANGUAGE = 'of a LLaVA no other is converted, and a T5, which has an encoder, could not stand in one'

TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ 'USER: ' }}{% for part in message['content'] %}"
    "{{ '<image>\n' if part['type'] == 'image' else part['text'] }}{% endfor %}{{ ' ' }}"
    "{% else %}{{ 'ASSISTANT: ' }}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{{ eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


class Projector:
    """A LLaVA of the two ends, of which only the projector learns. Its one stage is itself."""

    name, rate = 'projector', 1e-3

    def __init__(self, args):
        tower, images = load_tower(args.vision, TOWERS, NO_OTHER_TOWER)
        language, tokenizer = load_language(args.language, LANGUAGES, NO_OTHER_LANGUAGE)
        layer, select = TOWERS[tower.config.model_type]
        torch.manual_seed(args.seed)
        self.model = llava(tower, language, tokenizer, layer, select)
        self.processor = LlavaProcessor(
            images, tokenizer, patch_size=tower.config.patch_size, vision_feature_select_strategy=select,
            num_additional_image_tokens=1 if select == 'default' else 0, chat_template=TEMPLATE,
        )
        self.bridge = learned(self.model.model, ['multi_modal_projector'])
        self.model.lm_head.requires_grad_(False)
        self.stages = [self]

    def begin(self, device):
        self.model.to(device).eval()

    def loss(self, inputs):
        """The mean loss of what `inputs` makes of examples, and what of it is logged."""
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        loss = self.model(**inputs).loss
        return loss, {'loss': loss}

    def measure(self, examples):
        return answers(self, examples)

    def prompt(self, example):
        question = CAPTION if example.question is None else example.question
        message = {'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': question}]}
        return self.processor.apply_chat_template([message], add_generation_prompt=True)

    def inputs(self, examples):
        """What the model takes of examples, with labels for the answers and their ends alone."""
        prompts = [self.prompt(one) for one in examples]
        eos = self.processor.tokenizer.eos_token
        texts = [f'{prompt} {one.answer}{eos}' for prompt, one in zip(prompts, examples)]
        pictures = [one.picture() for one in examples]
        batch = self.processor(text=texts, images=pictures, padding=True, padding_side='right', return_tensors='pt')
        labels = batch['input_ids'].masked_fill(batch['attention_mask'] == 0, IGNORED)
        for row, prompt, picture in zip(labels, prompts, pictures):
            ids = self.processor(text=prompt, images=picture).input_ids[0]
            row[: common(ids, row.tolist())] = IGNORED
        return {**batch, 'labels': labels}

    def answer(self, example, tokens):
        inputs = self.processor(text=self.prompt(example), images=example.picture(), return_tensors='pt')
        inputs = inputs.to(self.model.device)
        ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=tokens)[0, inputs['input_ids'].shape[1] :]
        return self.processor.decode(ids, skip_special_tokens=True).strip()

    def frozen(self):
        """A hash of all weights that must stay as they are."""
        model = self.model.model
        return frozen_hash(*(part.state_dict() for part in (model.vision_tower, model.language_model, self.model.lm_head)))

    def save(self, folder):
        self.model.save_pretrained(folder)
        self.processor.save_pretrained(folder)


def llava(tower, language, tokenizer, layer, select):
    config = LlavaConfig(
        vision_config=tower.config.to_dict(), text_config=language.config.to_dict(), vision_feature_layer=layer,
        vision_feature_select_strategy=select, image_token_index=tokenizer.convert_tokens_to_ids(PLACE),
        tie_word_embeddings=language.config.tie_word_embeddings,
    )
    model = llava_without_storage(config)
    if tower.config.model_type == BLIP2_TOWER:
        tower = for_llava(tower)
    model.model.vision_tower, model.model.language_model, model.lm_head = tower, language.model, language.lm_head
    model.model.multi_modal_projector = LlavaMultiModalProjector(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def for_llava(tower):
    """The same weights in the class whose states a LLaVA can take."""
    with torch.device('meta'):
        own = tower_of(tower.config, Tower)
    own.load_state_dict(tower.state_dict(), assign=True)
    return freeze(own)
