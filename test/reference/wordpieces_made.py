"""Trains the WordPiece tokenizers of the fixtures, in the form of bert-base-uncased with `[DEC]` as BLIP-2 has it."""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers_made import TEXT, library

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4


def train(texts, vocab_size: int, image_token: bool) -> Tokenizer:
    """`vocab_size` ids with `[DEC]`, the last of them; `<image>` comes after."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=vocab_size - 1, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    # Sorted: the trainer's order of equally frequent pieces differs from run to run.
    pieces = sorted(set(tokenizer.get_vocab()) - set(SPECIAL))[: vocab_size - 1 - len(SPECIAL)]
    vocab = {piece: i for i, piece in enumerate([*SPECIAL, *pieces])}
    tokenizer.model = models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100)
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in [*SPECIAL, "[DEC]"]])
    if image_token:
        tokenizer.add_special_tokens([AddedToken("<image>", normalized=False, special=True)])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, image_token: bool):
    folder.mkdir(parents=True, exist_ok=True)
    data = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    config = {
        "bos_token": "[DEC]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]",
        "mask_token": "[MASK]", "do_lower_case": True, "tokenize_chinese_chars": True, "strip_accents": None,
        "model_max_length": 512, "tokenizer_class": "BertTokenizer",
    }  # fmt: skip
    if image_token:
        config["extra_special_tokens"] = {"image_token": "<image>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def miniature(vocab_size: int, image_token=True) -> Tokenizer:
    return train([TEXT.lower()], vocab_size, image_token)


def larger() -> Tokenizer:
    """Pieces learned from the source texts of Python's own library."""
    return train([text.lower() for text in library()], 2000, True)
