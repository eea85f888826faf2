"""
What a hand (a renderer with a layout of its own) says about the picture that it drew.

A scene is plain data: {'kind', 'hand', 'width', 'height', 'background', 'objects': [...], 'flips'}; an
object is {'shape', 'color', 'x', 'y', 'size'}: the center of the visible part of its box as fractions of
the picture's sides, and the longer side of that box as a fraction of the picture's shorter side. `color` is
None for things, which have many. Objects are listed from the back to the front.
`flips`: whether the mirrored picture is as true (no digits in it).
"""

from training.world.vocabulary import DIGITS, MOST_OBJECTS, SHAPES, THINGS

COUNTS = (0, 1, 2, 3, 4, 5, MOST_OBJECTS)
COUNT_WEIGHTS = (3, 24, 25, 24, 12, 7, 5)
SIDES = (48, 460)  # pixels of the shorter and of the longer side; larger pictures look the same at the model's 224
RATIO = 3
MODEL_SIDE = 224

# Smallest box, in pixels of the model's picture, at which a person recognizes the shape.
LEAST = {'circle': 8, 'square': 8, 'triangle': 9, 'rectangle': 10, 'oval': 11, 'cross': 9, 'heart': 11, 'star': 11, 'diamond': 11,
         'ring': 12, 'crescent': 12, 'arrow': 13, 'pentagon': 15, 'hexagon': 15,
         **dict.fromkeys(DIGITS, 16), **dict.fromkeys(THINGS, 26)}


def sample_sides(rng):
    """(width, height) of a picture: often a screen's or a photograph's shape, 1:3 to 3:1."""
    ratio = rng.choice((1, 1, 4 / 3, 4 / 3, 3 / 2, 16 / 9)) if rng.random() < .6 else RATIO ** (rng.random() ** 1.6)
    long = round(SIDES[0] * ratio * (SIDES[1] / SIDES[0] / ratio) ** min(1, rng.betavariate(2, .8)))
    short = max(SIDES[0], round(long / ratio))
    return (long, short) if rng.random() < .65 else (short, long)


def model_pixels(sides):
    """How many pixels of the model's picture the shorter side has."""
    return MODEL_SIDE * min(sides) / max(sides)


def sample_noun(rng, things):
    """A shape, or with the probability `things` a thing, or seldom a digit."""
    roll = rng.random()
    if roll < things:
        return rng.choice(THINGS)
    return rng.choice(DIGITS) if roll < things + .05 else rng.choice(SHAPES)


def described(box, sides):
    """{'x', 'y', 'size'} of a box in pixels (left, top, right, bottom), cut at the picture's edges."""
    width, height = sides
    left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    return {'x': round((left + right) / 2 / width, 4), 'y': round((top + bottom) / 2 / height, 4),
            'size': round(max(right - left, bottom - top) / min(sides), 4), 'box': [round(v, 1) for v in (left, top, right, bottom)]}
