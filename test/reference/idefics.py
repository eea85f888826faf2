"""Makes the random IDEFICS checkpoints and records what transformers gives at every seam."""

import copy
import functools
import hashlib
import json
import math
import shutil
from pathlib import Path

import torch
import transformers
from PIL import Image
from tokenizers import AddedToken
from transformers import AutoTokenizer, IdeficsConfig, IdeficsForVisionText2Text, IdeficsImageProcessorPil, IdeficsProcessor

import llamas_made
from checkpoints import coarse
from idefics_configs import LANGUAGE, PERCEIVER, TOWER
from record import ANSWERS, BEAMS_ALL, BEAMS_FEW, NEW_TOKENS, Recorder, write

PICTURES = ["parity.png", "size-448x448.png", "size-500x2.png", "size-2x500.png", "size-300x1.png", "size-223x225.png",
            "size-90x224.png", "rgba.png"]  # fmt: skip
VOCAB = 420  # of Llama; the ids from here on are additional
IMAGE, TURN_END, EOS, PAD = 420, 422, 2, 419
TURNS = [("What is it?", "a red circle"), ("How many stars are there?", "2"), ("What color is it now?", None)]
PLACE = "<image>"
# Prompts with several pictures, or text that sees none; `<image>` stands for each of SEVERAL_PICTURES in turn.
SEVERAL_PICTURES = ["parity.png", "size-448x448.png", "rgba.png"]
SEVERAL = [
    "<image>a cat <image>a dog <image>",
    "Two of them: <image><image>Which is red?",
    "red</s>blue <image>one</s>two <image> three</s> four",
    "<image>one</s>",
]


def build(spec) -> IdeficsForVisionText2Text:
    config = IdeficsConfig(
        vocab_size=VOCAB, additional_vocab_size=additional(spec), pad_token_id=PAD, bos_token_id=1, eos_token_id=EOS,
        alpha_initializer="ones", use_resampler="perceiver" in spec, freeze_text_layers=False, freeze_vision_layers=False,
        vision_config={**TOWER, **spec.get("vision", {})}, perceiver_config=spec.get("perceiver", {}),
        **{**LANGUAGE, **spec.get("text", {})},
    )  # fmt: skip
    return IdeficsForVisionText2Text(config).eval()


def additional(spec) -> int:
    return 3 if spec.get("turn") else 2


def stops(spec) -> list[int]:
    return [EOS, TURN_END] if spec.get("turn") else [EOS]


def random_weights(model, seed: int):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name or "layrnorm" in name or ".ln." in name:
                value = noise * 0.2 + (1.0 if name.endswith("weight") else 0.0)
            elif "alpha_" in name:  # gates that are zero would hide every fault of the cross-attention
                value = noise * 0.3 + 0.7
            elif name.endswith("bias"):
                value = noise * 0.2
            elif "embed_tokens" in name or "lm_head" in name:
                value = noise * 1.5 / math.sqrt(parameter.shape[-1])
            elif "embedding" in name or "latents" in name:
                value = noise * 0.6
            else:
                value = noise * 1.6 / math.sqrt(parameter[0].numel())
            parameter.copy_(coarse(value))


def lift_stop(model, recorder, strength: float):
    """Makes the stop tokens likely enough that answers end at different lengths."""
    with torch.no_grad():
        hidden = []
        for text in recorder.prompts.values():
            for more in ([], [40], [60, 90]):
                ids = recorder.ids(text) + more
                out = model.model(input_ids=torch.tensor([ids]), pixel_values=recorder.pixel_values, **recorder.extra(ids))
                hidden.append(out.last_hidden_state[0, -1])
        mean = torch.stack(hidden).mean(0)
        row = model.lm_head.weight[EOS]
        row.copy_(coarse(row + strength * mean / mean.dot(mean)))


def save_tokenizer(spec, folder: Path):
    tokenizer = llamas_made.miniature()
    more = ["<fake_token_around_image>", *(["<end_of_utterance>"] if spec.get("turn") else [])]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in more])
    llamas_made.save(tokenizer, folder)
    file = folder / "tokenizer_config.json"
    config = {**json.loads(file.read_text()), "bos_token": "<s>", "unk_token": "<unk>", "legacy": bool(spec.get("legacy"))}
    del config["extra_special_tokens"]
    file.write_text(json.dumps(config, indent=2) + "\n")


