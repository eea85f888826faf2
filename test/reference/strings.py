"""A few thousand strings and what transformers makes of them."""

import hashlib
import json
import random
import unicodedata
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer

import llamas_made
import tokenizers_made

SENTENCES = [
    "Question: what color is the circle? Answer:", "a photo of", "", " ", "  two  spaces  ", "\n", "\r\n", "\t\tx",
    "it's, they'll, we've, I'm, you're, he'd, can't", "IT'S", "don\u2019t", "naïve café", "Straße", "ﬁne ligature",
    "3.14159e-10", "1,000,000", "x²+y³=½", "Ⅻ", "snake_case camelCase kebab-case", "https://example.com/a?b=c&d=%20#e",
    "¿Qué color es el círculo?", "Какого цвета круг?", "圆圈是什么颜色？", "円は何色ですか。", "원은 무슨 색입니까?", "ما لون الدائرة؟",
    "מה צבע העיגול?", "वृत्त का रंग क्या है?", "วงกลมสีอะไร", "Τι χρώμα έχει ο κύκλος;", "áéíóú", "e\u0301 a\u0308 o\u0302\u0323",
    "Z̸̡̛a̴l̵g̶o̷", "👍", "👍🏽", "👩‍👩‍👧‍👦 family", "🏳️‍🌈", "🇩🇪🇫🇷", "1️⃣", "❤️ ❤", "😀😃😄", "a😀b", "\u200b\u200c\u200d\u2060", "\ufeffBOM",
    "x\ufeffy", " \ufeff ", "\u0085", "a\u0085b", " \u0085 x", "\u00a0nbsp\u00a0", "\u2028\u2029", "\u3000全角　空白", "\u180e", "\u1680\u2003\u202f",
    "\x00", "a\x00b", "\x01\x02\x7f\x80\x9f", "\u202eright to left", "\ufffd", "\U0010ffff", "\ue000", "\u0378",
    "</s>", "a</s>b", "<s>", "<pad><pad>", "<unk>", "<image>", " <image> ", "<image></s>x", "< /s>", "</s", "<</s>>", "</S>",
    "<ima</s>ge>", "x</s> </s>\n<image>y", "'s", "'S", " 's", "''s", "'", "\"", "`code`", "$1", "a\\nb", "C:\\dir", "---", "...", "!?!?", "==>",
    "    indented", "trailing   ", "\n\n\n\nx", " \n \n ", "a \t b", "tabs\tand\nlines\r", "\x0b\x0c", "\x1c\x1d\x1e\x1f",
    # White space in Unicode but not in JavaScript, and the reverse: the runs of spaces are cut elsewhere.
    "    \u0085x", "    \ufeffx", "\n\n\u0085\n\n    x",
]  # fmt: skip

# Long ones are not stored: [text, how often].
LONG = [
    ["a", 50000], [" ", 50000], ["ab ", 17000], ["the circle is red. ", 2600], ["1", 50000], ["!", 50000], ["\n", 50000],
    ["漢", 20000], ["👍", 15000], ["é", 30000], [" a", 25000], ["aA1! ", 10000], ["</s>", 12000], ["x\u0301", 20000],
    ["return self", 4500],
]  # fmt: skip


def alphabet(kind, generator):
    """Characters of one kind; none that Unicode 17 added, which the reference does not know yet."""
    ranges = {
        "ascii": (0x20, 0x7E), "control": (0x00, 0x20), "latin": (0xA0, 0x24F), "marks": (0x300, 0x36F), "greek": (0x370, 0x3FF),
        "cyrillic": (0x400, 0x4FF), "hebrew": (0x590, 0x5F4), "arabic": (0x600, 0x6FF), "devanagari": (0x900, 0x97F),
        "thai": (0xE00, 0xE5B), "hangul": (0xAC00, 0xD7A3), "kana": (0x3041, 0x30FF), "han": (0x4E00, 0x9FA5),
        "punctuation": (0x2000, 0x206F), "symbols": (0x2190, 0x2BFF), "emoji": (0x1F300, 0x1F64F), "planes": (0x10000, 0x2A6DF),
        "any": (0x01, 0xFFFD),
    }  # fmt: skip
    low, high = ranges[kind]
    while True:
        character = chr(generator.randint(low, high))
        if not 0xD800 <= ord(character) < 0xE000 and unicodedata.category(character) != "Cn":
            return character


