"""What the recordings of the chat families (llava.py, llava_onevision.py, idefics3.py) have in common."""

import copy
from pathlib import Path

import torch
import transformers

SYSTEM = "Answer in one word, as to a sailor."
STRENGTHS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0)


def first_recorded(name: str, attempt):
    """`attempt(seed, strength)` gives an entry, or None where its answers are not worth comparing: the first entry."""
    for seed in range(1, 60):
        for strength in STRENGTHS:
            entry = attempt(seed, strength)
            if entry is not None:
                return entry
    raise SystemExit(f"{name}: no seed gives answers worth comparing")


def is_repeatable(open_recorder, model, beams, generations, seed: int) -> bool:
    """Whether no answer depends on the last digits: a float32 port could not reproduce it."""
    again = open_recorder(shaken(model, seed)).generations(beams)
    return [g["ids"] for g in again] == [g["ids"] for g in generations]


def shaken(model, seed: int):
    """A copy in float64 whose weights differ by about 1e-5."""
    copied = copy.deepcopy(model).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in copied.parameters():
            parameter.mul_(1 + 1e-5 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return copied


def with_system(processor, turns) -> dict:
    """The conversation after a system text. In the ids each picture is its placeholder."""
    messages = [{"role": "system", "content": [{"type": "text", "text": SYSTEM}]}]
    for i, (question, answer) in enumerate(turns):
        picture = [{"type": "image"}] if i == 0 else []
        messages.append({"role": "user", "content": [*picture, {"type": "text", "text": question}]})
        if answer is not None:
            messages.append({"role": "assistant", "content": [{"type": "text", "text": answer}]})
    text = processor.apply_chat_template(messages, add_generation_prompt=True)
    return {"system": SYSTEM, "turns": turns, "text": text, "ids": processor.tokenizer(text).input_ids}


def header(spec, fixtures: Path, image: Path, seed: int, recorder, turns) -> dict:
    """Records the seams and both prompts' logits. The part of the header that every family has."""
    recorder.seams()
    for name, text in recorder.prompts.items():
        recorder.logits(name, recorder.ids(text))
    config = recorder.model.config
    return {
        "name": spec["name"], "about": spec["about"], "seed": seed,
        "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
        "image": str(image.relative_to(fixtures)), "imageSize": config.vision_config.image_size,
        "queryTokens": recorder.tensors["image_tokens"].shape[1], "vocabSize": config.text_config.vocab_size,
        "prompts": {n: {"text": t, "ids": recorder.ids(t)} for n, t in recorder.prompts.items()},
        "system": with_system(recorder.processor, turns),
        "chat": [{"turns": turns[i:], "text": recorder.chat(turns[i:])} for i in (2, 1, 0)],
        "scores": recorder.scores(),
    }  # fmt: skip
