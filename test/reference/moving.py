"""Makes moving pictures of each format, and records what Pillow shows of every frame over white.

    python test/reference/moving.py
"""

import hashlib
import io
import json
import random
from pathlib import Path

from PIL import Image

from odd_pictures import moving_avif

FOLDER = Path(__file__).parent.parent / "fixtures" / "images" / "moving"
SIZE = (40, 32)
COUNT = 12
# Milliseconds; the last frame stays, as in many such pictures.
DELAYS = [100, 50, 50, 100, 200, 100, 100, 40, 60, 100, 100, 1500]


def frames(mode: str) -> list[Image.Image]:
    """A block that moves to the right and changes color, over stripes or nothing."""
    made = []
    for i in range(COUNT):
        image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        if mode == "RGB":
            for x in range(0, SIZE[0], 4):
                image.paste((30, 60 + 3 * x, 120, 255), (x, 0, x + 2, SIZE[1]))
        image.paste((255, 20 * i, 40, 255), (3 * i, 8, 3 * i + 7, 24))
        made.append(image.convert(mode))
    return made


def saved(kind: str, pictures: list[Image.Image], **options) -> bytes:
    file = io.BytesIO()
    first, *others = pictures
    first.save(file, kind, save_all=True, append_images=others, **options)
    return file.getvalue()


def parts() -> bytes:
    """
    An animated PNG whose frames are parts, with each way to put one over and to take it off. Nothing is
    half transparent: Pillow mixes the transparency of both, and browsers do not.
    """
    random.seed(3)
    base = Image.new("RGBA", SIZE, (200, 220, 240, 255))
    pictures = [base]
    for i in range(1, 7):
        image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        left, top = random.randrange(30), random.randrange(20)
        image.paste((40 * i, 10, 255 - 40 * i, 255), (left, top, left + 9, top + 11))
        pictures.append(image)
    return saved("PNG", pictures, duration=90, disposal=[0, 0, 1, 2, 0, 2, 0], blend=[0, 1, 1, 1, 1, 1, 0])


def shown(data: bytes) -> list[dict]:
    """Pixels of each frame over white: their hash, and the row in the middle."""
    image = Image.open(io.BytesIO(data))
    moments = []
    first = 1 if getattr(image, "default_image", False) else 0
    for index in range(first, image.n_frames):
        image.seek(index)
        image.load()
        rgba = image.convert("RGBA")
        rgb = Image.alpha_composite(Image.new("RGBA", SIZE, (255, 255, 255, 255)), rgba).convert("RGB")
        pixels = rgb.tobytes()
        moments.append(
            {
                "sha256": hashlib.sha256(pixels).hexdigest(),
                "row": list(pixels[16 * SIZE[0] * 3 : 17 * SIZE[0] * 3]),
            }
        )
    return moments


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    opaque, clear = frames("RGB"), frames("RGBA")
    palette = [image.quantize(32, dither=0) for image in opaque]
    still = Image.new("RGBA", SIZE, (1, 2, 3, 255))
    files = {
        "parts.gif": saved("GIF", palette, duration=DELAYS, loop=0),
        "transparent.gif": saved("GIF", clear, duration=DELAYS, disposal=2, loop=0),
        "whole.png": saved("PNG", opaque, duration=DELAYS),
        "parts.png": parts(),
        "still-first.png": saved("PNG", [still, *clear], duration=DELAYS, default_image=True),
        "lossless.webp": saved("WEBP", clear, duration=DELAYS, lossless=True),
        "sequence.avif": moving_avif(opaque, DELAYS),
    }
    pictures = []
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
        pictures.append({"file": name, "exact": not name.endswith("avif"), "frames": shown(data)})
    text = json.dumps({"width": SIZE[0], "height": SIZE[1], "delays": DELAYS, "pictures": pictures})
    (FOLDER / "moving.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
