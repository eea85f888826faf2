"""Draws the pictures of the fixtures."""

from pathlib import Path

import numpy as np
from PIL import Image


def photo(width, height, seed):
    """Smooth colours, a hard edge and some noise: enough for every tap of a resampling filter to matter."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(3):
        fx, fy, phase = random.uniform(0.05, 0.4), random.uniform(0.05, 0.4), random.uniform(0, 6)
        plane = 128 + 90 * np.sin(x * fx + y * fy + phase)
        plane[(x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2] = random.integers(0, 256)
        planes.append(plane + random.normal(0, 8, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def parity_image(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "parity.png"
    Image.fromarray(photo(45, 37, 7)).save(file, optimize=True)
    return file
