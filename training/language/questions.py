"""
Single questions about a scene, each with its one right answer: what an object is like, how many there are, where they are.

Every question asked here is clear: a noun phrase fits exactly one object, sizes and places in doubt are not asked for.
Questions about two objects are in pairs.py.
"""

from training.language.phrases import ALWAYS_PLURAL, GENERIC, SIZE_WORDS, a, absent, be, called, named, phrase, plural
from training.world.vocabulary import BACKGROUNDS, COLORS, DIGITS, PLACES, SHAPES, SIZES, THINGS

CORNERS = (0, 2, 6, 8)
NUMBERS = ('no', 'one', 'two', 'three', 'four', 'five', 'six')
CANNOT_TELL = 'i cannot tell'


class Turn:
    """One question with its answer; `about` is the object that "it" means afterwards, if any."""

    def __init__(self, question, answer, category, about=None, kind=None, history=False):
        self.question, self.answer, self.category = question, answer, category
        self.about, self.kind, self.history = about, kind, history


def there_is_no(words):
    return f"there {'are' if words.rsplit(' ', 1)[-1] in ALWAYS_PLURAL else 'is'} no {words}"


def is_word(rng):
    return rng.choice((' is', ' is', "'s", 's'))


def yes(value):
    return 'yes' if value else 'no'


def color_question(rng, scene):
    options = [thing for thing in scene.things if thing.color]
    if not options:
        return None
    thing = rng.choice(options)
    the = phrase(rng, scene, thing, ('color',))
    if not the:
        return None
    if rng.random() < .22:
        color = thing.color if rng.random() < .5 else rng.choice(COLORS)
        return Turn(f'is {the} {color}?', yes(color == thing.color), 'color', thing, 'is color')
    question = rng.choice((f'what color is {the}?', f'what color is {the}?', f'what color is {the}?', f"what{is_word(rng)} the color of {the}?",
                           f'which color is {the}?', f'{the} is what color?', f'tell me the color of {the}', f'what color does {the} have?', f'what colour is {the}?'))
    return Turn(question, thing.color, 'color', thing, 'color')


def shape_question(rng, scene):
    if not scene.things:
        return None
    thing = rng.choice(scene.things)
    the = phrase(rng, scene, thing, ('shape',))
    if not the:
        return None
    if thing.shape not in SHAPES:
        return Turn(rng.choice((f"what{is_word(rng)} {the}?", f'what is {the}?')), thing.shape, 'shape', thing, 'shape')
    if rng.random() < .15:
        shape = thing.shape if rng.random() < .5 else rng.choice(SHAPES)
        return Turn(f'is {the} {a(shape)}?', yes(shape == thing.shape), 'shape', thing, 'is shape')
    bare = the.removeprefix('the ').rsplit(' ', 1)[0]
    question = rng.choice((f'what shape is {the}?', f'what shape is {the}?', f"what{is_word(rng)} {the}?", f"what{is_word(rng)} {the}?", f'what shape is {bare}?', f'which shape is {bare}?',
                           f"what{is_word(rng)} the shape of {the}?", f'what kind of shape is {the}?', f'tell me the shape of {the}'))
    return Turn(question, thing.shape, 'shape', thing, 'shape')


def size_question(rng, scene):
    options = [thing for thing in scene.things if thing.size_word]
    if not options:
        return None
    thing = rng.choice(options)
    the = phrase(rng, scene, thing, ('size',))
    if not the:
        return None
    verb = be(thing) if the.split()[-1] == thing.shape else 'is'
    if rng.random() < .25:
        size = thing.size_word if rng.random() < .5 else rng.choice(SIZES)
        return Turn(f'{verb} {the} {rng.choice(SIZE_WORDS[size][:4])}?', yes(size == thing.size_word), 'size', thing, 'is size')
    question = rng.choice((f'how big {verb} {the}?', f'how big {verb} {the}?', f'what size {verb} {the}?', f'how large {verb} {the}?',
                           f'{verb} {the} small, medium or large?', f"what{is_word(rng)} the size of {the}?"))
    return Turn(question, thing.size_word, 'size', thing, 'size')


def often(rng, values):
    """One of them; in two of three cases one that is there most often, as few scenes repeat anything and the answer would be 1."""
    most = max(map(values.count, values))
    return rng.choice([value for value in values if values.count(value) == most]) if rng.random() < .67 else rng.choice(values)


