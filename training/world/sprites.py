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
    """An RGBA picture of a thing, cut to what is opaque, mirrored and in other colors at times."""
    image = picture(rng.choice(paths(thing, sets)))
    if rng.random() < .3:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return recolored(rng, image) if rng.random() < .5 else image


def recolored(rng, image):
    """Every artist has colors of their own: the hues turn, a little as a rule, and saturation and lightness change."""
    alpha = image.getchannel('A')
    hue, saturation, value = image.convert('RGB').convert('HSV').split()
    turn = rng.randrange(256) if rng.random() < .25 else round(rng.gauss(0, 8))
    vivid, light = rng.uniform(.5, 1.3), rng.uniform(.75, 1.2)
    hue = hue.point([(level + turn) % 256 for level in range(256)])
    saturation = saturation.point([min(255, round(level * vivid)) for level in range(256)])
    value = value.point([min(255, round(level * light)) for level in range(256)])
    mixed = Image.merge('HSV', (hue, saturation, value)).convert('RGB')
    mixed.putalpha(alpha)
    return mixed
