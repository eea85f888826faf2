"""
A scene as the questions see it: each object with the words that are true of it, and what is in doubt.

Made from a drawn scene (training/world/scene.py), or at random for the language model, which needs no picture.
"""

import random

from training.world.scene import COUNT_WEIGHTS, COUNTS
from training.world.vocabulary import (BACKGROUNDS, COLORS, DIGITS, SHAPES, THINGS, coordinate_bin, is_place_sure, nearest_size_word, place, size_bin,
                                       size_word)

CELL_COLUMNS, CELL_ROWS = 6, 5  # cells of the picture, one slot of the written description each
LARGER = 1.35  # ratio of sizes from which people see which object is larger
APART = .10  # distance of centers, as a part of the picture's side, from which one is beside the other
LEVEL = .04  # and up to which it is not


class Thing:
    """One object: what it is, its color (None: many), and where. `size` is as in training/world/scene.py."""

    def __init__(self, shape, color, x, y, size):
        self.shape, self.color, self.x, self.y, self.size = shape, color, x, y, size
        self.size_bin, self.cell = size_bin(size), place(x, y)
        self.x_bin, self.y_bin = coordinate_bin(x), coordinate_bin(y)
        self.size_word = size_word(size)  # None: in doubt
        self.nearest_size = nearest_size_word(self.size_bin)
        self.is_place_sure = is_place_sure(x, y)
        self.slot = None

    def value(self, key):
        return {'shape': self.shape, 'color': self.color, 'size': self.size_word}[key]


class Scene:
    """`kind` 'other' is a picture that is no drawing: then there is nothing to know."""

    def __init__(self, kind, background, things):
        self.kind, self.background = kind, background
        self.things = assign_slots(things)
        self.only_shapes = all(thing.shape in SHAPES for thing in things)


def assign_slots(things):
    """Gives each object the cell of its center, or the nearest free one, and lists them in that order."""
    taken = set()

    def gap(thing, cell):
        row, column = divmod(cell, CELL_COLUMNS)
        return (thing.x * CELL_COLUMNS - column - .5) ** 2 + (thing.y * CELL_ROWS - row - .5) ** 2

    cells = range(CELL_COLUMNS * CELL_ROWS)
    for thing in sorted(things, key=lambda one: min(gap(one, cell) for cell in cells)):
        thing.slot = min((cell for cell in cells if cell not in taken), key=lambda cell: gap(thing, cell))
        taken.add(thing.slot)
    return sorted(things, key=lambda one: one.slot)


def of_picture(scene):
    """The Scene of a drawn one."""
    return Scene(scene['kind'], scene['background'], [Thing(o['shape'], o['color'], o['x'], o['y'], o['size']) for o in scene['objects']])


def sample(rng: random.Random, count=None):
    """A scene without a picture. Nouns, colors and sizes repeat often enough to make counts worth asking."""
    if count is None and rng.random() < .04:
        return Scene('other', None, [])
    things = []
    share = rng.choice((0, 0, .2, .8))
    small = rng.choice((.1, .1, .1, .3))
    for _ in range(rng.choices(COUNTS, COUNT_WEIGHTS)[0] if count is None else count):
        roll = rng.random()
        shape = rng.choice(THINGS if roll < share else DIGITS if roll < share + .05 else SHAPES)
        if things and rng.random() < .22:
            shape = rng.choice(things).shape
        color = None if shape in THINGS else rng.choice(COLORS)
        if things and color and rng.random() < .2:
            color = rng.choice(things).color or color
        size = small * (.85 / small) ** (rng.random() ** 1.3)
        edge = min(.42, size * .38)
        for _ in range(8):
            x, y = rng.uniform(edge, 1 - edge), rng.uniform(edge, 1 - edge)
            if all(abs(x - o.x) + abs(y - o.y) > .12 for o in things):
                break
        things.append(Thing(shape, color, x, y, size))
    return Scene('drawing', rng.choice(('white', 'white', *BACKGROUNDS)), things)


def is_larger(one, other):
    return one.size >= LARGER * other.size and one.size_bin > other.size_bin


def beside(one, other, way):
    """Whether `other` lies that way from `one`: True, False, or None where people would not agree."""
    distance = {'left': one.x - other.x, 'right': other.x - one.x, 'above': one.y - other.y, 'below': other.y - one.y}[way]
    bins = {'left': one.x_bin - other.x_bin, 'right': other.x_bin - one.x_bin, 'above': one.y_bin - other.y_bin, 'below': other.y_bin - one.y_bin}[way]
    if distance >= APART and bins > 0:
        return True
    return False if distance <= LEVEL and bins <= 0 else None
