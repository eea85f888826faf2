"""
Questions about two and more objects: which is larger, what is beside what, which is the last on a side.
"""

from training.language.phrases import be, named, phrase, plural
from training.language.questions import Turn, yes
from training.language.scene import APART, beside, is_larger
from training.world.vocabulary import COLORS, SHAPES

WAYS = {
    'left': ('to the left of', 'left of', 'on the left of'),
    'right': ('to the right of', 'right of', 'on the right of'),
    'above': ('above', 'over', 'higher than'),
    'below': ('below', 'under', 'lower than'),
}


def pair(rng, scene, accept, hide=()):
    """Two objects that `accept`, with a phrase for each, or None."""
    pairs = [(one, other) for one in scene.things for other in scene.things if one is not other and accept(one, other)]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    the, that = phrase(rng, scene, one, hide), phrase(rng, scene, other, hide)
    return (one, other, the, that) if the and that else None


def comparison_question(rng, scene):
    roll = rng.random()
    if roll < .25:
        return which_larger(rng, scene)
    if roll < .45:
        return is_it_larger(rng, scene)
    if roll < .6:
        return extreme(rng, scene)
    return same(rng, scene) if roll < .82 else more(rng, scene)


def which_larger(rng, scene):
    two = pair(rng, scene, lambda one, other: is_larger(one, other) or is_larger(other, one), ('size',))
    if not two or two[0].shape == two[1].shape:
        return None
    one, other, the, that = two
    word = rng.choice(('bigger', 'larger', 'smaller'))
    winner = one if is_larger(one, other) == (word != 'smaller') else other
    start = rng.choice((f'which is {word},', f'which is {word},', f'which one is {word},', f'what is {word},'))
    return Turn(f'{start} {the} or {that}?', winner.shape, 'comparison', winner, 'compare')


def is_it_larger(rng, scene):
    answer = rng.random() < .5
    two = pair(rng, scene, lambda one, other: is_larger(one, other) if answer else is_larger(other, one), ('size',))
    if not two:
        return None
    one, other, the, that = two
    if rng.random() < .4:
        return Turn(f'is {that} smaller than {the}?', yes(answer), 'comparison', None, 'compare')
    return Turn(f"is {the} {rng.choice(('bigger', 'larger'))} than {that}?", yes(answer), 'comparison', None, 'compare')


def extreme(rng, scene):
    """The largest or smallest of all, or the last on a side."""
    things = scene.things
    if len(things) < 2:
        return None
    words = rng.choice(('shape', 'object', 'thing')) if scene.only_shapes else rng.choice(('object', 'thing'))
    if rng.random() < .5:
        order = sorted(things, key=lambda one: one.size)
        is_largest = rng.random() < .6
        end, next_one = (order[-1], order[-2]) if is_largest else (order[1], order[0])
        if not is_larger(end, next_one):
            return None
        winner = order[-1] if is_largest else order[0]
        word = rng.choice(('largest', 'biggest')) if is_largest else 'smallest'
        return Turn(rng.choice((f'what is the {word} {words}?', f'which {words} is the {word}?')), named(winner), 'comparison', winner, 'compare')
    side = rng.choice(('leftmost', 'rightmost', 'topmost', 'lowest'))
    value = {'leftmost': lambda o: o.x, 'rightmost': lambda o: -o.x, 'topmost': lambda o: o.y, 'lowest': lambda o: -o.y}[side]
    order = sorted(things, key=value)
    axis = 'x_bin' if side in ('leftmost', 'rightmost') else 'y_bin'
    if value(order[1]) - value(order[0]) < APART or getattr(order[0], axis) == getattr(order[1], axis):
        return None
    return Turn(f'what is the {side} {words}?', named(order[0]), 'relation', order[0], 'compare')


def same(rng, scene):
    key, answer = rng.choice(('color', 'color', 'size', 'shape')), rng.random() < .5

    def accept(one, other):
        if one.value(key) is None or other.value(key) is None:
            return False
        if key == 'size' and answer:
            return one.size_word == other.size_word and max(one.size, other.size) < 1.3 * min(one.size, other.size)
        return (one.value(key) == other.value(key)) == answer

    two = pair(rng, scene, accept, (key,))
    if not two:
        return None
    one, other, the, that = two
    question = rng.choice((f'are {the} and {that} the same {key}?', f'do {the} and {that} have the same {key}?', f'is {the} the same {key} as {that}?',
                           f"{be(one) if the.split()[-1] == one.shape else 'is'} {the} as big as {that}?" if key == 'size' else f'are {the} and {that} the same {key}?'))
    return Turn(question, yes(answer), 'comparison', None, 'compare')


def more(rng, scene):
    things, answer = scene.things, rng.random() < .5
    key = rng.choice(('shape', 'shape', 'color')) if scene.only_shapes else 'shape'
    if not things:
        return None
    pool = [o.value(key) for o in things] + [rng.choice(SHAPES if key == 'shape' else COLORS)]
    first, second = rng.choice(pool), rng.choice(pool)
    number = [sum(o.value(key) == value for o in things) for value in (first, second)]
    if first == second or number[0] == number[1] or (number[0] > number[1]) != answer:
        return None
    left, right = (plural(value) if key == 'shape' else value + ' shapes' for value in (first, second))
    return Turn(f'are there more {left} than {right}?', yes(answer), 'comparison', None, 'compare')


def neighbor(scene, thing, way):
    """(the one object that way or None, is the question clear?)"""
    sides = [(other, beside(thing, other, way)) for other in scene.things if other is not thing]
    there = [other for other, value in sides if value]
    return (there[0] if there else None), len(there) < 2 and all(value is not None for _, value in sides)


def neighbor_question(rng, scene, thing, the, start=None):
    """"what is to the left of the circle?"; `start` replaces "what is" in follow-ups."""
    ways = [way for way in WAYS if neighbor(scene, thing, way)[1]]
    full = [way for way in ways if neighbor(scene, thing, way)[0]]
    if not ways:
        return None
    way = rng.choice(full) if full and rng.random() < .75 else rng.choice(ways)
    other, _ = neighbor(scene, thing, way)
    where = rng.choice(WAYS[way][:2])
    start = start or rng.choice(('what is', 'what is', "what's", 'whats', 'which shape is', 'what do you see'))
    if start == 'which shape is' and (other is None or other.shape not in SHAPES):
        start = 'what is'
    answer = 'nothing' if other is None else other.shape if start == 'which shape is' else named(other)
    return Turn(f'{start} {where} {the}?', answer, 'relation', other or thing, 'neighbor')


def relation_question(rng, scene):
    roll = rng.random()
    if roll < .42:
        if not scene.things:
            return None
        thing = rng.choice(scene.things)
        the = phrase(rng, scene, thing)
        return neighbor_question(rng, scene, thing, the) if the else None
    way, opposite, choices = rng.choice((('left', 'right', ('to the left or to the right of', 'left or right of', 'to the right or to the left of')),
                                         ('above', 'below', ('above or below', 'below or above', 'over or under'))))
    if roll < .58:
        answer = rng.choice((way, opposite))
        two = pair(rng, scene, lambda one, other: beside(other, one, answer))
        if not two:
            return None
        _, _, the, that = two
        return Turn(f'is {the} {rng.choice(choices)} {that}?', answer, 'relation', None, 'relate')
    way, answer = rng.choice(tuple(WAYS)), rng.random() < .5
    two = pair(rng, scene, lambda one, other: beside(other, one, way) is answer)
    if not two:
        return None
    _, _, the, that = two
    return Turn(f'is {the} {rng.choice(WAYS[way])} {that}?', yes(answer), 'relation', None, 'relate')
