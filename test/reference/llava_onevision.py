"""Makes the random LLaVA-OneVision checkpoints and records what transformers gives at every seam."""

import copy
import json
import math
import shutil
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    AutoTokenizer,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessorPil,
    LlavaOnevisionProcessor,
)
from transformers.models.smolvlm.video_processing_smolvlm import SmolVLMVideoProcessor

import chats
import qwens_made
from checkpoints import coarse
from llava import STOP, TURNS, LlavaRecorder, lift_stop, random_weights, sha, varied
from llava_onevision_configs import LANGUAGE, TOWER
from record import BEAMS_ALL, BEAMS_FEW, write

PICTURES = ["parity.png", "size-448x448.png", "size-223x225.png", "size-90x224.png", "size-224x90.png", "rgba.png", "size-1x1.png",
            "size-1x64.png", "size-500x2.png", "grey.png", "size-2000x1500.png"]  # fmt: skip
SECOND = "size-90x224.png"
# The form of the published ones: all pictures of a message first, then its text.
CHAT = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\\n' + part['text'] }}{% endfor %}"
    "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


class PicturesOnly(LlavaOnevisionProcessor):
    """Without torchvision, transformers knows none of its classes for videos but one, which is not used here."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument)


def language(spec) -> str:
    return spec.get("language", "qwen2")


def tower(spec):
    return {**TOWER, **spec.get("vision", {})}


def build(spec) -> LlavaOnevisionForConditionalGeneration:
    kind = language(spec)
    text = {**LANGUAGE, "vocab_size": 300, "pad_token_id": 296, "eos_token_id": 298, **spec.get("text", {}), "model_type": kind}
    config = LlavaOnevisionConfig(
        vision_config={**tower(spec), "model_type": f"{spec.get('tower', 'siglip')}_vision_model"}, text_config=text,
        image_token_index=299, video_token_index=297, vision_feature_layer=spec.get("layer", -1),
        vision_feature_select_strategy=spec.get("select", "full"), image_grid_pinpoints=spec["resolutions"],
        vision_aspect_ratio=spec.get("aspect", "anyres_max_9"),
    )  # fmt: skip
    model = LlavaOnevisionForConditionalGeneration(config).eval()
    model.generation_config.eos_token_id = [STOP[kind], 296]
    model.generation_config.pad_token_id = 296
    return model


def make_processor(spec, folder: Path):
    vision = tower(spec)
    side = vision["image_size"]
    images = LlavaOnevisionImageProcessorPil(
        size={"height": side, "width": side}, image_grid_pinpoints=spec["resolutions"], **spec["images"]
    )
    return PicturesOnly(
        images, AutoTokenizer.from_pretrained(folder), SmolVLMVideoProcessor(),
        num_image_tokens=(side // vision["patch_size"]) ** 2 + (1 if spec.get("select") == "default" else 0),
        vision_feature_select_strategy=spec.get("select", "full"), vision_aspect_ratio=spec.get("aspect", "anyres_max_9"),
        chat_template=CHAT,
    )  # fmt: skip


def save_processor(spec, folder: Path):
    qwens_made.save(qwens_made.miniature(), folder)
    processor = make_processor(spec, folder)
    processor.save_pretrained(folder)
    qwens_made.save(qwens_made.miniature(), folder)  # the same again, compact
    file = folder / "processor_config.json"
    settings = json.loads(file.read_text())
    settings.pop("video_processor", None)
    settings["processor_class"] = "LlavaOnevisionProcessor"
    if spec.get("old_files"):  # as on the hub
        images = {**settings.pop("image_processor"), "image_processor_type": "LlavaOnevisionImageProcessor"}
        (folder / "preprocessor_config.json").write_text(json.dumps(images, indent=2) + "\n")
        (folder / "chat_template.jinja").unlink()
        (folder / "chat_template.json").write_text(json.dumps({"chat_template": CHAT}, indent=2) + "\n")
    file.write_text(json.dumps(settings, indent=2) + "\n")
    return processor


class OnevisionRecorder(LlavaRecorder):
    """`self.pixel_values` is [1, tiles, 3, S, S]."""

    def __init__(self, spec, model, processor, image: Path):
        # As in idefics3.py: pictures are repeated for beams, not their features.
        model._supports_mm_encoder_outputs = lambda: False
        super().__init__({**spec, "language": language(spec)}, model, processor, image)
        self.sizes = torch.tensor([[self.image.height, self.image.width]])

    def extra(self, ids):
        return {**super().extra(ids), "image_sizes": self.sizes, "batch_num_images": torch.tensor([1])}

    def seams(self):
        config, model = self.config, self.model.model
        with torch.no_grad():
            states = model.vision_tower(self.pixel_values[0], output_hidden_states=True).hidden_states[config.vision_feature_layer]
            embeds = states[:, 1:] if config.vision_feature_select_strategy == "default" else states
            tokens = model.get_image_features(self.pixel_values, self.sizes, batch_num_images=torch.tensor([1])).pooler_output
        self.tensors.update(
            pixel_values=self.pixel_values[0].numpy(), image_embeds=embeds.numpy(), image_tokens=torch.stack(list(tokens)).numpy()
        )

    def inputs_of_two(self, second: Path):
        """Two pictures in one prompt, which are one tile each. @returns the text, and what the processor makes of both."""
        images = [self.image, Image.open(second)]
        text = self.processor.apply_chat_template(
            [{"role": "user", "content": [{"type": "image"}, {"type": "image"}, {"type": "text", "text": "Which one has more stars?"}]}],
            add_generation_prompt=True,
        )  # fmt: skip
        inputs = self.processor(text=text, images=[images], return_tensors="pt")
        return text, inputs

    def several(self, second: Path):
        text, inputs = self.inputs_of_two(second)
        with torch.no_grad():
            logits = self.model(**inputs).logits[0, -1]
            new = self.model.generate(**inputs, do_sample=False, max_new_tokens=12)[0, inputs.input_ids.shape[1] :]
        self.tensors["logits.several"] = logits.numpy()
        return {
            "text": text, "images": [f"images/{second.name}"], "ids": inputs.input_ids[0].tolist(), "answer": new.tolist(),
            "sha256": [sha(one) for one in inputs.pixel_values],
        }  # fmt: skip

    def picture(self, image: Path, resolutions):
        """A picture's pixels, and how many tokens it has."""
        inputs = self.processor.image_processor(Image.open(image), return_tensors="pt", image_grid_pinpoints=resolutions)
        self.processor.image_processor.image_grid_pinpoints, before = resolutions, self.processor.image_processor.image_grid_pinpoints
        tokens = self.processor.replace_image_token(inputs, 0).count("<image>")
        self.processor.image_processor.image_grid_pinpoints = before
        return {"sha256": sha(inputs.pixel_values[0]), "tokens": tokens}


