"""
The training pictures, drawn once: <run>/pictures/<part>.npy, uint8 [PART, 224, 224, 3], letterboxed, and <part>.json, their
scenes. Picture i comes from random.Random(SEED + i), so each can be drawn again.
"""

import argparse
import json
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from training.world import others
from training.world.cairo import hand as cairo_hand
from training.world.pillow import hand as pillow_hand
from training.world.scene import MODEL_SIDE
from training.world.spoil import in_window, letterboxed, spoil

SEED = 20_000_000
PART = 2_000  # pictures in a file
PARTS = 90
IN_WINDOW = .05  # share of the drawings that are screenshots
HANDS = ((cairo_hand, .5), (pillow_hand, .4), (others, .1))


def picture_at(index):
    """(RGB picture, scene), before the model's resize."""
    rng = random.Random(SEED + index)
    hand = rng.choices([h for h, _ in HANDS], [w for _, w in HANDS])[0]
    image, scene = hand.draw(rng)
    if scene['kind'] == 'drawing' and rng.random() < IN_WINDOW:
        image, scene = in_window(rng, image, scene)
    return spoil(rng, image), scene


def write_part(folder, part):
    """Draws one file of pictures if it is not there."""
    path = Path(folder) / f'{part:04d}'
    if path.with_suffix('.json').exists():
        return part
    pixels = np.zeros((PART, MODEL_SIDE, MODEL_SIDE, 3), np.uint8)
    scenes = []
    for row in range(PART):
        image, scene = picture_at(part * PART + row)
        pixels[row], scene['seen'] = letterboxed(image)
        scenes.append(scene)
    np.save(path.with_suffix('.npy'), pixels)
    path.with_suffix('.new').write_text(json.dumps(scenes, separators=(',', ':')))
    os.replace(path.with_suffix('.new'), path.with_suffix('.json'))
    return part


class Pictures:
    """The parts that are ready, as one list."""

    def __init__(self, folder):
        self.folder, self.scenes, self.parts = Path(folder), [], []
        self.refresh()

    def refresh(self):
        """Takes up parts that were drawn since; they are used in order."""
        while (self.folder / f'{len(self.parts):04d}.json').exists():
            path = self.folder / f'{len(self.parts):04d}'
            self.scenes += json.loads(path.with_suffix('.json').read_text())
            self.parts.append(np.load(path.with_suffix('.npy'), mmap_mode='r'))

    def __len__(self):
        return len(self.scenes)

    def pixels(self, rows):
        """uint8 [len(rows), 224, 224, 3]"""
        return np.stack([self.parts[row // PART][row % PART] for row in rows])


def make(run, workers, parts=PARTS):
    """Draws the parts that are not there yet."""
    folder = run / 'pictures'
    folder.mkdir(parents=True, exist_ok=True)
    started = time.time()
    with ProcessPoolExecutor(workers) as pool:
        for part in pool.map(write_part, [folder] * parts, range(parts)):
            print(f'part {part}: {round(time.time() - started)} s', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--run', type=Path, default=Path('training/run'))
    parser.add_argument('--parts', type=int, default=PARTS)
    parser.add_argument('--workers', type=int, default=os.cpu_count())
    options = parser.parse_args()
    make(options.run, options.workers, options.parts)


if __name__ == '__main__':
    main()
