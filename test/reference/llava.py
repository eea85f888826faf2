"""Makes the random LLaVA checkpoints and records what transformers gives at every seam."""

import copy
import functools
import hashlib
import json
import math
import shutil
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import normalizers, processors
from transformers import (
    AutoTokenizer,
    CLIPImageProcessorPil,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaImageProcessorPil,
    LlavaProcessor,
    SiglipImageProcessorPil,
)

import chats
import llamas_made
import qwens_made
from checkpoints import coarse
from llava_configs import LANGUAGE, TOWER
from record import ANSWERS, BEAMS_ALL, BEAMS_FEW, NEW_TOKENS, Recorder, write

PICTURES = ["parity.png", "size-448x448.png", "size-500x2.png", "size-2x500.png", "size-300x1.png", "size-223x225.png",
            "size-90x224.png", "rgba.png"]  # fmt: skip
STOP = {"llama": 2, "qwen2": 298, "qwen3": 298}
CHAT = {
    "llama": (
        "{% for message in messages %}{{ message['role'].upper() + ': ' }}"
        "{% for part in message['content'] %}{{ '<image>\\n' if part['type'] == 'image' else part['text'] }}{% endfor %}"
        "{{ '</s>' if message['role'] == 'assistant' else ' ' }}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
    ),
    "qwen": (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
        "{% for part in message['content'] %}{{ '<image>\\n' if part['type'] == 'image' else part['text'] }}{% endfor %}"
        "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    ),
}
TURNS = [("What is it?", "a red circle"), ("How many stars are there?", "2"), ("What color is it now?", None)]


def language(spec) -> str:
    return spec.get("language", "llama")


def build(spec) -> LlavaForConditionalGeneration:
    kind = language(spec)
    ids = {"llama": dict(vocab_size=421, pad_token_id=419, bos_token_id=1, eos_token_id=2)}.get(
        kind, dict(vocab_size=300, pad_token_id=296, eos_token_id=298)
    )
    tower = "siglip_vision_model" if spec.get("tower") == "siglip" else "clip_vision_model"
    config = LlavaConfig(
        vision_config={**TOWER, **spec.get("vision", {}), "model_type": tower},
        text_config={**LANGUAGE, **ids, **spec.get("text", {}), "model_type": kind},
        image_token_index=420 if kind == "llama" else 299,
        vision_feature_layer=spec.get("layer", -2), vision_feature_select_strategy=spec.get("select", "default"),
        **spec.get("projector", {}),
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config).eval()
    model.generation_config.eos_token_id = [STOP[kind], 296] if kind != "llama" else STOP[kind]
    model.generation_config.pad_token_id = ids["pad_token_id"]
    return model


def random_weights(model, seed: int):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name or "layrnorm" in name:
                value = noise * 0.2 + (1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                value = noise * 0.2
            elif "embed_tokens" in name or "lm_head" in name:
                value = noise * 1.5 / math.sqrt(parameter.shape[-1])
            elif "embedding" in name:
                value = noise * 0.6
            else:
                value = noise * 1.6 / math.sqrt(parameter[0].numel())
            parameter.copy_(coarse(value))


def lift_stop(model, recorder, strength: float):
    """Makes the stop token likely enough that answers end at different lengths."""
    with torch.no_grad():
        hidden = []
        for text in recorder.prompts.values():
            ids = recorder.ids(text)
            for more in ([], [40], [60, 90]):
                inputs = ids + more
                out = model.model(input_ids=torch.tensor([inputs]), pixel_values=recorder.pixel_values, **recorder.extra(inputs))
                hidden.append(out.last_hidden_state[0, -1])
        mean = torch.stack(hidden).mean(0)
        row = model.lm_head.weight[STOP[model.config.text_config.model_type]]
        row.copy_(coarse(row + strength * mean / mean.dot(mean)))


def image_processor(spec):
    side = {**TOWER, **spec.get("vision", {})}["image_size"]
    square = {"height": side, "width": side}
    if spec.get("tower") == "siglip":
        return SiglipImageProcessorPil(size=square)
    kind = LlavaImageProcessorPil if spec.get("pad") else CLIPImageProcessorPil
    return kind(size={"shortest_edge": side}, crop_size=square, **({"do_pad": True} if spec.get("pad") else {}))


def save_tokenizer(spec, folder: Path):
    if language(spec) != "llama":
        qwens_made.save(qwens_made.miniature(), folder)
        return
    tokenizer = llamas_made.miniature()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    if spec["tokenizer"] == "older":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
        tokenizer.pre_tokenizer = None
    llamas_made.save(tokenizer, folder)
    if tokenizer.pre_tokenizer is None:  # the library does not write what was taken off
        data = json.loads((folder / "tokenizer.json").read_text())
        data["pre_tokenizer"] = None
        (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    file = folder / "tokenizer_config.json"
    config = {**json.loads(file.read_text()), "bos_token": "<s>", "unk_token": "<unk>"}
    file.write_text(json.dumps(config, indent=2) + "\n")


def save_processor(spec, folder: Path):
    save_tokenizer(spec, folder)
    vision = {**TOWER, **spec.get("vision", {})}
    processor = LlavaProcessor(
        image_processor(spec), AutoTokenizer.from_pretrained(folder), patch_size=vision["patch_size"],
        vision_feature_select_strategy=spec.get("select", "default"),
        num_additional_image_tokens=0 if spec.get("tower") == "siglip" else 1,
        chat_template=CHAT["llama" if language(spec) == "llama" else "qwen"],
    )  # fmt: skip
    if spec.get("old_files"):  # as on the hub
        processor.image_processor.save_pretrained(folder)
        file = folder / "preprocessor_config.json"
        images = json.loads(file.read_text())
        images["image_processor_type"] = "CLIPImageProcessor"
        file.write_text(json.dumps(images, indent=2) + "\n")
        (folder / "chat_template.json").write_text(json.dumps({"chat_template": processor.chat_template}, indent=2) + "\n")
    else:
        processor.save_pretrained(folder)
        save_tokenizer(spec, folder)  # the same again, compact
    return processor


def renamed(spec, name: str) -> str:
    if spec["names"] == "modules":
        return name
    rules = (("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."),
             ("model.vision_tower.", "vision_tower.vision_model."), ("model.multi_modal", "multi_modal"))  # fmt: skip
    return next(new + name[len(old) :] for old, new in rules if name.startswith(old))


def save(model, spec, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    stored = copy.deepcopy(model).to(getattr(torch, spec["dtype"]))
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)
    if spec.get("names"):
        tied = stored.config.text_config.tie_word_embeddings
        tensors = {n: t for n, t in stored.state_dict().items() if not (tied and n == "lm_head.weight") and "position_ids" not in n}
        tensors = {renamed(spec, n): t.contiguous().clone() for n, t in tensors.items()}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return save_processor(spec, folder)


class LlavaRecorder(Recorder):
    def __init__(self, spec, model, processor, image: Path):
        self.processor, self.image, self.kind = processor, Image.open(image), language(spec)
        super().__init__(model, processor.tokenizer, processor.image_processor(self.image, return_tensors="pt").pixel_values)
        one, (first, answer), last = TURNS[1][0], TURNS[0], TURNS[2][0]
        self.prompts = {"caption": self.chat([(one, None)]), "question": self.chat([(first, answer), (last, None)])}

    def chat(self, turns):
        messages = []
        for i, (question, answer) in enumerate(turns):
            picture = [{"type": "image"}] if i == 0 else []
            messages.append({"role": "user", "content": [*picture, {"type": "text", "text": question}]})
            if answer is not None:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
        return self.processor.apply_chat_template(messages, add_generation_prompt=True)

    @functools.lru_cache(maxsize=None)
    def cached(self, text: str):
        return self.processor(text=text, images=self.image).input_ids[0]

    def ids(self, text: str):
        return list(self.cached(text))

    def inputs(self, ids):
        return torch.tensor([ids])

    def extra(self, ids):
        return {"attention_mask": torch.ones(1, len(ids), dtype=torch.long)}

    def seams(self):
        config, model = self.config, self.model.model
        with torch.no_grad():
            states = model.vision_tower(self.pixel_values, output_hidden_states=True).hidden_states
            layer = config.vision_feature_layer
            chosen = [states[i][:, 1:] if config.vision_feature_select_strategy == "default" else states[i]
                      for i in (layer if isinstance(layer, list) else [layer])]  # fmt: skip
            tokens = model.get_image_features(
                self.pixel_values, vision_feature_layer=layer,
                vision_feature_select_strategy=config.vision_feature_select_strategy,
            ).pooler_output  # fmt: skip
        self.tensors.update(
            pixel_values=self.pixel_values.numpy(), image_embeds=torch.cat(chosen, -1).numpy(),
            image_tokens=torch.stack(list(tokens)).numpy(),
        )  # fmt: skip

    def scores(self):
        recorded = []
        for name, text in self.prompts.items():
            prompt = self.ids(text)
            for answer in ANSWERS:
                # Ours puts a space between prompt and answer where neither has one.
                apart = answer if text[-1].isspace() or answer[0].isspace() else " " + answer
                ids = self.tokenizer(apart, add_special_tokens=False).input_ids
                with torch.no_grad():
                    inputs = self.inputs(prompt + ids)
                    logits = self.model(pixel_values=self.pixel_values, input_ids=inputs, **self.extra(prompt + ids)).logits[0]
                rows = logits[-len(ids) - 1 : -1].log_softmax(-1)
                each = [float(rows[i, token]) for i, token in enumerate(ids)]
                recorded.append({"prompt": name, "answer": answer, "ids": ids, "logProbabilities": each})
        return recorded


def varied(recorder, stop: int) -> bool:
    ids = recorder.ids(recorder.prompts["caption"])
    _, caption = recorder.generate(ids, {})
    _, beams = recorder.generate(ids, {"beams": 3})
    stops = caption[-1] == stop and 5 <= len(caption) < NEW_TOKENS
    return stops and len(set(caption)) >= 5 and len(beams) >= 2 and beams != caption


def make(spec, fixtures: Path, image: Path):
    folder = fixtures / "checkpoints" / spec["name"]

    def attempt(seed, strength):
        model = build(spec)
        random_weights(model, seed)
        recorder = LlavaRecorder(spec, model, save_processor(spec, folder), image)
        lift_stop(model, recorder, strength)
        if not varied(recorder, STOP[language(spec)]):
            return None
        save(model, spec, folder)
        return record(spec, fixtures, folder, image, seed)

    return chats.first_recorded(spec["name"], attempt)


def open_stored(spec, folder: Path):
    """The model of a stored checkpoint, in float32, and its processor."""
    model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = LlavaProcessor(
        image_processor(spec), AutoTokenizer.from_pretrained(folder), patch_size=model.config.vision_config.patch_size,
        vision_feature_select_strategy=spec.get("select", "default"),
        num_additional_image_tokens=0 if spec.get("tower") == "siglip" else 1,
        chat_template=CHAT["llama" if language(spec) == "llama" else "qwen"],
    )  # fmt: skip
    return model, processor


def record(spec, fixtures: Path, folder: Path, image: Path, seed: int):
    """None if an answer depends on the last digits."""
    model, processor = open_stored(spec, folder)
    recorder = LlavaRecorder(spec, model, processor, image)
    beams = BEAMS_ALL if spec.get("beams") == "all" else BEAMS_FEW
    generations = recorder.generations(beams)
    if not chats.is_repeatable(lambda shaken: LlavaRecorder(spec, shaken, processor, image), model, beams, generations, seed):
        return None
    config = model.config
    stop = model.generation_config.eos_token_id
    header = {
        **chats.header(spec, fixtures, image, seed, recorder, TURNS),
        "pixelValuesSha256": sha(recorder.pixel_values),
        "tokens": {"pad": config.text_config.pad_token_id, "stop": stop if isinstance(stop, list) else [stop],
                   "image": config.image_token_index},
        "pictures": {name: sha(processor.image_processor(Image.open(fixtures / "images" / name), return_tensors="pt").pixel_values)
                     for name in PICTURES},
        "generations": generations, "sampling": recorder.sampling(),
    }  # fmt: skip
    write(fixtures / "parity" / spec["name"], header, recorder.tensors)
    return header


def sha(pixel_values: torch.Tensor) -> str:
    return hashlib.sha256(pixel_values.numpy().tobytes()).hexdigest()


TEXTS = [
    "", " ", "red", " red", "  red circle", "What is it?\n", "\n\n  two\n", "It's 12345 o'clock, I'LL say", "a\tb\r\nc \n d",
    "caf\u00e9 cafe\u0301 \u212b", "\u56fe\u7247\u91cc\u6709\u4ec0\u4e48\uff1f", "\U0001f600 star\u2026", "x\u0085y\ufeffz\u00a0w\u3000v", "\u2581 red",
    "USER: <image>\nWhat? ASSISTANT:", "a</s>b </s> c", "<|im_start|>user\n<image> 2<|im_end|>\n", "!!!\n??", "A" * 40, "\u0662\u00bd\u2167",
]  # fmt: skip


def record_texts(fixtures: Path) -> int:
    """What the checkpoints' tokenizers make of texts, with special tokens in them."""
    recorded = {}
    for name in ("llava-clip", "llava-states", "llava-odd-sizes"):
        tokenizer = AutoTokenizer.from_pretrained(fixtures / "checkpoints" / name)
        recorded[name] = [tokenizer(text).input_ids for text in TEXTS]
    (fixtures / "llava-texts.json").write_text(json.dumps({"texts": TEXTS, "ids": recorded}) + "\n")
    return len(TEXTS)
