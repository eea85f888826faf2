"""
What the frozen first blocks of the stem make of the training pictures at full size. It is written once, as it never changes and takes
as long as the rest of a step: <run>/blocks/<part>.npy, float16 [PART, side, side, channels].
"""

import random
from functools import partial

import numpy as np
import torch

from training.common import in_processes, mixed_precision
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
        self.scenes, missing = [], []
        paths = [folder / f'{index:04d}.npy' for index in range(len(pictures.parts))]
        for index, path in enumerate(paths):
            scenes = pictures.scenes[index * PART :][:PART]
            flips = [scene['flips'] and random.Random(index * PART + row).random() < 0.5 for row, scene in enumerate(scenes)]
            self.scenes += [mirrored(scene) if flip else scene for scene, flip in zip(scenes, flips)]
            if not path.exists():
                missing.append((path, pictures.folder / path.name, [scene['seen'] for scene in scenes], flips))
        in_processes(partial(write_part, stem, blocks), missing)
        self.parts = [np.load(path, mmap_mode='r') for path in paths]

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, rows):
        """(float32 [len(rows), channels, side, side], scenes)"""
        hidden = np.stack([self.parts[row // PART][row % PART] for row in rows])
        return torch.from_numpy(hidden).float().permute(0, 3, 1, 2), [self.scenes[row] for row in rows]


def write_part(stem, blocks, part):
    """`part`: (the file, the pictures' file, their sizes without padding, which are mirrored)"""
    path, pictures, seen, flips = part
    images, parts = np.load(pictures, mmap_mode='r'), []
    for start in range(0, len(images), AT_ONCE):
        chosen = slice(start, start + AT_ONCE)
        own = np.array(images[chosen])
        flip(own, seen[chosen], flips[chosen])
        with mixed_precision():
            hidden, _ = stem.begin(pixel_values(own, seen[chosen]).contiguous(memory_format=torch.channels_last), blocks)
        parts.append(hidden.permute(0, 2, 3, 1).half().numpy())
    new = path.with_suffix('.new.npy')
    np.save(new, np.concatenate(parts))
    new.rename(path)


def flip(images, seen, flips):
    """Mirrors what is no padding of uint8 [B, side, side, 3], in place."""
    for image, (width, height), flips_it in zip(images, seen, flips):
        if flips_it:
            image[:height, :width] = image[:height, :width][:, ::-1].copy()
