"""Records what Pillow's Lanczos and bilinear filters make of the pictures of the fixtures."""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pictures import digest

FILTERS = {"lanczos": Image.LANCZOS, "bilinear": Image.BILINEAR}
SIZES = ((224, 224), (364, 52), (31, 97))


def record(folder: Path) -> int:
    """For each picture that has Pillow's pixels, the hash of the RGB bytes of each size (width, height)."""
    listed = json.loads((folder / "pictures.json").read_text())["pictures"]
    entries = []
    for name in [picture["file"] for picture in listed if picture["exact"]]:
        image = ImageOps.exif_transpose(Image.open(folder / name)).convert("RGB")
        entries.append({"file": name, **{
            key: [digest(np.asarray(image.resize(size, resample))) for size in SIZES] for key, resample in FILTERS.items()
        }})  # fmt: skip
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (folder / "filters.json").write_text(f'{{"sizes": {json.dumps(SIZES)}, "pictures": [\n{lines}\n]}}\n')
    return len(entries)
