"""Trains the byte-level BPE tokenizers of the fixtures, in OPT's form (GPT-2 with `</s>` before the text)."""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]  # ids 0 to 3, as in OPT

# Enough for the merges of a miniature.
TEXT = """Question: what color is the circle? Answer: red
Question: how many squares are there? Answer: two
a photo of a small blue square and a large green star on a white background
"""


def train(texts, vocab_size, image_token=True):
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # OPT's own special tokens are `normalized`, `<image>` is not.
    tokenizer.add_special_tokens([AddedToken(t, normalized=True, special=True) for t in SPECIAL])
    if image_token:
        tokenizer.add_special_tokens([AddedToken("<image>", normalized=False, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="</s> $A", pair="</s> $A </s> $B", special_tokens=[("</s>", 2)]
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, image_token=True):
    folder.mkdir(parents=True, exist_ok=True)
    # Compact: the indented form is twice as large.
    data = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    config = {
        "add_bos_token": True, "add_prefix_space": False, "bos_token": "</s>", "eos_token": "</s>",
        "unk_token": "</s>", "pad_token": "<pad>", "errors": "replace", "model_max_length": 1000000,
        "tokenizer_class": "GPT2Tokenizer",
    }  # fmt: skip
    if image_token:
        config["extra_special_tokens"] = {"image_token": "<image>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def library() -> list[str]:
    """Source texts of Python's own library."""
    folder = Path(json.__file__).parent.parent
    names = ("argparse", "ast", "datetime", "decimal", "difflib", "email/message", "inspect", "statistics", "tarfile",
             "textwrap", "tkinter/__init__", "turtle", "typing", "unittest/mock", "urllib/parse", "zipfile")  # fmt: skip
    return [(folder / f"{name}.py").read_text("utf8") for name in names]


def larger():
    """A few thousand merges, learned from the source texts of Python's own library."""
    return train(library(), vocab_size=4600)


def miniature(image_token=True):
    return train([TEXT], vocab_size=303, image_token=image_token)
