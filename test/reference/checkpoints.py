"""Makes the random weights of one small checkpoint and writes it as a Hugging Face folder."""

import functools
import json
import math
import shutil
import sys
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    BlipImageProcessorPil,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    InstructBlipProcessor,
)

sys.path.insert(0, str(Path(__file__).parents[2]))

import llamas_made
import tokenizers_made
import unigrams_made
import wordpieces_made
from configs import LLAMA, QFORMER, T5, TEXT, VISION
from training.parts.stem import load_blip2, with_stem

QFORMER_VOCAB = 128  # ids of the Q-Former's own tokenizer
QFORMER_FOLDER = "qformer_tokenizer"
STOP_ID = 202  # "\n" in the tokenizer of the fixtures, as 50118 is in OPT's
T5_STOP_ID = 1
LLAMA_STOP_ID = 2
MANTISSA_BITS = 6  # exact in float16 and bfloat16, and packs well


def stop_id(spec) -> int:
    if "llama" in spec:
        return LLAMA_STOP_ID
    return T5_STOP_ID if "t5" in spec else STOP_ID


def image_token(spec) -> int:
    return 420 if "llama" in spec else 303


def text_config(spec):
    if "t5" in spec:
        return {**T5, **spec["t5"], "model_type": "t5"}
    if "llama" in spec:
        return {**LLAMA, **spec["llama"], "model_type": "llama"}
    return {**TEXT, **spec.get("text", {}), "eos_token_id": STOP_ID, "model_type": "opt"}


def build_config(spec) -> Blip2Config | InstructBlipConfig:
    reads = {"vocab_size": QFORMER_VOCAB, "max_position_embeddings": 40} if spec.get("instruct") else {}
    return (InstructBlipConfig if spec.get("instruct") else Blip2Config)(
        vision_config={**VISION, **spec.get("vision", {})},
        qformer_config={**QFORMER, **reads, **spec.get("qformer", {})},
        text_config=text_config(spec),
        num_query_tokens=spec.get("queries", 4),
        image_token_index=image_token(spec),
    )


def model_class(spec):
    return InstructBlipForConditionalGeneration if spec.get("instruct") else Blip2ForConditionalGeneration


def build(spec):
    model = model_class(spec)(build_config(spec)).eval()
    if model.config.vision_config.to_dict().get("stem"):
        with_stem(model, model.config.vision_config.stem)
    if spec.get("head"):  # a head of its own, whatever the config says
        head = model.language_model.lm_head
        head.weight = torch.nn.Parameter(head.weight.detach().clone())
    return model


def coarse(tensor: torch.Tensor) -> torch.Tensor:
    """Rounds to few mantissa bits, so that every storage type holds the value exactly."""
    mantissa, exponent = torch.frexp(tensor)
    scale = 2.0 ** (MANTISSA_BITS + 1)
    rounded = torch.ldexp(torch.round(mantissa * scale) / scale, exponent)
    return torch.where(rounded.abs() < 1e-4, torch.zeros_like(rounded), rounded)


