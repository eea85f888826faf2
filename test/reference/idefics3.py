"""Makes the random Idefics3 and SmolVLM checkpoints and records what transformers gives at every seam."""

import copy
import json
import shutil
from pathlib import Path

import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3ImageProcessorPil,
    Idefics3Processor,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessorPil,
    SmolVLMProcessor,
)
from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE
from transformers.models.smolvlm.video_processing_smolvlm import SmolVLMVideoProcessor

import chats
import smollms_made
from checkpoints import coarse
from idefics3_configs import LANGUAGE, TOWER
from llava import PICTURES, TURNS, LlavaRecorder, random_weights, sha, varied
from record import BEAMS_ALL, BEAMS_FEW, write


class PicturesOnly(SmolVLMProcessor):
    """Without torchvision, transformers does not know its own class for videos, which nothing here has."""

    def check_argument_for_proper_class(self, argument_name, argument):
        return type(argument)


CLASSES = {
    "smolvlm": (SmolVLMConfig, SmolVLMForConditionalGeneration, SmolVLMImageProcessorPil),
    "idefics3": (Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessorPil),
}
VOCAB = {"smolvlm": 330, "idefics3": 290}
CHAT = {"smolvlm": DEFAULT_CHAT_TEMPLATE, "idefics3": DEFAULT_CHAT_TEMPLATE.replace("<|im_start|>", "")}
SECOND = "size-90x224.png"


def make_tokenizer(spec):
    return smollms_made.miniature(VOCAB[spec["kind"]], spec["kind"] == "smolvlm", spec["kind"] == "idefics3")


def build(spec, tokenizer):
    make_config, make_model, _ = CLASSES[spec["kind"]]
    token = tokenizer.token_to_id
    ids = dict(vocab_size=VOCAB[spec["kind"]], bos_token_id=token("<|endoftext|>"), pad_token_id=token("<|im_end|>"),
               eos_token_id=token("<end_of_utterance>"))  # fmt: skip
    text = {"rms_norm_eps": 1e-5, **LANGUAGE, **ids, **spec.get("text", {}), "model_type": "llama"}
    config = make_config(
        vision_config={**TOWER, **spec.get("vision", {})}, text_config=text, image_token_id=token("<image>"),
        scale_factor=spec["scale"], pad_token_id=ids["pad_token_id"],
        tie_word_embeddings=text.get("tie_word_embeddings", False),
    )  # fmt: skip
    model = make_model(config).eval()
    model.generation_config.eos_token_id = [token("<end_of_utterance>"), token("<|endoftext|>")]
    model.generation_config.pad_token_id = ids["pad_token_id"]
    return model


