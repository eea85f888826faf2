"""Decodes with CTranslate2 in int8 on the CPU, once for each line on stdin: {"text": ids of the prompt,
"new": ids to generate}, behind as many ids as a picture takes. For bench/full-size/reference.ts.

    reference_decoder.py CHECKPOINT CONVERTED THREADS

The language model of the checkpoint is converted to CONVERTED unless that is there. Prints one JSON
object a line: first {"ready": seconds}, then the milliseconds of each run.
"""

import json
import os
import sys
import time

import ctranslate2
from ctranslate2.converters.converter import Converter
from ctranslate2.converters.transformers import OPTLoader

checkpoint, converted, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])


def say(**what):
    print(json.dumps(what), flush=True)


class Names:
    """Stands for the tokenizer: every id is called by its number."""

    bos_token = eos_token = unk_token = "2"

    def __init__(self, size):
        self.size = size

    def get_vocab(self):
        return {str(i): i for i in range(self.size)}


class LanguageModel(Converter):
    def _load(self):
        import torch
        from transformers import Blip2ForConditionalGeneration

        model = Blip2ForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float16)
        language = model.language_model
        return OPTLoader()(language, Names(language.config.vocab_size))


started = time.perf_counter()
if not os.path.exists(converted):
    LanguageModel().convert(converted + ".partial", quantization="int8", force=True)
    os.rename(converted + ".partial", converted)
    os.execv(sys.executable, [sys.executable, *sys.argv])  # gives the memory of conversion back
generator = ctranslate2.Generator(
    converted, device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1
)
with open(os.path.join(checkpoint, "config.json")) as file:
    picture = json.load(file)["num_query_tokens"]
say(ready=time.perf_counter() - started)

for line in sys.stdin:
    wanted = json.loads(line)
    prompt = [str(1000 + i) for i in range(picture)] + ["2"]
    prompt += [str(100 + i) for i in range(wanted["text"] - 1)]
    first = []

    def note(step):
        if not first:
            first.append(time.perf_counter())
        return False

    start = time.perf_counter()
    generator.generate_batch(
        [prompt],
        max_length=wanted["new"],
        min_length=wanted["new"],
        sampling_topk=1,
        include_prompt_in_result=False,
        callback=note,
    )
    end = time.perf_counter()
    say(
        totalMs=(end - start) * 1e3,
        firstTokenMs=(first[0] - start) * 1e3,
        decodeMs=(end - first[0]) * 1e3,
    )
