"""The projector of a LLaVA between two frozen ends."""

import hashlib

import torch
from tokenizers import AddedToken
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    CLIPImageProcessorPil,
    CLIPVisionModel,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    SiglipImageProcessorPil,
    SiglipVisionModel,
)

PLACE = '<image>'
IGNORED = -100  # torch's index of labels that have no loss

# By model_type: the tower, its image processor, the state that LLaVA takes, whether a class token is dropped.
TOWERS = {
    'clip_vision_model': (CLIPVisionModel, CLIPImageProcessorPil, -2, 'default'),
    'siglip_vision_model': (SiglipVisionModel, SiglipImageProcessorPil, -1, 'full'),
}
LANGUAGES = ('llama', 'qwen2', 'qwen3')

TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ 'USER: ' }}{% for part in message['content'] %}"
    "{{ '<image>\n' if part['type'] == 'image' else part['text'] }}{% endfor %}{{ ' ' }}"
    "{% else %}{{ 'ASSISTANT: ' }}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{{ eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


class Projector:
    """A LLaVA of the two ends, of which only the projector learns."""

    def __init__(self, vision, language, seed):
        kind = AutoConfig.from_pretrained(vision).model_type
        if kind not in TOWERS:
            raise SystemExit(f'{vision} is a {kind}; a projector takes {", ".join(TOWERS)}.')
        tower_class, processor_class, layer, select = TOWERS[kind]
        tower = tower_class.from_pretrained(vision, dtype=torch.float32)
        model, tokenizer = language_with_place(language)
        settings = next((vision / name for name in ('preprocessor_config.json', 'processor_config.json') if (vision / name).exists()), None)
        side = tower.config.image_size
        square = {'height': side, 'width': side}
        size = {'shortest_edge': side} if kind == 'clip_vision_model' else square
        images = processor_class.from_pretrained(vision) if settings else processor_class(size=size, crop_size=square)
        torch.manual_seed(seed)
        self.model = llava(tower, model, tokenizer, layer, select)
        self.processor = LlavaProcessor(
            images, tokenizer, patch_size=tower.config.patch_size, vision_feature_select_strategy=select,
            num_additional_image_tokens=1 if select == 'default' else 0, chat_template=TEMPLATE,
        )
        self.bridge = self.model.model.multi_modal_projector
        self.model.requires_grad_(False).eval()
        self.bridge.requires_grad_(True)

    def prompt(self, question):
        message = {'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': question}]}
        return self.processor.apply_chat_template([message], add_generation_prompt=True)

    def inputs(self, examples):
        """What the model takes of examples, with labels for the answers and their ends alone."""
        prompts = [self.prompt(one.question) for one in examples]
        eos = self.processor.tokenizer.eos_token
        texts = [f'{prompt} {one.answer}{eos}' for prompt, one in zip(prompts, examples)]
        pictures = [one.picture() for one in examples]
        batch = self.processor(text=texts, images=pictures, padding=True, padding_side='right', return_tensors='pt')
        labels = batch['input_ids'].masked_fill(batch['attention_mask'] == 0, IGNORED)
        for row, prompt, picture in zip(labels, prompts, pictures):
            ids = self.processor(text=prompt, images=picture).input_ids[0]
            row[: common(ids, row.tolist())] = IGNORED
        return {**batch, 'labels': labels}

    @torch.no_grad()
    def answer(self, example, tokens):
        inputs = self.processor(text=self.prompt(example.question), images=example.picture(), return_tensors='pt')
        inputs = inputs.to(self.model.device)
        ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=tokens)[0, inputs['input_ids'].shape[1] :]
        return self.processor.decode(ids, skip_special_tokens=True).strip()

    def frozen(self):
        """A hash of all weights that must stay as they are."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            if 'multi_modal_projector' not in name:
                digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def save(self, folder):
        self.model.save_pretrained(folder)
        self.processor.save_pretrained(folder)


def language_with_place(folder):
    """The language model, whose vocabulary has the place of a picture. Its row is never looked up."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    kind = model.config.model_type
    if kind not in LANGUAGES:
        raise SystemExit(f'{folder} is a {kind}; a projector takes {", ".join(LANGUAGES)}.')
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([AddedToken(PLACE, normalized=False, special=True)], special_tokens=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if len(tokenizer) > model.config.vocab_size:
        model.resize_token_embeddings(len(tokenizer))
    return model, tokenizer


def llava(tower, language, tokenizer, layer, select):
    config = LlavaConfig(
        vision_config=tower.config.to_dict(), text_config=language.config.to_dict(), vision_feature_layer=layer,
        vision_feature_select_strategy=select, image_token_index=tokenizer.convert_tokens_to_ids(PLACE),
        tie_word_embeddings=language.config.tie_word_embeddings,
    )
    model = LlavaForConditionalGeneration(config)
    model.model.vision_tower.load_state_dict(tower.state_dict())
    model.model.language_model.load_state_dict(language.model.state_dict())
    model.lm_head.load_state_dict(language.lm_head.state_dict())
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def common(left, right):
    """How many ids both begin with."""
    return next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))
