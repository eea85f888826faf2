"""
Pictures of things for the hands to place: made once by make_sprites.py.
"""

import os
from functools import cache
from pathlib import Path

from PIL import Image

from training.world.make_sprites import TRAINING_SETS

FOLDER = Path(os.environ.get('SIGHTSEER_SPRITES', 'training/run/sprites'))


@cache
def paths(thing, sets=TRAINING_SETS):
    found = sorted(path for name in sets for path in (FOLDER / name).glob(f'{thing}-*.png'))
    if not found:
        raise FileNotFoundError(f'no picture of a {thing} in {FOLDER}: run training.world.make_sprites')
    return found


@cache
def picture(path):
    return Image.open(path).convert('RGBA')


def load(rng, thing, sets=TRAINING_SETS):
    """An RGBA picture of a thing, cut to what is opaque."""
    path = rng.choice(paths(thing, sets))
    image = picture(path)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < .3 else image
