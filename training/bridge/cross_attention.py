"""
The gated cross-attention of an IDEFICS, the Flamingo type (Alayrac et al. 2022, arXiv 2204.14198), between two frozen ends: layers
between those of a Llama that look at a picture, with a Perceiver resampler or without.
"""

import torch
from tokenizers import AddedToken
from torch.nn.functional import cross_entropy
from transformers import IdeficsConfig, IdeficsForVisionText2Text, IdeficsImageProcessorPil, IdeficsProcessor

from training.bridge.data import CAPTION
from training.bridge.ends import IGNORED, common, frozen_hash, load_language, load_tower, settings
from training.bridge.measure import answers
from training.common import initialize, read_json, write_json
from training.parts.idefics import TAKEN, idefics_with_tower
from training.parts.stem import BLIP2_TOWER

TOWERS = ('clip_vision_model', BLIP2_TOWER)
LANGUAGES = ('llama',)
NO_OTHER_TOWER = "the tower of an IDEFICS has a class token and a norm before the first layer, which a SigLIP lacks"
NO_OTHER_LANGUAGE = 'the layers of an IDEFICS are those of a Llama'
AROUND = '<fake_token_around_image>'
OWN = ('cross_layer_interval', 'qk_layer_norms', 'alpha_type', 'use_resampler')
RESAMPLER = ('resampler_depth', 'resampler_n_heads', 'resampler_head_dim', 'resampler_n_latents', 'qk_layer_norms_perceiver')
SEEN = (
    'image_size', 'patch_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'hidden_act', 'layer_norm_eps',
)


class CrossAttention:
    """An IDEFICS of the two ends. Its one stage is itself."""

    name, rate = 'cross-attention', 1e-4

    def __init__(self, args):
        tower, images = load_tower(args.vision, TOWERS, NO_OTHER_TOWER)
        language, self.tokenizer = load_language(args.language, LANGUAGES, NO_OTHER_LANGUAGE, grows=False)
        check(language.config, args.language)
        self.tokenizer.add_tokens([AddedToken(AROUND, normalized=False, special=True)], special_tokens=True)
        torch.manual_seed(args.seed)
        self.model = idefics(tower, language, len(self.tokenizer), settings(args.settings, (*OWN, *RESAMPLER)))
        side = tower.config.image_size
        pictures = IdeficsImageProcessorPil(image_size=side, image_mean=images.image_mean, image_std=images.image_std)
        self.processor = IdeficsProcessor(pictures, self.tokenizer, image_size=side)
        self.vision = tower.config
        # An IDEFICS' own processor squashes; what a BLIP-2's does is part of its folder.
        self.images = images if self.vision.model_type == BLIP2_TOWER else None
        self.bridge = trained(self.model)
        self.stages = [self]

    def begin(self, device):
        self.model.to(device).eval()

    def loss(self, inputs):
        inputs = {name: tensor.to(self.model.device) for name, tensor in inputs.items()}
        labels = inputs.pop('labels')
        logits = self.model(**inputs, use_cache=False).logits[:, :-1]  # as wide as vocabulary and added tokens
        loss = cross_entropy(logits.flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED)
        return loss, {'loss': loss}

    def measure(self, examples):
        return answers(self, examples)

    def prompt(self, example, picture, answer=''):
        """As inference/families/idefics/card.ts asks."""
        question = CAPTION if example.question is None else example.question
        return ['User:', picture, f'{question}\nAssistant:{answer}']

    def inputs(self, examples):
        """What the model takes of examples, with labels for the answers and their ends alone."""
        pictures = [one.picture() for one in examples]
        whole = [self.prompt(one, picture, f' {one.answer}') for one, picture in zip(examples, pictures)]
        batch = self.processor(text=whole, add_eos_token=True, padding_side='right', return_tensors='pt')
        labels = batch['input_ids'].masked_fill(batch['attention_mask'] == 0, IGNORED)
        for row, one, picture in zip(labels, examples, pictures):
            ids = self.processor(text=[self.prompt(one, picture)], return_tensors='pt').input_ids[0]
            row[: common(ids.tolist(), row.tolist())] = IGNORED
        return {**batch, **self.seen(pictures), 'labels': labels}

    def seen(self, pictures):
        """Where another processor than an IDEFICS' prepares pictures, what it makes of one for each text: [B, 1, 3, side, side]."""
        return {} if self.images is None else {'pixel_values': self.images(pictures, return_tensors='pt').pixel_values[:, None]}

    def answer(self, example, tokens):
        picture = example.picture()
        inputs = self.processor(text=[self.prompt(example, picture)], return_tensors='pt')
        inputs.update(self.seen([picture]))
        inputs = inputs.to(self.model.device)
        ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=tokens)[0, inputs['input_ids'].shape[1] :]
        return self.processor.decode(ids, skip_special_tokens=True).strip()

    def frozen(self):
        """A hash of all weights that must stay as they are."""
        learns = {id(parameter) for parameter in self.bridge.parameters()}
        return frozen_hash({name: value for name, value in self.model.named_parameters() if id(value) not in learns})

    def save(self, folder):
        self.model.save_pretrained(folder)
        if self.images is None:
            self.processor.save_pretrained(folder)
        else:
            config = {**read_json(folder / 'config.json'), 'vision_config': self.vision.to_dict()}
            write_json(folder / 'config.json', config)
            self.tokenizer.save_pretrained(folder)
            self.images.save_pretrained(folder)


