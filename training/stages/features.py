"""
The frozen image encoder's features of the training pictures, written once, and their scenes in words.
"""

from functools import partial

import numpy as np
import torch

from training.common import in_processes, mixed_precision
from training.language.scene import of_picture
from training.stages.vit import HELD_OUT, encode, load
from training.world.data import PART, Pictures

AT_ONCE = 100


def write(run, vision=None, parts=None):
    """
    <run>/features/<part>.npy: float16 [PART, 197, WIDTH] of every part of the pictures, or of the first `parts`, by `vision` or the
    run's own encoder.
    """
    vision, pictures = vision or load(run), Pictures(run / 'pictures')
    folder = run / 'features'
    folder.mkdir(exist_ok=True)
    missing = []
    for index in range(len(pictures.parts[:parts])):
        if not (folder / f'{index:04d}.npy').exists():
            seen = [scene['seen'] for scene in pictures.scenes[index * PART:][:PART]]
            missing.append((folder / f'{index:04d}.npy', pictures.folder / f'{index:04d}.npy', seen))
    in_processes(partial(write_part, vision), missing)


def write_part(vision, part):
    """`part`: (the file, the pictures' file, their sizes without padding)"""
    path, pictures, seen = part
    images, parts = np.load(pictures, mmap_mode='r'), []
    for start in range(0, len(images), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        with mixed_precision():
            parts.append(encode(vision, np.array(images[rows]), seen[rows]).half().numpy())
    new = path.with_suffix('.new.npy')
    np.save(new, np.concatenate(parts))
    new.rename(path)


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