def chosen(spec, image: Image.Image):
    """The resolutions of `auto`: as many tiles along a side as the picture's own size is nearest to, and no more than are kept in full."""
    side = tower(spec)["image_size"]
    edge = max(1, math.floor(max(image.size) / side + 0.5)) * side
    most = int(spec.get("aspect", "anyres_max_9").removeprefix("anyres_max_"))
    fitting = [[h, w] for h, w in spec["resolutions"] if max(h, w) <= edge and h * w <= most * side * side]
    return fitting or [min(spec["resolutions"], key=lambda one: one[0] * one[1])]


def renamed(name: str) -> str:
    rules = (("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."),
             ("model.vision_tower.", "vision_tower.vision_model."), ("model.", ""))  # fmt: skip
    return next(new + name[len(old) :] for old, new in rules if name.startswith(old))


def save(model, spec, folder: Path):
    for file in folder.glob("model*"):
        file.unlink()
    stored = copy.deepcopy(model).to(getattr(torch, spec["dtype"]))
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)
    if spec.get("names") == "published":
        tensors = {n: t for n, t in stored.state_dict().items() if n != "lm_head.weight" and "position_ids" not in n}
        tensors = {renamed(n): t.contiguous().clone() for n, t in tensors.items()}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def make(spec, fixtures: Path, image: Path):
    folder = fixtures / "checkpoints" / spec["name"]
    shutil.rmtree(folder, ignore_errors=True)
    processor = save_processor(spec, folder)

    def attempt(seed, strength):
        model = build(spec)
        random_weights(model, seed)
        recorder = OnevisionRecorder(spec, model, processor, image)
        lift_stop(model, recorder, strength)
        if not varied(recorder, STOP[language(spec)]):
            return None
        save(model, spec, folder)
        return record(spec, fixtures, folder, image, seed)

    return chats.first_recorded(spec["name"], attempt)


def record(spec, fixtures: Path, folder: Path, image: Path, seed: int):
    """None if an answer depends on the last digits."""
    model = LlavaOnevisionForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = make_processor(spec, folder)
    recorder = OnevisionRecorder(spec, model, processor, image)
    beams = BEAMS_ALL if spec.get("beams") == "all" else BEAMS_FEW
    generations = recorder.generations(beams)
    if not chats.is_repeatable(lambda shaken: OnevisionRecorder(spec, shaken, processor, image), model, beams, generations, seed):
        return None
    config = model.config
    images = fixtures / "images"
    header = {
        **chats.header(spec, fixtures, image, seed, recorder, TURNS),
        "pixelValuesSha256": sha(recorder.pixel_values),
        "tokens": {"pad": config.text_config.pad_token_id, "stop": model.generation_config.eos_token_id,
                   "image": config.image_token_index},
        "several": recorder.several(images / SECOND),
        "pictures": {detail: {name: recorder.picture(images / name, resolutions(spec, images / name, detail)) for name in PICTURES}
                     for detail in ("high", "auto")},
        "generations": generations, "sampling": recorder.sampling(),
    }  # fmt: skip
    write(fixtures / "parity" / spec["name"], header, recorder.tensors)
    return header


def resolutions(spec, image: Path, detail: str):
    return spec["resolutions"] if detail == "high" else chosen(spec, Image.open(image))
