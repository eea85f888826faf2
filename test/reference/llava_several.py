"""Records what transformers answers about two pictures in one prompt, with the LLaVA checkpoints as they are stored."""

import functools
import json
from pathlib import Path

from PIL import Image

import chats
from llava import TURNS, LlavaRecorder, open_stored
from record import NEW_TOKENS

SEVERAL = ("parity.png", "size-448x448.png")
SEVERAL_NAMES = ("llava-clip", "llava-qwen3")
# No beams: for these, `generate` repeats each picture beside itself, so that a beam gets one picture twice.
SEVERAL_OPTIONS = [{}, {"maxNewTokens": 16, "repetitionPenalty": 1.3}, {"noRepeatNgramSize": 1}, {"minNewTokens": 10}]


class SeveralRecorder(LlavaRecorder):
    """Two pictures in one prompt."""

    def __init__(self, spec, model, processor, images):
        self.images = [Image.open(image) for image in images]
        super().__init__(spec, model, processor, images[0])
        self.pixel_values = processor.image_processor(self.images, return_tensors="pt").pixel_values
        start, end = ("USER: ", " ASSISTANT:") if self.kind == "llama" else ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")
        (first, answer), last = TURNS[0], TURNS[2][0]
        self.prompts = {
            "between": f"{start}The first <image> and then <image>\nWhich is red?{end}",
            "one": self.chat([(last, None)]),
            "turns": self.chat([(first, answer), (last, None)]),
        }  # fmt: skip

    def chat(self, turns):
        messages = []
        for i, (question, answer) in enumerate(turns):
            pictures = [{"type": "image"}] * len(self.images) if i == 0 else []
            messages.append({"role": "user", "content": [*pictures, {"type": "text", "text": question}]})
            if answer is not None:
                messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
        return self.processor.apply_chat_template(messages, add_generation_prompt=True)

    @functools.lru_cache(maxsize=None)
    def cached(self, text: str):
        return self.processor(text=text, images=self.images).input_ids[0]

    def answers(self):
        return [
            {"prompt": name, "options": {"maxNewTokens": NEW_TOKENS, **options}, "ids": self.generate(self.ids(text), options)[1]}
            for name, text in self.prompts.items()
            for options in SEVERAL_OPTIONS
        ]


def record_several(specs, fixtures: Path) -> list[str]:
    """@returns how many answers of each checkpoint are the same after a change of all weights by 1e-5; others are left out."""
    recorded = {}
    for spec in (one for one in specs if one["name"] in SEVERAL_NAMES):
        model, processor = open_stored(spec, fixtures / "checkpoints" / spec["name"])
        images = [fixtures / "images" / name for name in SEVERAL]
        recorder = SeveralRecorder(spec, model, processor, images)
        again = SeveralRecorder(spec, chats.shaken(model, 1), processor, images).answers()
        answers = [one for one, other in zip(recorder.answers(), again) if one["ids"] == other["ids"]]
        recorded[spec["name"]] = {
            "prompts": {n: {"text": t, "ids": recorder.ids(t)} for n, t in recorder.prompts.items()}, "answers": answers,
        }  # fmt: skip
    data = {"pictures": SEVERAL, "turns": [TURNS[0], TURNS[2]], "recorded": recorded}
    (fixtures / "parity" / "llava-several.json").write_text(json.dumps(data) + "\n")
    return [f"{name}: {len(one['answers'])}" for name, one in recorded.items()]