def count_phrase(rng, scene):
    """The things to count, as (plural words, number, one word each for "are there N"), or None."""
    things = scene.things
    roll = rng.random()
    words = ('shapes', 'objects', 'things') if scene.only_shapes else ('objects', 'things')
    if roll < .24 or not things:
        return rng.choice(words), len(things)
    if roll < .6:
        shape = often(rng, [o.shape for o in things]) if rng.random() < .75 else rng.choice(SHAPES)
        return plural(called(rng, shape)), sum(o.shape == shape for o in things)
    near = rng.choice(things)
    if roll < .72:
        color = near.color or rng.choice(COLORS)
        shape = near.shape if near.color else rng.choice(SHAPES)
        return f'{color} {plural(shape)}', sum(o.shape == shape and o.color == color for o in things)
    if roll < .9 and scene.only_shapes:
        color = often(rng, [o.color for o in things]) if rng.random() < .8 else rng.choice(COLORS)
        return f"{color} {rng.choice((*words, 'ones'))}", sum(o.color == color for o in things)
    if all(o.size_word for o in things):
        size = rng.choice(SIZES)
        return f"{rng.choice(SIZE_WORDS[size])} {rng.choice((*words, 'ones'))}", sum(o.size_word == size for o in things)
    return None


def count_question(rng, scene):
    counted = count_phrase(rng, scene)
    if not counted:
        return None
    what, number = counted
    if rng.random() < .2 and number:
        other = number if rng.random() < .5 else rng.randint(1, 6)
        if rng.random() < .4:
            return Turn(f"are there more than {rng.choice((str(other), NUMBERS[other]))} {what}?", yes(number > other), 'count', None, 'is count')
        if other > 1:
            return Turn(f'are there {rng.choice((str(other), NUMBERS[other]))} {what}?', yes(number == other), 'count', None, 'is count')
    question = rng.choice((f'how many {what} are there?', f'how many {what} are there?', f'how many {what} are in the picture?', f'how many {what} do you see?',
                           f'how many {what} can you see?', f'how many {what}?', f'count the {what}', f"what{is_word(rng)} the number of {what}?"))
    return Turn(question, str(number), 'count', None, 'count')


def place_words(rng, cell):
    """The name of a third-by-third cell in a question."""
    if cell == 4:
        return rng.choice(('in the center', 'in the middle', 'in the center'))
    if cell in CORNERS:
        return f"{rng.choice(('in', 'in', 'at'))} the {PLACES[cell]}{rng.choice(('', '', ' corner'))}"
    return f"{'at' if cell in (1, 7) else 'on'} the {PLACES[cell]}"


def content_question(rng, scene, start=None):
    """What is in a part of the picture. An edge is asked for only if both of its corners are empty."""
    if not all(thing.is_place_sure for thing in scene.things):
        return None
    there = {}
    for thing in scene.things:
        there.setdefault(thing.cell, []).append(thing)
    sides = {1: (0, 2), 3: (0, 6), 5: (2, 8), 7: (6, 8)}
    cells = [cell for cell in range(9) if len(there.get(cell, ())) < 2 and not any(other in there for other in sides.get(cell, ()))]
    full = [cell for cell in cells if cell in there]
    if not cells:
        return None
    cell = rng.choice(full) if full and rng.random() < .78 else rng.choice(cells)
    thing = there[cell][0] if cell in there else None
    where = place_words(rng, cell)
    if start is None and thing and thing.shape in SHAPES and rng.random() < .2:
        return Turn(f'what shape is {where}?', thing.shape, 'shape', thing, 'shape')
    if start is None and thing and thing.color and rng.random() < .15:
        return Turn(f'what color is the {rng.choice(GENERIC)} {where}?', thing.color, 'color', thing, 'color')
    question = start + where + '?' if start else rng.choice((f"what{is_word(rng)} {where}?", f'what do you see {where}?'))
    return Turn(question, named(thing) if thing else 'nothing', 'position', thing, 'content')