def save_processor(spec, folder: Path):
    save_tokenizer(spec, folder)
    side = {**TOWER, **spec.get("vision", {})}["image_size"]
    processor = IdeficsProcessor(IdeficsImageProcessorPil(image_size=side), AutoTokenizer.from_pretrained(folder))
    if spec.get("old_files"):  # as on the hub
        images = {
            "image_mean": list(processor.image_processor.image_mean), "image_num_channels": 3,
            "image_processor_type": "IdeficsImageProcessor", "image_size": side, "image_std": list(processor.image_processor.image_std),
        }  # fmt: skip
        (folder / "preprocessor_config.json").write_text(json.dumps(images, indent=2) + "\n")
    else:
        processor.save_pretrained(folder)
        save_tokenizer(spec, folder)  # the same again, compact
    return processor


def save(model, spec, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    stored = copy.deepcopy(model).to(getattr(torch, spec["dtype"]))
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)
    return save_processor(spec, folder)


class IdeficsRecorder(Recorder):
    def __init__(self, spec, model, processor, images: list[Path]):
        self.processor, self.images = processor, [Image.open(image) for image in images]
        self.spec = spec
        pixel_values = processor.image_processor(self.images, return_tensors="pt")[None]
        super().__init__(model, processor.tokenizer, pixel_values)
        one, (first, answer), last = TURNS[1][0], TURNS[0], TURNS[2][0]
        self.prompts = {"caption": self.chat([(one, None)]), "question": self.chat([(first, answer), (last, None)])}

    def chat(self, turns):
        end = "<end_of_utterance>" if self.spec.get("turn") else ""
        parts = [f"{question}{end}\nAssistant:" + (f" {answer}{end}\n" if answer else "") for question, answer in turns]
        return f"User:{PLACE}" + "User: ".join(parts)

    @functools.lru_cache(maxsize=None)
    def cached(self, text: str):
        """The processor gets texts and pictures in turn."""
        first, *others = text.split(PLACE)
        items = [first] if first else []
        for image, part in zip(self.images, others, strict=True):
            items += [image, part] if part else [image]
        return self.processor(text=[items], add_end_of_utterance_token=False).input_ids[0].tolist()

    def ids(self, text: str):
        return list(self.cached(text))

    def inputs(self, ids):
        return torch.tensor([ids])

    def extra(self, ids):
        """Every token sees the last picture before it, and none after the end of a text: by the processor's own function."""
        from transformers.models.idefics import processing_idefics as own

        rows, _ = own.image_attention_mask_for_packed_input_ids(torch.tensor([ids]), self.tokenizer, "pt")
        count = self.pixel_values.shape[1]
        mask = own.incremental_to_binary_attention_mask(rows, "pt", num_classes=count)
        return {"attention_mask": torch.ones(1, len(ids), dtype=torch.long), "image_attention_mask": mask}

    def generate(self, ids, options, **more):
        return super().generate(ids, {"stopIds": stops(self.spec), **options}, **more)

    def stop_id(self):
        return EOS

    def seams(self):
        """`image_tokens` has the keys [heads, numbers, rows] and the values [heads, rows, numbers] of each layer that looks."""
        config, model = self.config, self.model.model
        with torch.no_grad():
            rows = model.vision_model(self.pixel_values[0, :1]).last_hidden_state
            self.tensors.update(pixel_values=self.pixel_values[0, :1].numpy(), image_embeds=rows.numpy())
            if config.use_resampler:
                rows = model.perceiver_resampler(rows)
                self.tensors["latents"] = rows.numpy()
            parts = []
            for layer in model.gated_cross_attn_layers:
                attention = layer.cross_attn
                keys, values = (p(rows[0]).unflatten(-1, (attention.num_heads, -1)) for p in (attention.k_proj, attention.v_proj))
                keys = attention.k_layer_norm(keys) if attention.qk_layer_norms else keys
                parts += [keys.permute(1, 2, 0).flatten(), values.permute(1, 0, 2).flatten()]
        self.tensors["image_tokens"] = torch.cat(parts)[None, None].numpy()

    def scores(self):
        recorded = []
        for name, text in self.prompts.items():
            prompt = self.ids(text)
            for answer in ANSWERS:
                # Ours puts a space between prompt and answer where neither has one.
                apart = answer if text[-1].isspace() or answer[0].isspace() else " " + answer
                ids = self.tokenizer(apart, add_special_tokens=False).input_ids
                whole = prompt + ids
                with torch.no_grad():
                    logits = self.model(pixel_values=self.pixel_values, input_ids=self.inputs(whole), **self.extra(whole)).logits[0]
                rows = logits[-len(ids) - 1 : -1].log_softmax(-1)
                each = [float(rows[i, token]) for i, token in enumerate(ids)]
                recorded.append({"prompt": name, "answer": answer, "ids": ids, "logProbabilities": each})
        return recorded