def check(config, folder):
    """Refuses what an IDEFICS' own Llama lacks."""
    if config.attention_bias or config.mlp_bias:
        raise SystemExit(f'{folder} has biases; the Llama of an IDEFICS has none.')
    if config.head_dim * config.num_attention_heads != config.hidden_size:
        raise SystemExit(f'{folder} has heads of {config.head_dim}; those of an IDEFICS share hidden_size {config.hidden_size}.')


def idefics(tower, language, ids, chosen):
    """ids: how many the tokenizer has; those beyond the language model's get rows of their own, which are trained."""
    text, vision = language.config, tower.config
    resampler = {name: chosen.pop(name) for name in RESAMPLER if name in chosen}
    interval = chosen.setdefault('cross_layer_interval', 4 if text.num_hidden_layers % 4 == 0 else 1)
    if text.num_hidden_layers % interval != 0:
        raise SystemExit(f'--settings: cross_layer_interval {interval} does not divide {text.num_hidden_layers} layers.')
    config = IdeficsConfig(
        **{name: getattr(text, name) for name in TAKEN}, **chosen, additional_vocab_size=max(0, ids - text.vocab_size),
        perceiver_config=resampler, freeze_text_layers=False, freeze_vision_layers=False,
        vision_config={'embed_dim': vision.hidden_size, **{name: getattr(vision, name) for name in SEEN}},
    )
    model = idefics_with_tower(config, vision) if vision.model_type == BLIP2_TOWER else IdeficsForVisionText2Text(config)
    initialize(model.model.gated_cross_attn_layers)
    if config.use_resampler:
        initialize(model.model.perceiver_resampler)
    model.model.vision_model.load_state_dict(tower.state_dict())
    state = language.state_dict()
    repeats = text.num_attention_heads // text.num_key_value_heads
    for name in state:
        if name.endswith(('k_proj.weight', 'v_proj.weight')):  # each head gets keys and values of its own
            heads = state[name].unflatten(0, (text.num_key_value_heads, -1))
            state[name] = heads.repeat_interleave(repeats, 0).flatten(0, 1)
    unknown = model.load_state_dict(state, strict=False).unexpected_keys
    if unknown:
        raise SystemExit(f'An IDEFICS has no place for {", ".join(unknown)}.')
    with torch.no_grad():
        for name, added in added_rows(model).items():
            added.weight.zero_() if name == 'head' else added.weight.normal_(std=language.get_input_embeddings().weight.std().item())
    return model


def added_rows(model):
    """The modules of the tokens that the language model does not know."""
    if model.config.additional_vocab_size == 0:
        return {}
    rows = {'words': model.model.embed_tokens.additional_embedding, 'head': model.lm_head.additional_fc}
    return {'words': rows['words']} if model.config.tie_word_embeddings else rows


def trained(model):
    model.requires_grad_(False)
    parts = {'layers': model.model.gated_cross_attn_layers, **added_rows(model)}
    if model.config.use_resampler:
        parts['resampler'] = model.model.perceiver_resampler
    return torch.nn.ModuleDict(parts).requires_grad_(True)