def position_question(rng, scene):
    if rng.random() < .4:
        return content_question(rng, scene)
    options = [thing for thing in scene.things if thing.is_place_sure]
    if not options:
        return None
    thing = rng.choice(options)
    the = phrase(rng, scene, thing)
    if not the:
        return None
    verb = be(thing) if the.split()[-1] == thing.shape else 'is'
    if rng.random() < .2:
        cell = thing.cell if rng.random() < .5 else rng.randrange(9)
        return Turn(f'{verb} {the} {place_words(rng, cell)}?', yes(cell == thing.cell), 'position', thing, 'is where')
    question = rng.choice((f'where {verb} {the}?', f'where {verb} {the}?', f'where {verb} {the}?', f'where in the picture {verb} {the}?', f'in which part of the picture {verb} {the}?',
                           f"what{is_word(rng)} the position of {the}?", f'where can you see {the}?'))
    return Turn(question, PLACES[thing.cell], 'position', thing, 'where')


def presence_phrase(rng, scene, positive):
    """(words for one, words for several, the object if it is the only one), or None."""
    if positive:
        if not scene.things:
            return None
        near = rng.choice(scene.things)
        use = rng.choice((('shape',), ('shape',), ('color', 'shape'), ('color', 'shape'), ('color',), ('size', 'shape'), ('size', 'color', 'shape')))
        if any(near.value(key) is None for key in use) or (use == ('color',) and not scene.only_shapes):
            return None
        words = [rng.choice(SIZE_WORDS[near.size_word])] if 'size' in use else []
        words += [near.color] if 'color' in use else []
        noun = called(rng, near.shape) if 'shape' in use else None
        there = [o for o in scene.things if all(o.value(key) == near.value(key) for key in use)]
        if 'size' in use and any(o.size_word is None and o.shape == near.shape for o in scene.things):
            return None
    else:
        missing = absent(rng, scene)
        if rng.random() < .12 and scene.only_shapes:
            color = rng.choice(COLORS)
            missing = None if any(o.color == color for o in scene.things) else color
            if not missing:
                return None
            words, noun, there = [color], None, []
        elif missing:
            *words, noun = missing.split()
            there = []
        else:
            return None
    single = ' '.join([*words, noun or rng.choice(('shape', 'thing', 'object'))])
    many = ' '.join([*words, plural(noun) if noun else rng.choice(('shapes', 'things', 'objects'))])
    return a(single), many, there[0] if len(there) == 1 else None


def presence_question(rng, scene):
    positive = rng.random() < .5
    wanted = presence_phrase(rng, scene, positive)
    if not wanted:
        return None
    single, many, thing = wanted
    is_plural = single.rsplit(' ', 1)[-1] in ALWAYS_PLURAL
    first = f'are there {many}?' if is_plural else f'is there {single}?'
    question = rng.choice((first, first, first, first.replace('?', ' in the picture?'), f'do you see {single}?', f'can you see {single}?',
                           f'are there any {many}?', f'does the picture have {single}?', f'any {many}?', f'does the picture show {single}?'))
    return Turn(question, yes(positive), 'presence', thing, 'presence')


def absent_question(rng, scene):
    """A question about the color, size, place or neighbor of what is not there."""
    missing = absent(rng, scene)
    if not missing:
        return None
    noun = missing.rsplit(' ', 1)[-1]
    verb = 'are' if noun in ALWAYS_PLURAL else 'is'
    options = [f'where {verb} the {missing}?', f'how big {verb} the {missing}?', f'what size {verb} the {missing}?',
               f'what is to the {rng.choice(("left", "right"))} of the {missing}?', f"what is {rng.choice(('above', 'below'))} the {missing}?"]
    if noun not in THINGS and not any(word in COLORS for word in missing.split()):
        options += [f'what color is the {missing}?'] * 5
    return Turn(rng.choice(options), there_is_no(missing), 'absent', None, 'absent')


def background_question(rng, scene):
    real = scene.background
    if rng.random() < .3:
        name = real if rng.random() < .5 else rng.choice(BACKGROUNDS)
        return Turn(f'is the background {name}?', yes(name == real), 'background', None, 'background')
    question = rng.choice(('what color is the background?', 'what color is the background?', f"what{is_word(rng)} the background color?", "what's the color of the background?",
                           'which color is the background?', 'what color is behind the shapes?', 'what background is it?', 'what is the background?'))
    return Turn(question, real, 'background', None, 'background')


def digits_question(rng, scene):
    """Which number is written there."""
    digits = [thing for thing in scene.things if thing.shape in DIGITS]
    if len(digits) != 1:
        return None
    question = rng.choice(('what number is it?', 'which number is there?', 'what number do you see?', 'which digit is in the picture?', 'what number is in the picture?'))
    return Turn(question, digits[0].shape, 'shape', digits[0], 'shape')