def random_weights(model, seed: int):
    """Large weights, biases and norms, so that no part of the network could be left out unnoticed."""
    generator = torch.Generator().manual_seed(seed)
    text = model.config.text_config
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if text.model_type == "t5" and "language_model" in name:
                value = t5_value(text, name, noise)
            elif "norm" in name.lower():
                value = noise * 0.2 + (1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                value = noise * 0.2
            elif "embed_tokens" in name or "lm_head" in name:
                value = noise * 1.5 / math.sqrt(parameter.shape[-1])
            elif "embedding" in name or "embed_positions" in name or "query_tokens" in name:
                value = noise * 0.6
            else:
                value = noise * 1.6 / math.sqrt(parameter[0].numel())
            if name.endswith("qkv.bias"):  # the published checkpoints have no bias on the keys
                third = value.shape[0] // 3
                value[third : 2 * third] = 0
            parameter.copy_(coarse(value))


def t5_value(text, name: str, noise: torch.Tensor) -> torch.Tensor:
    if "norm" in name:
        # Where logits are scaled, they are brought back to where ids differ.
        wide = text.scale_decoder_outputs and "decoder.final_layer_norm" in name
        return (noise * 0.2 + 1.0) * (4.0 if wide else 1.0)
    if "relative_attention_bias" in name:
        return noise
    if "shared" in name or "lm_head" in name:  # small: tied embeddings would repeat the last id otherwise
        return noise * (0.4 if text.scale_decoder_outputs else 1.5 / math.sqrt(text.d_model))
    value = noise * 1.6 / math.sqrt(noise[0].numel())
    return value / math.sqrt(text.d_kv) if "Attention.q." in name else value


def last_hidden(model, prompt) -> torch.Tensor:
    language = model.language_model
    if model.config.text_config.model_type != "t5":
        return language.model(inputs_embeds=prompt).last_hidden_state[0, -1]
    encoded = language.encoder(inputs_embeds=prompt).last_hidden_state
    ids = torch.tensor([[0, 40, 90, 60]])
    hidden = language.decoder(input_ids=ids, encoder_hidden_states=encoded).last_hidden_state[0].mean(0)
    return hidden * model.config.text_config.d_model**-0.5 if language.config.scale_decoder_outputs else hidden


def lift_stop(model, prompts, strength: float):
    """Makes the stop token likely enough that answers end at different lengths."""
    with torch.no_grad():
        mean = torch.stack([last_hidden(model, p) for p in prompts]).mean(0)
        stop = {"t5": T5_STOP_ID, "llama": LLAMA_STOP_ID}.get(model.config.text_config.model_type, STOP_ID)
        row = model.language_model.lm_head.weight[stop]
        row.copy_(coarse(row + strength * mean / mean.dot(mean)))


def save(model, spec, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    stored = model.to(getattr(torch, spec["dtype"]))
    if spec.get("mixed"):
        stored.qformer.float()
        stored.query_tokens.data = stored.query_tokens.data.float()
        for name, module in stored.language_model.named_modules():
            if name.endswith(".wo"):
                module.float()
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)
    model.float()
    save_processor(spec, folder)
    if spec.get("old"):
        make_old(folder)


def save_processor(spec, folder: Path):
    image_token = not spec.get("old")
    if "t5" in spec:
        tokenizer, save_tokenizer = unigrams_made.miniature(), unigrams_made.save
    elif "llama" in spec:
        tokenizer, save_tokenizer = llamas_made.miniature(), llamas_made.save
    else:
        tokenizer = tokenizers_made.miniature(image_token)
        save_tokenizer = functools.partial(tokenizers_made.save, image_token=image_token)
    save_tokenizer(tokenizer, folder)
    side = {**VISION, **spec.get("vision", {})}["image_size"]
    square = {"height": side, "width": side}
    images = BlipImageProcessorPil(size=square)
    if spec.get("pad"):
        images = BlipImageProcessorPil(size={"max_height": side, "max_width": side}, do_pad=True, pad_size=square)
    if not image_token:
        images.save_pretrained(folder)
        return
    if spec.get("instruct"):
        wordpieces_made.save(wordpieces_made.miniature(QFORMER_VOCAB, False), folder / QFORMER_FOLDER, False)
        tokenizers = [AutoTokenizer.from_pretrained(one) for one in (folder, folder / QFORMER_FOLDER)]
        InstructBlipProcessor(images, *tokenizers, num_query_tokens=spec.get("queries", 4)).save_pretrained(folder)
        save_tokenizer(tokenizer, folder)
        wordpieces_made.save(wordpieces_made.miniature(QFORMER_VOCAB, False), folder / QFORMER_FOLDER, False)
        return
    processor = Blip2Processor(images, AutoTokenizer.from_pretrained(folder), num_query_tokens=spec.get("queries", 4))
    processor.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)  # the same again, compact


def make_old(folder: Path):
    """Rewrites the configs as the hub had them in 2023: no image token, other spellings, dead keys."""
    file = folder / "config.json"
    config = json.loads(file.read_text())
    del config["image_token_index"], config["image_text_hidden_size"]
    config["torch_dtype"] = config.pop("dtype")
    config["vision_config"].update(num_channels=3, projection_dim=512, dropout=0.0, initializer_factor=1.0)
    config["qformer_config"].update(classifier_dropout=None, position_embedding_type="absolute")
    del config["qformer_config"]["use_qformer_text_input"]
    config["text_config"].update(_name_or_path="facebook/opt-2.7b", prefix="</s>", torch_dtype="float16")
    file.write_text(json.dumps(config, indent=2) + "\n")
    (folder / "generation_config.json").unlink()
    file = folder / "preprocessor_config.json"
    images = json.loads(file.read_text())
    images.update(image_processor_type="BlipImageProcessor", processor_class="Blip2Processor")
    file.write_text(json.dumps(images, indent=2) + "\n")


def load(spec, folder: Path):
    """The reference: float32, computed from the stored weights."""
    if spec.get("vision", {}).get("stem"):
        return load_blip2(folder)
    options = {"config": build_config(spec)} if spec.get("old") else {}
    return model_class(spec).from_pretrained(folder, dtype=torch.float32, **options).eval()
