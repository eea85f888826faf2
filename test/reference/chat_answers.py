"""Records what the stored checkpoints of the chat families answer after three turns, at each detail, and about two pictures.

Only answers that are the same after a change of all weights by 1e-5 are kept.
"""

import copy
import json
from pathlib import Path

import torch
from PIL import Image
from transformers import LlavaOnevisionForConditionalGeneration

import chats
import idefics3
import llava
import llava_onevision
from idefics3_configs import IDEFICS3_CHECKPOINTS
from llava_configs import LLAVA_CHECKPOINTS
from llava_onevision_configs import ONEVISION_CHECKPOINTS
from record import NEW_TOKENS, OPTION_NAMES

OPTIONS = [{}, {"repetitionPenalty": 1.3, "maxNewTokens": 16}, {"minNewTokens": 10}, {"beams": 3}]
BEAMS_SEVERAL = [{"beams": 3}, {"beams": 2, "lengthPenalty": 0.0}, {"beams": 4, "minNewTokens": 6}]
# Of these, `auto` takes fewer tiles than `high` of at least one in every checkpoint that has a choice.
DETAILED = ("size-1x1.png", "size-1x64.png", "parity.png")
QUESTION = llava.TURNS[1][0]


def answers(recorder, ids, options):
    return [{"options": {"maxNewTokens": NEW_TOKENS, **one}, "ids": recorder.generate(ids, one)[1]} for one in options]


def three_turns(recorder):
    text = recorder.chat(llava.TURNS)
    ids = recorder.ids(text)
    return {"text": text, "ids": ids, "answers": answers(recorder, ids, OPTIONS)}


class Llavas:
    specs = LLAVA_CHECKPOINTS

    def __init__(self, spec, fixtures: Path):
        self.spec, self.image = spec, fixtures / "images" / "parity.png"
        self.model, self.processor = llava.open_stored(spec, fixtures / "checkpoints" / spec["name"])

    def record(self, model):
        return {"turns": three_turns(llava.LlavaRecorder(self.spec, model, self.processor, self.image))}


class Idefics3s:
    specs = IDEFICS3_CHECKPOINTS

    def __init__(self, spec, fixtures: Path):
        folder = fixtures / "checkpoints" / spec["name"]
        self.spec, self.images = spec, fixtures / "images"
        self.model = idefics3.CLASSES[spec["kind"]][1].from_pretrained(folder, dtype=torch.float32).eval()
        self.processor = idefics3.make_processor(spec, folder)

    def record(self, model):
        def open_one(name):
            return idefics3.Idefics3Recorder(self.spec, model, self.processor, self.images / name)

        recorder = open_one("parity.png")
        side = model.config.vision_config.image_size
        details = []
        for name in DETAILED:
            one = open_one(name)
            for detail in ("auto", "low"):
                inputs = self.processor(
                    text=one.chat([(QUESTION, None)]), images=[[one.image]], return_tensors="pt",
                    **idefics3.seen(self.spec, one.image, detail, side),
                )  # fmt: skip
                one.pixel_values, ids = inputs.pixel_values, inputs.input_ids[0].tolist()
                details.append({"detail": detail, "image": f"images/{name}", "ids": ids, "answers": answers(one, ids, OPTIONS)})
        return {"turns": three_turns(recorder), "details": details, "several": self.several(recorder)}

    def several(self, recorder):
        _, inputs = recorder.inputs_of_two(self.images / idefics3.second(self.spec))
        recorded = []
        for options in BEAMS_SEVERAL:
            all_options = {"maxNewTokens": NEW_TOKENS, **options}
            named = {OPTION_NAMES[k]: v for k, v in all_options.items()}
            with torch.no_grad():
                new = recorder.model.generate(
                    **{**inputs, "pixel_values": inputs.pixel_values.to(recorder.model.dtype)}, do_sample=False, **named
                )[0, inputs.input_ids.shape[1] :]  # fmt: skip
            recorded.append({"options": all_options, "ids": new.tolist()})
        return recorded