KINDS = ["ascii", "control", "latin", "marks", "greek", "cyrillic", "hebrew", "arabic", "devanagari", "thai", "hangul",
         "kana", "han", "punctuation", "symbols", "emoji", "planes", "any"]  # fmt: skip
GLUE = [" ", "  ", "\n", "\t", "\u200d", "\ufe0f", "\u0301", "'s", "\u00a0", "\u0085", "\ufeff", "1", "a", "</s>", "<image>"]


def strings():
    generator = random.Random(0)
    made = list(SENTENCES)
    for kind in KINDS:
        for _ in range(60):
            length = generator.randint(1, 8)
            made.append("".join(alphabet(kind, generator) for _ in range(length)))
    for _ in range(900):
        parts = []
        for _ in range(generator.randint(2, 6)):
            kind = generator.choice(KINDS)
            parts += [alphabet(kind, generator) for _ in range(generator.randint(1, 4))]
            if generator.random() < 0.5:
                parts.append(generator.choice(GLUE))
        made.append("".join(parts))
    # Prose and code: what the merges were learned from, cut anywhere.
    library = Path(json.__file__).parent.parent
    source = (library / "json" / "decoder.py").read_text() + (library / "calendar.py").read_text()
    for _ in range(1000):
        start = generator.randrange(len(source) - 60)
        made.append(source[start : start + generator.randint(3, 45)])
    return made


def digest(ids) -> str:
    """The first 8 hex digits of the SHA-256 of the ids as little-endian 32-bit integers."""
    return hashlib.sha256(np.array(ids, dtype="<i4").tobytes()).hexdigest()[:8]


def entry(name: str, tokenizer, texts: list[str]) -> dict:
    lossy = "unigram" in name or "wordPiece" in name or name == "llama"
    ids = [tokenizer(t).input_ids for t in texts]
    decoded = [tokenizer.decode(i, skip_special_tokens=True) for i in ids]
    generator = random.Random(1)
    noise = [[generator.randrange(len(tokenizer)) for _ in range(generator.randint(1, 12))] for _ in range(400)]
    return {
        "ids": "".join(digest(i) for i in ids),
        "longIds": "".join(digest(tokenizer(t * n).input_ids) for t, n in LONG),
        "longCounts": [len(tokenizer(t * n).input_ids) for t, n in LONG],
        # Where decoding does not give the text back: only special tokens are left out.
        "changed": [] if lossy else [i for i, (a, b) in enumerate(zip(texts, decoded)) if a != b],
        # The others do not give all spaces back: what decoding gives, as one hash.
        "decoded": hashlib.sha256("\0".join(decoded).encode()).hexdigest() if lossy else "",
        "noise": noise[:40] if name == "miniature" else noise,
        "noiseTexts": [tokenizer.decode(n, skip_special_tokens=True) for n in (noise[:40] if name == "miniature" else noise)],
    }  # fmt: skip


def record(folder: Path):
    """strings.json: the strings, and per tokenizer a hash of each one's ids and of what decoding them gives."""
    large = folder / "tokenizers" / "larger"
    tokenizers_made.save(tokenizers_made.larger(), large)
    pieces = folder / "tokenizers" / "word-piece"
    llama = folder / "tokenizers" / "llama"
    llamas_made.save(llamas_made.larger(), llama)
    texts = strings()
    entries = {"strings": texts, "long": LONG}
    kinds = {
        "miniature": folder / "checkpoints" / "base", "larger": large,
        "unigramMiniature": folder / "checkpoints" / "t5-gated", "unigram": folder / "tokenizers" / "unigram",
        "wordPieceMiniature": folder / "checkpoints" / "itm-common", "wordPiece": pieces,
        "llama": llama,
    }  # fmt: skip
    for name, path in kinds.items():
        entries[name] = entry(name, AutoTokenizer.from_pretrained(path), texts)
    lines = ",\n".join(f'"{k}": {json.dumps(v, ensure_ascii=False, separators=(",", ":"))}' for k, v in entries.items())
    (folder / "strings.json").write_text("{\n" + lines + "\n}\n", "utf8")
    return len(texts) + len(LONG)
