"""Trains the Unigram tokenizers of the fixtures, in T5's form."""

import json
import textwrap
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers_made import TEXT, library

SPECIAL = ["<pad>", "</s>", "<unk>"]  # ids 0 to 2, as in T5
SENTINELS = [f"<extra_id_{i}>" for i in range(99, -1, -1)]
PRINTABLE = [chr(c) for c in range(0x21, 0x7F)]


def train(texts, pieces: int, charsmap: bytes | None = None) -> Tokenizer:
    """`pieces` with the special ones, then the sentinels and `<image>`, as transformers 5.18 makes it."""
    tokenizer = Tokenizer(models.Unigram())
    if charsmap is not None:
        tokenizer.normalizer = normalizers.Precompiled(charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces, special_tokens=SPECIAL, unk_token="<unk>", initial_alphabet=PRINTABLE, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    vocabulary = [(p, round(s, 4)) for p, s in json.loads(tokenizer.to_str())["model"]["vocab"]][:pieces]
    vocabulary += [(sentinel, 0.0) for sentinel in SENTINELS]
    tokenizer.model = models.Unigram(vocabulary, unk_id=2, byte_fallback=False)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in [*SPECIAL, *SENTINELS, "<image>"]])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    data = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    config = {
        "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "extra_ids": 100,
        "extra_special_tokens": {"image_token": "<image>"}, "model_max_length": 512, "tokenizer_class": "T5Tokenizer",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def miniature() -> Tokenizer:
    """203 pieces, 100 sentinels and `<image>`, whose id is 303."""
    prose = Path(textwrap.__file__).read_text("utf8")
    return train([*TEXT.split("\n") * 40, *prose.split("\n")], 203)


def larger(charsmap: bytes) -> Tokenizer:
    """A few thousand pieces, learned from the source texts of Python's own library, with T5's normalization."""
    return train([text for text in library() for text in text.split("\n")], 4000, charsmap)
