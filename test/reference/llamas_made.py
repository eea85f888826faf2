"""Trains the BPE tokenizers of the fixtures in Llama's form: no normalization, spaces as "▁", and bytes for what is left."""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from tokenizers_made import TEXT, library

SPECIAL = ["<unk>", "<s>", "</s>"]  # ids 0 to 2
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]  # ids 3 to 258


def train(texts, pieces: int) -> Tokenizer:
    """SPECIAL, BYTES and `pieces` pieces; `[PAD]` and `<image>` come after."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    trainer = trainers.BpeTrainer(vocab_size=pieces, initial_alphabet=[chr(c) for c in range(0x21, 0x7F)], show_progress=False)
    trained.train_from_iterator(texts, trainer)
    model = json.loads(trained.to_str())["model"]
    learned = sorted(model["vocab"], key=model["vocab"].get)
    vocab = {piece: i for i, piece in enumerate([*SPECIAL, *BYTES, *learned])}
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    # As Vicuna's in InstructBLIP: the end of a text begins it, too.
    tokenizer.post_processor = processors.TemplateProcessing(
        single="</s> $A", pair="</s> $A </s> $B", special_tokens=[("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in [*SPECIAL, "[PAD]", "<image>"]])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    data = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    config = {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>",
        "pad_token": "[PAD]", "legacy": False, "model_max_length": 512, "tokenizer_class": "LlamaTokenizer",
        "extra_special_tokens": {"image_token": "<image>"},
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def miniature() -> Tokenizer:
    """420 ids, `[PAD]` 419 and `<image>` 420."""
    return train([TEXT], 160)


def larger() -> Tokenizer:
    return train(library(), 3000)
