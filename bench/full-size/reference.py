"""Runs transformers on the CPU, once for each line on stdin: {"text": ids of the prompt, "new": ids to
generate}, behind a picture. For bench/full-size/reference.ts.

    reference.py CHECKPOINT DTYPE THREADS

Prints one JSON object a line: first {"ready": seconds}, then the milliseconds of each run.
"""

import json
import sys
import time

import torch
from transformers import Blip2ForConditionalGeneration

checkpoint, dtype, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)


def say(**what):
    print(json.dumps(what), flush=True)


started = time.perf_counter()
model = Blip2ForConditionalGeneration.from_pretrained(checkpoint, dtype=getattr(torch, dtype))
model.eval()
say(ready=time.perf_counter() - started)

clock = {}


def time_module(name, module):
    def before(*_):
        clock[name + "_start"] = time.perf_counter()

    def after(*_):
        clock[name] = clock.get(name, 0) + time.perf_counter() - clock[name + "_start"]

    module.register_forward_pre_hook(before)
    module.register_forward_hook(after)


class FirstToken:
    """Notes when the first generated id is there."""

    def put(self, value):
        if "prompt" in clock:  # put is called with the prompt before
            clock.setdefault("first", time.perf_counter())
        clock["prompt"] = True

    def end(self):
        pass


time_module("vision", model.vision_model)
time_module("qformer", model.qformer)
config = model.config
size = config.vision_config.image_size
pixels = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
pixels = pixels.to(model.dtype)
with torch.inference_mode():
    for line in sys.stdin:
        wanted = json.loads(line)
        words = [100 + i for i in range(wanted["text"] - 1)]
        text = [*words, 1] if config.text_config.model_type == "t5" else [2, *words]
        ids = torch.tensor([[config.image_token_index] * config.num_query_tokens + text])
        clock.clear()
        start = time.perf_counter()
        model.generate(
            pixel_values=pixels,
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            num_beams=1,
            max_new_tokens=wanted["new"],
            min_new_tokens=wanted["new"],
            streamer=FirstToken(),
        )
        end = time.perf_counter()
        first = clock["first"]
        say(
            totalMs=(end - start) * 1e3,
            visionMs=clock["vision"] * 1e3,
            qformerMs=clock["qformer"] * 1e3,
            firstTokenMs=(first - start) * 1e3,
            decodeMs=(end - first) * 1e3,
        )
