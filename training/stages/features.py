"""
The frozen image encoder's features of the training pictures, written once, and their scenes in words.
"""

import numpy as np
import torch

from training.common import mixed_precision
from training.language.scene import of_picture
from training.parts.model import SIDE, WIDTH
from training.stages.vit import HELD_OUT, encode, load
from training.world.data import PART, Pictures


def write(run, vision=None, parts=None):
    """
    <run>/features/<part>.npy: float16 [PART, 197, WIDTH] of every part of the pictures, or of the first `parts`, by `vision` or the
    run's own encoder.
    """
    vision, pictures = vision or load(run), Pictures(run / 'pictures')
    (run / 'features').mkdir(exist_ok=True)
    for index, part in enumerate(pictures.parts[:parts]):
        path = run / 'features' / f'{index:04d}.npy'
        if path.exists():
            continue
        features = np.empty((len(part), 1 + SIDE * SIDE, WIDTH), np.float16)
        for start in range(0, len(part), 100):
            rows = slice(start, min(start + 100, len(part)))
            seen = [scene['seen'] for scene in pictures.scenes[index * PART:][rows]]
            with mixed_precision():
                features[rows] = encode(vision, np.array(part[rows]), seen).numpy()
        np.save(path.with_suffix('.new.npy'), features)
        path.with_suffix('.new.npy').rename(path)


class Features:
    """Rows 0 to HELD_OUT - 1 are never trained on."""

    def __init__(self, run):
        paths = sorted(path for path in (run / 'features').glob('*.npy') if '.new' not in path.name)
        self.parts = [np.load(path, mmap_mode='r') for path in paths]
        pictures = Pictures(run / 'pictures')
        drawn = pictures.scenes[:len(self.parts) * PART]
        self.scenes = [of_picture(scene) for scene in drawn]
        self.seen = [scene['seen'] for scene in drawn]  # (width, height) in pixels of what is no padding
        self.printed = [scene.get('printed') for scene in drawn]  # words
        self.letters = [scene.get('letters') for scene in drawn]  # their boxes in pixels

    def __len__(self):
        return len(self.scenes)

    def training_rows(self, rng, count):
        return rng.sample(range(HELD_OUT, len(self)), count)

    def __getitem__(self, rows):
        """float32 [len(rows), 197, WIDTH]"""
        return torch.from_numpy(np.stack([self.parts[row // PART][row % PART] for row in rows])).float()