class Onevisions:
    specs = ONEVISION_CHECKPOINTS

    def __init__(self, spec, fixtures: Path):
        folder = fixtures / "checkpoints" / spec["name"]
        self.spec, self.images = spec, fixtures / "images"
        self.model = LlavaOnevisionForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        self.processor = llava_onevision.make_processor(spec, folder)

    def record(self, model):
        def open_one(name):
            return llava_onevision.OnevisionRecorder(self.spec, model, self.processor, self.images / name)

        recorder = open_one("parity.png")
        details = []
        for name in DETAILED:
            details.append({"detail": "auto", "image": f"images/{name}", **self.auto(open_one(name))})
            details.append({"detail": "low", "image": f"images/{name}", **self.low(open_one(name))})
        return {"turns": three_turns(recorder), "details": details, "several": self.several(recorder)}

    def auto(self, recorder):
        """With a shorter `image_grid_pinpoints`, of the processor and of the model."""
        images, config = self.processor.image_processor, recorder.model.config
        before = images.image_grid_pinpoints
        images.image_grid_pinpoints = config.image_grid_pinpoints = llava_onevision.chosen(self.spec, recorder.image)
        inputs = self.processor(text=recorder.chat([(QUESTION, None)]), images=recorder.image, return_tensors="pt")
        recorder.pixel_values, ids = inputs.pixel_values, inputs.input_ids[0].tolist()
        recorded = {"ids": ids, "answers": answers(recorder, ids, OPTIONS)}
        images.image_grid_pinpoints = config.image_grid_pinpoints = before
        return recorded

    def low(self, recorder):
        """No argument gives one tile of a single picture: its features are those of the picture as one of two."""
        images = recorder.image, recorder.image
        inputs = self.processor.image_processor([images], return_tensors="pt")
        text = recorder.chat([(QUESTION, None)])
        token = self.processor.image_token
        features = self.features(recorder.model, inputs)[0]
        ids = self.processor.tokenizer(text.replace(token, token * len(features))).input_ids
        return {"ids": ids, "answers": embedded_answers(recorder.model, ids, features, OPTIONS)}

    def several(self, recorder):
        """5.18 repeats each picture beside itself for beams, so it gets the pictures' features instead."""
        _, inputs = recorder.inputs_of_two(self.images / llava_onevision.SECOND)
        features = torch.cat(self.features(recorder.model, inputs))
        return embedded_answers(recorder.model, inputs.input_ids[0].tolist(), features, BEAMS_SEVERAL)

    def features(self, model, inputs):
        with torch.no_grad():
            return model.model.get_image_features(
                inputs.pixel_values.to(model.dtype), torch.as_tensor(inputs.image_sizes), batch_num_images=torch.tensor([2])
            ).pooler_output  # fmt: skip


def embedded_answers(model, ids, features, options):
    """Answers after a prompt whose places for pictures have these features. A penalty would not see the prompt's ids."""
    recorded = []
    with torch.no_grad():
        embeds = model.get_input_embeddings()(torch.tensor([ids]))
        embeds[0, torch.tensor(ids) == model.config.image_token_index] = features
        for one in options:
            if "repetitionPenalty" in one:
                continue
            all_options = {"maxNewTokens": NEW_TOKENS, **one}
            named = {OPTION_NAMES[k]: v for k, v in all_options.items()}
            mask = torch.ones(1, len(ids), dtype=torch.long)
            new = model.generate(inputs_embeds=embeds, attention_mask=mask, do_sample=False, **named)[0]
            recorded.append({"options": all_options, "ids": new.tolist()})
    return recorded


def kept(first, again):
    """The answers that are the same in both."""
    if isinstance(first, dict):
        return {name: kept(value, again[name]) for name, value in first.items()}
    if isinstance(first, list) and first and isinstance(first[0], dict):
        both = [(kept(a, b), a == b or "options" not in a) for a, b in zip(first, again, strict=True)]
        return [one for one, same in both if same]
    return first


def record(fixtures: Path) -> list[str]:
    """@returns how many answers of each checkpoint were kept."""
    lines, counts = [], []
    for kind in (Llavas, Idefics3s, Onevisions):
        for spec in kind.specs:
            opened = kind(spec, fixtures)
            shaken = chats.shaken(opened.model, 1)
            recorded = kept(opened.record(opened.model), opened.record(shaken))
            lines.append(f"{json.dumps(spec['name'])}: {json.dumps(recorded)}")
            counts.append(f"{spec['name']}: {lines[-1].count('options')}")
            print(counts[-1], flush=True)
    (fixtures / "parity" / "chat-answers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return counts