def make_processor(spec, folder: Path):
    vision = {**TOWER, **spec.get("vision", {})}
    side = vision["image_size"]
    images = CLASSES[spec["kind"]][2](max_image_size={"longest_edge": side}, **spec["images"])
    parts = dict(image_seq_len=(side // vision["patch_size"]) ** 2 // spec["scale"] ** 2, chat_template=CHAT[spec["kind"]])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if spec["kind"] == "idefics3":
        return Idefics3Processor(images, tokenizer, **parts)
    return PicturesOnly(images, tokenizer, SmolVLMVideoProcessor(), **parts)


def save_processor(spec, tokenizer, folder: Path):
    smollms_made.save(tokenizer, folder)
    processor = make_processor(spec, folder)
    processor.save_pretrained(folder)
    smollms_made.save(tokenizer, folder)  # the same again, compact
    file = folder / "processor_config.json"
    settings = json.loads(file.read_text())
    settings.pop("video_processor", None)
    settings["processor_class"] = {"smolvlm": "SmolVLMProcessor", "idefics3": "Idefics3Processor"}[spec["kind"]]
    if spec.get("old_files"):  # as on the hub
        images = {**settings.pop("image_processor"), "image_processor_type": "Idefics3ImageProcessor"}
        (folder / "preprocessor_config.json").write_text(json.dumps(images, indent=2) + "\n")
        (folder / "chat_template.jinja").unlink()
        (folder / "chat_template.json").write_text(json.dumps({"chat_template": processor.chat_template}, indent=2) + "\n")
    file.write_text(json.dumps(settings, indent=2) + "\n")
    return processor


class Idefics3Recorder(LlavaRecorder):
    """`self.pixel_values` is [1, tiles, 3, S, S]."""

    def __init__(self, spec, model, processor, image: Path):
        # 5.18 encodes pictures before it expands a prompt to its beams, and then gives each beam tiles of the others'
        # places: (a, a, b, b) where (a, b, a, b) is read. Where it expands the pixels, as it did before, all is well.
        model._supports_mm_encoder_outputs = lambda: False
        super().__init__({**spec, "language": "llama"}, model, processor, image)

    def pixels(self, images, **options):
        return self.processor.image_processor([images], return_tensors="pt", **options).pixel_values

    def seams(self):
        model = self.model.model
        with torch.no_grad():
            embeds = model.vision_model(self.pixel_values[0]).last_hidden_state
            tokens = model.get_image_features(self.pixel_values).pooler_output
        self.tensors.update(
            pixel_values=self.pixel_values[0].numpy(), image_embeds=embeds.numpy(),
            image_tokens=tokens.reshape(1, -1, tokens.shape[-1]).numpy(),
        )  # fmt: skip

    def inputs_of_two(self, second: Path):
        """Two pictures in one prompt. @returns the text, and what the processor makes of both."""
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
        return {"text": text, "images": [f"images/{second.name}"], "ids": inputs.input_ids[0].tolist(), "answer": new.tolist()}


def lift_stop(model, recorder, strength: float):
    """Makes the stop token likely enough that answers end at different lengths."""
    with torch.no_grad():
        hidden = []
        for text in recorder.prompts.values():
            ids = recorder.ids(text)
            for more in ([], [40], [60, 90]):
                out = model.model(input_ids=torch.tensor([ids + more]), pixel_values=recorder.pixel_values)
                hidden.append(out.last_hidden_state[0, -1])
        mean = torch.stack(hidden).mean(0)
        row = model.lm_head.weight[model.generation_config.eos_token_id[0]]
        row.copy_(coarse(row + strength * mean / mean.dot(mean)))


def make(spec, fixtures: Path, image: Path):
    folder = fixtures / "checkpoints" / spec["name"]
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = make_tokenizer(spec)
    processor = save_processor(spec, tokenizer, folder)

    def attempt(seed, strength):
        model = build(spec, tokenizer)
        random_weights(model, seed)
        recorder = Idefics3Recorder(spec, model, processor, image)
        lift_stop(model, recorder, strength)
        if not varied(recorder, model.generation_config.eos_token_id[0]):
            return None
        save(model, spec, folder)
        return record(spec, fixtures, folder, image, seed)

    return chats.first_recorded(spec["name"], attempt)


def save(model, spec, folder: Path):
    for file in folder.glob("model*"):
        file.unlink()
    stored = copy.deepcopy(model).to(getattr(torch, spec["dtype"]))
    size = sum(p.numel() * p.element_size() for p in stored.parameters())
    options = {"max_shard_size": size // spec["shards"] + 1} if spec.get("shards") else {}
    stored.save_pretrained(folder, **options)


def record(spec, fixtures: Path, folder: Path, image: Path, seed: int):
    """None if an answer depends on the last digits."""
    model = CLASSES[spec["kind"]][1].from_pretrained(folder, dtype=torch.float32).eval()
    processor = make_processor(spec, folder)
    recorder = Idefics3Recorder(spec, model, processor, image)
    beams = BEAMS_ALL if spec.get("beams") == "all" else BEAMS_FEW
    generations = recorder.generations(beams)
    if not chats.is_repeatable(lambda shaken: Idefics3Recorder(spec, shaken, processor, image), model, beams, generations, seed):
        return None
    config = model.config
    images = fixtures / "images"
    header = {
        **chats.header(spec, fixtures, image, seed, recorder, TURNS),
        "pixelValuesSha256": sha(recorder.pixel_values),
        "tokens": {"pad": config.text_config.pad_token_id, "stop": model.generation_config.eos_token_id,
                   "image": config.image_token_id},
        "several": recorder.several(images / second(spec)),
        "pictures": [{"longestEdge": edge, "sha256": {name: sha(recorder.pixels(Image.open(images / name), **options)) for name in PICTURES}}
                     for edge, options in edges(spec, config.vision_config.image_size)],
        "generations": generations, "sampling": recorder.sampling(),
    }  # fmt: skip
    write(fixtures / "parity" / spec["name"], header, recorder.tensors)
    return header


def second(spec) -> str:
    """The other picture of a prompt with two."""
    return spec.get("second", SECOND)


def edges(spec, side: int):
    """The processor's own, None where pictures keep their size, and one to three tiles along the longer side."""
    own = spec["images"].get("size", {}).get("longest_edge")
    return [(own, {})] + [(n * side, seen_with_edge(n * side)) for n in (1, 2, 3)]


def seen_with_edge(edge: int):
    """The processor's arguments with which the longer side of a picture is resized first."""
    return {"do_resize": True, "size": {"longest_edge": edge}}


def seen(spec, image, detail: str, side: int):
    """The processor's arguments that give what is seen in a detail other than `high`."""
    longest = max(image.size)
    if spec["images"].get("do_resize", True):
        tiles = 1 if detail == "low" else max(1, int(longest / side + 0.5))
        return seen_with_edge(min(spec["images"]["size"]["longest_edge"], tiles * side))
    if detail == "low":
        return {"do_image_splitting": False}
    return seen_with_edge(4 * side) if longest > 4 * side else {}
