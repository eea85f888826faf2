"""The two frozen ends: a vision tower with its image processor, a language model with its tokenizer."""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import AddedToken
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    Blip2VisionModel,
    BlipImageProcessorPil,
    CLIPImageProcessorPil,
    CLIPVisionModel,
    SiglipImageProcessorPil,
    SiglipVisionModel,
)

from training.common import freeze
from training.parts.stem import with_stem

PLACE = '<image>'
IGNORED = -100  # torch's index of labels that have no loss
PROCESSOR_FILES = ('preprocessor_config.json', 'processor_config.json')

# By model_type, of the tower alone: its class and its image processor.
TOWERS = {
    'clip_vision_model': (CLIPVisionModel, CLIPImageProcessorPil),
    'siglip_vision_model': (SiglipVisionModel, SiglipImageProcessorPil),
    'blip_2_vision_model': (Blip2VisionModel, BlipImageProcessorPil),
}


def load_tower(folder, kinds, reason):
    """
    A tower of one of `kinds`, frozen and in float32; the folder may hold a whole CLIP, SigLIP or BLIP-2. `reason`: why it
    can be no other.
    """
    whole = AutoConfig.from_pretrained(folder)
    config = getattr(whole, 'vision_config', whole)
    kind = config.model_type
    if kind not in kinds:
        raise SystemExit(f'{folder} is a {kind}; this kind of bridge takes {", ".join(kinds)}: {reason}.')
    tower_class, processor_class = TOWERS[kind]
    if whole.model_type == 'blip-2' or hasattr(config, 'stem'):
        tower = tower_class(config)
        if hasattr(config, 'stem'):
            with_stem(tower, config.stem)
        tower.load_state_dict(tensors(folder, 'vision_model.' if whole.model_type == 'blip-2' else ''))
    else:
        tower = tower_class.from_pretrained(folder, dtype=torch.float32)
    return freeze(tower), image_processor(folder, processor_class, config.image_size)


def image_processor(folder, processor_class, side):
    if any((folder / name).exists() for name in PROCESSOR_FILES):
        return processor_class.from_pretrained(folder)
    square = {'height': side, 'width': side}
    if processor_class is CLIPImageProcessorPil:
        return processor_class(size={'shortest_edge': side}, crop_size=square)
    return processor_class(size=square)


def load_language(folder, kinds, reason, grows=True):
    """
    A language model of one of `kinds` with its tokenizer, frozen and in float32; the folder may hold a whole BLIP-2. The
    tokenizer has the place of a picture; with `grows` the model has a row for it, which is never looked up. `reason`: why
    it can be no other.
    """
    whole = AutoConfig.from_pretrained(folder)
    config = whole.text_config if whole.model_type == 'blip-2' else whole
    kind = config.model_type
    if kind not in kinds:
        raise SystemExit(f'{folder} is a {kind}; this kind of bridge takes {", ".join(kinds)}: {reason}.')
    model_class = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    if whole.model_type == 'blip-2':
        model = model_class.from_config(config, dtype=torch.float32)
        missing = model.load_state_dict(tensors(folder, 'language_model.'), strict=False).missing_keys
        if set(missing) - set(model.all_tied_weights_keys):
            raise SystemExit(f'{folder} lacks weights of its language model: {", ".join(missing)}')
        model.tie_weights()
    else:
        model = model_class.from_pretrained(folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([AddedToken(PLACE, normalized=False, special=True)], special_tokens=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if grows and len(tokenizer) > model.config.vocab_size:
        model.resize_token_embeddings(len(tokenizer))
    return freeze(model), tokenizer


def tensors(folder, prefix):
    """The tensors of a safetensors checkpoint whose names begin with `prefix`, without it, in float32."""
    files = sorted(Path(folder).glob('*.safetensors'))
    if not files:
        raise SystemExit(f'{folder} has no safetensors files.')
    result = {}
    for file in files:
        named = load_file(file).items()
        result.update({name.removeprefix(prefix): tensor.float() for name, tensor in named if name.startswith(prefix)})
    return result


def answer_end(language):
    """The id that ends an answer, as config.json has it: a converted model stops there."""
    ids = language.config.eos_token_id
    return ids[0] if isinstance(ids, list) else ids


def learned(model, names):
    """A module of the parts of a model that a bridge trains; the model's other parts stay frozen."""
    model.requires_grad_(False)
    holder = torch.nn.Module()
    for name in names:
        part = getattr(model, name)
        part.requires_grad_(True)
        setattr(holder, name, part)
    return holder


def frozen_hash(*states):
    """One hash over all tensors of state dictionaries."""
    digest = hashlib.sha256()
    for state in states:
        for name, tensor in sorted(state.items()):
            digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def common(left, right):
    """How many ids both begin with."""
    return next((i for i, (a, b) in enumerate(zip(left, right)) if a != b), min(len(left), len(right)))


def padded(rows, value):
    """Rows of ids, filled up at their ends: int64 [rows, longest]."""
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=value)


def settings(text, allowed):
    """Reads `--settings`: JSON of the bridge's own sizes."""
    values = json.loads(text)
    unknown = set(values) - set(allowed)
    if unknown:
        raise SystemExit(f'--settings: unknown {", ".join(sorted(unknown))}; there are {", ".join(sorted(allowed))}.')
    return values
