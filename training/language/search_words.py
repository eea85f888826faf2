"""
What people type to find a picture: some of what is in it. `fits` says of which other pictures it is true, so that
they are no wrong pairs when contrast and matching are learned.
"""

from itertools import permutations

from training.language.conversation import AT
from training.language.phrases import a, called, plural

NUMBERS = ('', '', 'two', 'three', 'four')


class SearchWords:
    """
    `text`, and what it asks for: things that must be there ((shape, color, size, cell), None: any), how many of a
    kind, the background, or a color wherever it is.
    """

    def __init__(self, text, things=(), count=None, background=None, color=None):
        self.text, self.things, self.count, self.background, self.color = text, things, count, background, color

    def fits(self, scene):
        if scene.kind == 'other' or (self.background and scene.background != self.background):
            return False
        if self.color:  # everyday things have many, which are not known
            return scene.background == self.color or any(one.color in (None, self.color) for one in scene.things)
        if self.count:
            number, shape, color = self.count
            return sum(one.shape == shape and color in (None, one.color) for one in scene.things) == number
        return any(all(is_such(one, *wanted) for one, wanted in zip(chosen, self.things)) for chosen in permutations(scene.things, len(self.things)))


def is_such(thing, shape, color, size, cell):
    return thing.shape == shape and color in (None, thing.color) and size in (None, thing.size_word) and cell in (None, thing.cell)


def search_words(rng, scene):
    """Words that are true of the scene, or None where there is nothing to ask for."""
    if scene.kind == 'other' or not scene.things:
        return None
    roll = rng.random()
    if roll < .12:
        words = f'{scene.background} background'
        return SearchWords(a(words) if rng.random() < .5 else words, background=scene.background)
    if roll < .2:
        colors = [thing.color for thing in scene.things if thing.color]
        if colors:
            color = rng.choice(colors)
            return SearchWords(rng.choice((color, color, f'{color} things', f'{color} shapes')), color=color)
    if roll < .36:
        thing = rng.choice(scene.things)
        color = thing.color if rng.random() < .6 else None
        number = sum(one.shape == thing.shape and color in (None, one.color) for one in scene.things)
        if 2 <= number < len(NUMBERS):
            kind = ' '.join([*([color] if color else []), plural(called(rng, thing.shape))])
            return SearchWords(f'{rng.choice((NUMBERS[number], str(number)))} {kind}', count=(number, thing.shape, color))
    if roll < .5:  # "red hearts": people search so, whether they want one or several
        thing = rng.choice(scene.things)
        color = thing.color if rng.random() < .6 else None
        return SearchWords(' '.join([*([color] if color else []), plural(called(rng, thing.shape))]), things=[(thing.shape, color, None, None)])
    chosen = rng.sample(scene.things, min(len(scene.things), rng.choice((1, 1, 1, 2))))
    parts, wanted = [], []
    for thing in chosen:
        size = thing.size_word if rng.random() < .25 else None
        color = thing.color if rng.random() < .8 else None
        cell = thing.cell if thing.is_place_sure and rng.random() < .2 else None
        words = ' '.join([*([size] if size else []), *([color] if color else []), called(rng, thing.shape)])
        parts.append((a(words) if rng.random() < .6 else words) + (f' {AT[cell]}' if cell is not None else ''))
        wanted.append((thing.shape, color, size, cell))
    return SearchWords(' and '.join(parts), things=wanted)