def several(spec, model, processor, fixtures: Path):
    """Prompts of several pictures: ids, greedy and beam answers, and the tensors of every position's logits."""
    recorded, tensors = [], {}
    for i, text in enumerate(SEVERAL):
        names = SEVERAL_PICTURES[: text.count(PLACE)]
        recorder = IdeficsRecorder(spec, model, processor, [fixtures / "images" / name for name in names])
        ids = recorder.ids(text)
        answers = [{"options": options, "ids": recorder.generate(ids, options)[1]} for options in ({}, {"beams": 3})]
        with torch.no_grad():
            logits = model(pixel_values=recorder.pixel_values, input_ids=recorder.inputs(ids), **recorder.extra(ids)).logits[0]
        tensors[f"logits.several.{i}"] = logits.numpy()
        recorded.append({"text": text, "pictures": names, "ids": ids, "answers": answers})
    return recorded, tensors


def varied(recorder) -> bool:
    ids = recorder.ids(recorder.prompts["caption"])
    _, caption = recorder.generate(ids, {})
    _, beams = recorder.generate(ids, {"beams": 3})
    ends = caption[-1] == EOS and 5 <= len(caption) < NEW_TOKENS
    return ends and len(set(caption)) >= 5 and len(beams) >= 2 and beams != caption


def make(spec, fixtures: Path, image: Path):
    folder = fixtures / "checkpoints" / spec["name"]
    for seed in range(1, 60):
        for strength in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0):
            model = build(spec)
            random_weights(model, seed)
            processor = save_processor(spec, folder)
            recorder = IdeficsRecorder(spec, model, processor, [image])
            lift_stop(model, recorder, strength)
            if not varied(recorder):
                continue
            save(model, spec, folder)
            entry = record(spec, fixtures, folder, image, seed)
            if entry is not None:
                return entry
    raise SystemExit(f"{spec['name']}: no seed gives answers worth comparing")


def record(spec, fixtures: Path, folder: Path, image: Path, seed: int):
    """None if an answer depends on the last digits: a float32 port could not reproduce it."""
    model = IdeficsForVisionText2Text.from_pretrained(folder, dtype=torch.float32).eval()
    processor = IdeficsProcessor(
        IdeficsImageProcessorPil(image_size=model.config.vision_config.image_size), AutoTokenizer.from_pretrained(folder)
    )
    recorder = IdeficsRecorder(spec, model, processor, [image])
    beams = BEAMS_ALL if spec.get("beams") == "all" else BEAMS_FEW
    generations = recorder.generations(beams)
    prompts, tensors = several(spec, model, processor, fixtures)
    shaken = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in shaken.parameters():
            parameter.mul_(1 + 1e-5 * torch.randn(parameter.shape, generator=generator))
    again = IdeficsRecorder(spec, shaken, processor, [image]).generations(beams)
    if [g["ids"] for g in again] != [g["ids"] for g in generations]:
        return None
    if [p["answers"] for p in several(spec, shaken, processor, fixtures)[0]] != [p["answers"] for p in prompts]:
        return None
    recorder.seams()
    recorder.tensors.update(tensors)
    for name, text in recorder.prompts.items():
        recorder.logits(name, recorder.ids(text))
    config = model.config
    header = {
        "name": spec["name"], "about": spec["about"], "seed": seed,
        "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
        "image": str(image.relative_to(fixtures)), "imageSize": config.vision_config.image_size, "fit": "squash",
        "pixelValuesSha256": sha(recorder.pixel_values[0]),
        "tokens": {"pad": PAD, "stop": stops(spec), "image": IMAGE},
        "queryTokens": 1, "vocabSize": VOCAB + additional(spec),
        "prompts": {n: {"text": t, "ids": recorder.ids(t)} for n, t in recorder.prompts.items()},
        "chat": [{"turns": TURNS[i:], "text": recorder.chat(TURNS[i:])} for i in (2, 1, 0)],
        "pictures": {name: sha(processor.image_processor([Image.open(fixtures / "images" / name)], return_tensors="pt"))
                     for name in PICTURES},
        "several": prompts,
        "scores": recorder.scores(), "generations": generations, "sampling": recorder.sampling(),
    }  # fmt: skip
    write(fixtures / "parity" / spec["name"], header, recorder.tensors)
    return header


def sha(pixel_values: torch.Tensor) -> str:
    return hashlib.sha256(pixel_values.numpy().tobytes()).hexdigest()
