"""
The training scenes of the visual stages, drawn once: <run>/images.u8 [N, side, side, 3] and
<run>/scenes.json. Scene i comes from random.Random(SEED + i), so each of them can be recreated.
"""

import json
import random
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from training.model import IMAGE_SIDE
from training.render import squashed
from training.scene import sample_geometry, sample_symbols

SCENES = 72_000
SEED = 1_000_000
CHUNK = 400


def scene_at(index):
    rng = random.Random(SEED + index)
    return sample_geometry(rng, sample_symbols(rng))


def draw(start):
    return np.stack([squashed(scene_at(index), IMAGE_SIDE) for index in range(start, start + CHUNK)])


def make(run, workers=1):
    shape = (SCENES, IMAGE_SIDE, IMAGE_SIDE, 3)
    images = np.lib.format.open_memmap(run / 'images.npy', 'w+', np.uint8, shape)
    progress = run / 'images.count'
    with ProcessPoolExecutor(workers) as pool:
        starts = range(0, SCENES, CHUNK)
        for start, part in zip(starts, pool.map(draw, starts)):
            images[start:start + CHUNK] = part
            progress.write_text(str(start + CHUNK))
    images.flush()


def load(run):
    """(images memmap, number ready): training can start while the others are drawn."""
    return np.load(run / 'images.npy', mmap_mode='r'), int((run / 'images.count').read_text())


def symbols(count):
    """The scenes without pictures."""
    return [scene_at(index) for index in range(count)]


def dump(scenes, path):
    path.write_text(json.dumps(scenes, separators=(',', ':')))
