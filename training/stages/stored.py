"""
What the frozen first blocks of the stem make of the training pictures at full size. It is written once, as it never changes and takes
as long as the rest of a step: <run>/blocks/<part>.npy, float16 [PART, side, side, channels].
"""

import random

import numpy as np
import torch

from training.common import mixed_precision
from training.parts.model import pixel_values
from training.parts.targets import mirrored
from training.world.data import PART

AT_ONCE = 100


class Stored:
    """Of the pictures that are there now. Half of those that may be mirrored are, always the same ones."""

    def __init__(self, run, pictures, stem, blocks):
        """`stem`: the ConvStem, of which so many `blocks` are frozen."""
        folder = run / 'blocks'
        folder.mkdir(exist_ok=True)
        self.scenes, self.parts = [], []
        for index, images in enumerate(pictures.parts):
            scenes = pictures.scenes[index * PART :][: len(images)]
            flips = [scene['flips'] and random.Random(index * PART + row).random() < 0.5 for row, scene in enumerate(scenes)]
            path = folder / f'{index:04d}.npy'
            if not path.exists():
                new = path.with_suffix('.new.npy')
                np.save(new, results(stem, blocks, images, scenes, flips))
                new.rename(path)
            self.parts.append(np.load(path, mmap_mode='r'))
            self.scenes += [mirrored(scene) if flip else scene for scene, flip in zip(scenes, flips)]

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, rows):
        """(float32 [len(rows), channels, side, side], scenes)"""
        hidden = np.stack([self.parts[row // PART][row % PART] for row in rows])
        return torch.from_numpy(hidden).float().permute(0, 3, 1, 2), [self.scenes[row] for row in rows]


def results(stem, blocks, images, scenes, flips):
    parts = []
    for start in range(0, len(images), AT_ONCE):
        chosen = np.array(images[start : start + AT_ONCE])
        seen = [scene['seen'] for scene in scenes[start : start + AT_ONCE]]
        flip(chosen, seen, flips[start : start + AT_ONCE])
        with mixed_precision():
            hidden, _ = stem.begin(pixel_values(chosen, seen).contiguous(memory_format=torch.channels_last), blocks)
        parts.append(hidden.permute(0, 2, 3, 1).half().numpy())
    return np.concatenate(parts)


def flip(images, seen, flips):
    """Mirrors what is no padding of uint8 [B, side, side, 3], in place."""
    for image, (width, height), flips_it in zip(images, seen, flips):
        if flips_it:
            image[:height, :width] = image[:height, :width][:, ::-1].copy()
