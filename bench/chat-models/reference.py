"""Runs transformers on the CPU, once for each line on stdin: {"file", "detail", "tokens", "text": ids of the prompt}.

    reference.py CHECKPOINT DTYPE THREADS

Prints one JSON object a line: first {"ready": seconds}, then the milliseconds of each run, from the file to the last token.
The text is of any ids: its length alone matters.
"""

import json
import sys
import time

import torch
from PIL import Image
from transformers import (
    AutoConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessorPil,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessorPil,
)

checkpoint, dtype, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)


def say(**what):
    print(json.dumps(what), flush=True)


started = time.perf_counter()
config = AutoConfig.from_pretrained(checkpoint)
smolvlm = config.model_type == "smolvlm"
kind = SmolVLMForConditionalGeneration if smolvlm else LlavaOnevisionForConditionalGeneration
images = (SmolVLMImageProcessorPil if smolvlm else LlavaOnevisionImageProcessorPil).from_pretrained(checkpoint)
model = kind.from_pretrained(checkpoint, dtype=getattr(torch, dtype)).eval()
say(ready=time.perf_counter() - started)
counts = {}
ANOTHER = Image.new("RGB", (1, 1))


def pixels_of(file, detail):
    picture = Image.open(file).convert("RGB")
    if smolvlm:
        low = dict(do_image_splitting=False) if detail == "low" else {}
        return images([[picture]], return_tensors="pt", **low)
    if detail == "high":
        return images([picture], return_tensors="pt")
    # The one way to a single tile: pictures that are several in a prompt. A list with one resolution of one tile gives two,
    # that tile and the whole picture.
    inputs = images([[picture, ANOTHER]], return_tensors="pt")
    return {**inputs, **{name: inputs[name][:1] for name in ("pixel_values", "image_sizes")}}


def image_tokens(inputs):
    """How many tokens a picture becomes: counted once for each number of tiles."""
    shape = tuple(inputs["pixel_values"].shape)
    if shape not in counts:
        values = {name: inputs[name] for name in ("pixel_values", "image_sizes", "batch_num_images") if name in inputs}
        values["pixel_values"] = values["pixel_values"].to(model.dtype)
        features = model.model.get_image_features(**values).pooler_output
        counts[shape] = sum(one.shape[-2] for one in features) if isinstance(features, (list, tuple)) else features.shape[0] * features.shape[1]
    return counts[shape]


class FirstToken:
    """Notes when the first generated id is there."""

    def __init__(self):
        self.calls, self.at = 0, None

    def put(self, value):
        self.calls += 1  # the first call is the prompt
        if self.calls == 2:
            self.at = time.perf_counter()

    def end(self):
        pass


with torch.inference_mode():
    for line in sys.stdin:
        asked = json.loads(line)
        image_tokens(pixels_of(asked["file"], asked["detail"]))
        start = time.perf_counter()
        inputs = pixels_of(asked["file"], asked["detail"])
        inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
        inputs.pop("pixel_attention_mask", None)  # all ones
        image = config.image_token_id if smolvlm else config.image_token_index
        text = [1000 + i for i in range(asked["text"])]
        ids = torch.tensor([text[:4] + [image] * image_tokens(inputs) + text[4:]])
        first = FirstToken()
        model.generate(
            **inputs, input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, num_beams=1,
            max_new_tokens=asked["tokens"], min_new_tokens=asked["tokens"], streamer=first,
        )  # fmt: skip
        end = time.perf_counter()
        say(
            totalMs=(end - start) * 1e3,
            firstTokenMs=(first.at - start) * 1e3,
            visionMs=0,
            tokensPerSecond=(asked["tokens"] - 1) / (end - first.at),
            promptTokens=ids.shape[1],
        )
