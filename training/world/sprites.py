"""
Pictures of things for the hands to place: made once by make_sprites.py.
"""

import math
import os
from functools import cache
from pathlib import Path

from PIL import Image

from training.world import colors
from training.world.make_sprites import ONE_COLOR_SETS, TRAINING_SETS
from training.world.vocabulary import COLORS

IN_ONE_COLOR = .25  # share of the things
GAP = 30  # least CIELAB distance of these from the page

FOLDER = Path(os.environ.get('SIGHTSEER_SPRITES', 'training/run/sprites'))


@cache
def paths(thing, sets):
    return sorted(path for name in sets for path in (FOLDER / name).glob(f'{thing}-*.png'))


@cache
def picture(path):
    return Image.open(path).convert('RGBA')


def load(rng, thing, page):
    """An RGBA picture of a thing, cut to what is opaque, mirrored and in other colors at times; `page`: the color (r, g, b) behind it."""
    in_one_color = paths(thing, ONE_COLOR_SETS) if rng.random() < IN_ONE_COLOR else []
    choice = in_one_color or paths(thing, TRAINING_SETS)
    if not choice:
        raise FileNotFoundError(f'no picture of a {thing} in {FOLDER}: run training.world.make_sprites')
    image = picture(rng.choice(choice))
    if rng.random() < .3:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < .4:
        image = stretched(rng, image)
    if in_one_color:
        return tinted(rng, image, page)
    return recolored(rng, image) if rng.random() < .5 else image


def stretched(rng, image):
    """A little wider or narrower, and slanted."""
    width, height = image.size
    wide, slant = math.exp(rng.uniform(-.2, .2)), rng.uniform(-.15, .15)
    size = round(wide * width + abs(slant) * height), height
    start = -slant * height if slant > 0 else 0
    result = image.transform(size, Image.Transform.AFFINE, (1 / wide, slant / wide, start / wide, 0, 1, 0), Image.Resampling.BICUBIC)
    return result.crop(result.getbbox())


def tinted(rng, image, page):
    """In a color that shows on the page."""
    while True:
        color = colors.sample(rng, 'black' if rng.random() < .3 else rng.choice(COLORS))
        if colors.distance(color, page) >= GAP:
            break
    result = Image.new('RGBA', image.size, color)
    result.putalpha(image.getchannel('A'))
    return result


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
