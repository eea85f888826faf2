"""
Single questions about a scene, each with its one right answer.

Every question asked here is unambiguous: a noun phrase fits exactly one object, "to the left of"
has exactly one object (or none) in the columns further left, what is "at the top" is asked only
when both top corners are empty, and so on. Answers are short.
"""

from training.phrases import GENERIC, SIZE_WORDS, named, phrase, plural
from training.scene import BACKGROUND_NAMES, COLOR_NAMES, PLACES, SHAPES, SIZES

CORNERS = (0, 2, 6, 8)
# direction: (phrases, is `b` in that direction from `a`?, axis)
DIRECTIONS = {
    'left': (('to the left of', 'left of', 'on the left of'), lambda a, b: b % 3 < a % 3),
    'right': (('to the right of', 'right of', 'on the right of'), lambda a, b: b % 3 > a % 3),
    'above': (('above', 'over', 'higher than'), lambda a, b: b // 3 < a // 3),
    'below': (('below', 'under', 'lower than'), lambda a, b: b // 3 > a // 3),
}


class Turn:
    """One question with its answer; `about` is the object that "it" means afterwards, if any."""

    def __init__(self, question, answer, category, about=None, kind=None, history=False):
        self.question, self.answer, self.category = question, answer, category
        self.about, self.kind, self.history = about, kind, history


def is_word(rng):
    return rng.choice((' is', ' is', "'s", 's'))


def color_question(rng, scene):
    thing = rng.choice(scene['objects'])
    if rng.random() < .12 and thing['cell'] in (*CORNERS, 4):
        the, about = f"{rng.choice(GENERIC)} in the {PLACES[thing['cell']]}", thing
        question = f"what color is the {the}?"
        return Turn(question, thing['color'], 'color', about, 'color')
    the = phrase(rng, scene, thing, ('color',))
    if not the:
        return None
    question = rng.choice((f'what color is {the}?', f'what color is {the}?', f'what color is {the}?', f"what{is_word(rng)} the color of {the}?",
                           f'which color is {the}?', f'{the} is what color?', f'tell me the color of {the}', f'what color does {the} have?'))
    return Turn(question, thing['color'], 'color', thing, 'color')


def shape_question(rng, scene):
    thing = rng.choice(scene['objects'])
    if rng.random() < .15 and thing['cell'] in (*CORNERS, 4):
        return Turn(f"what shape is in the {PLACES[thing['cell']]}?", thing['shape'], 'shape', thing, 'shape')
    the = phrase(rng, scene, thing, ('shape',))
    if not the:
        return None
    bare = the.removeprefix('the ').rsplit(' ', 1)[0]
    question = rng.choice((f'what shape is {the}?', f'what shape is {the}?', f"what{is_word(rng)} {the}?", f'what shape is {bare}?', f'which shape is {bare}?',
                           f"what{is_word(rng)} the shape of {the}?", f'what kind of shape is {the}?', f'tell me the shape of {the}'))
    return Turn(question, thing['shape'], 'shape', thing, 'shape')


def size_question(rng, scene):
    thing = rng.choice(scene['objects'])
    the = phrase(rng, scene, thing, ('size',))
    if not the:
        return None
    question = rng.choice((f'how big is {the}?', f'how big is {the}?', f'what size is {the}?', f'how large is {the}?', f'is {the} large or small?',
                           f'is {the} big or small?', f'is {the} small or large?', f"what{is_word(rng)} the size of {the}?"))
    return Turn(question, thing['size'], 'size', thing, 'size')


def count_phrase(rng, scene):
    """The things to count, as (plural words, number)."""
    things = scene['objects']
    roll = rng.random()
    if roll < .22:
        return rng.choice(('shapes', 'objects', 'things')), len(things)
    near = rng.choice(things)
    if roll < .58:
        shape = near['shape'] if rng.random() < .82 else rng.choice(SHAPES)
        return plural(shape), sum(o['shape'] == shape for o in things)
    if roll < .84:
        color = near['color'] if rng.random() < .82 else rng.choice(COLOR_NAMES)
        return f"{color} {rng.choice(('shapes', 'objects', 'things', 'ones'))}", sum(o['color'] == color for o in things)
    size = rng.choice(SIZES)
    return f"{rng.choice(SIZE_WORDS[size])} {rng.choice(('shapes', 'objects', 'things', 'ones'))}", sum(o['size'] == size for o in things)


def count_question(rng, scene):
    what, number = count_phrase(rng, scene)
    question = rng.choice((f'how many {what} are there?', f'how many {what} are there?', f'how many {what} are in the picture?', f'how many {what} do you see?',
                           f'how many {what} can you see?', f'how many {what}?', f'count the {what}', f"what{is_word(rng)} the number of {what}?"))
    return Turn(question, str(number), 'count', None, 'count')


def place_words(rng, cell):
    """The name of a cell in a question."""
    if cell == 4:
        return rng.choice(('in the center', 'in the middle', 'in the center'))
    if cell in CORNERS:
        return f"{rng.choice(('in', 'in', 'at'))} the {PLACES[cell]}{rng.choice(('', '', ' corner'))}"
    return f"{'at' if cell in (1, 7) else 'on'} the {PLACES[cell]}"


def askable_cells(scene):
    """Cells whose content a question can ask for: an edge only if both of its corners are empty."""
    full = {o['cell'] for o in scene['objects']}
    sides = {1: (0, 2), 3: (0, 6), 5: (2, 8), 7: (6, 8)}
    return [cell for cell in range(9) if not full & set(sides.get(cell, ()))]


def content_question(rng, scene, start=None):
    cells = askable_cells(scene)
    if not cells:
        return None
    here = {o['cell']: o for o in scene['objects']}
    filled = [c for c in cells if c in here]
    cell = rng.choice(filled) if filled and rng.random() < .75 else rng.choice(cells)
    where = place_words(rng, cell)
    question = start + where + '?' if start else f"what{is_word(rng)} {where}?"
    thing = here.get(cell)
    return Turn(question, named(thing) if thing else 'nothing', 'position', thing, 'content')


def position_question(rng, scene):
    if rng.random() < .45:
        return content_question(rng, scene)
    thing = rng.choice(scene['objects'])
    the = phrase(rng, scene, thing)
    if not the:
        return None
    if thing['cell'] in CORNERS and rng.random() < .25:
        question = rng.choice((f'which corner is {the} in?', f'in which corner is {the}?', f'what corner is {the} in?'))
    else:
        question = rng.choice((f'where is {the}?', f'where is {the}?', f"where{is_word(rng)} {the}?", f'where can i find {the}?', f'in what position is {the}?',
                               f'where in the picture is {the}?', f"what{is_word(rng)} the position of {the}?"))
    return Turn(question, PLACES[thing['cell']], 'position', thing, 'where')


def presence_phrase(rng, scene, positive):
    """A described object that is there, or that is not (half the time nearly), as (words with article, plural)."""
    things = scene['objects']
    near = rng.choice(things)
    use = rng.choice((('shape',), ('color',), ('color', 'shape'), ('color', 'shape'), ('color', 'shape'), ('size', 'shape'), ('size', 'color'), ('size', 'color', 'shape')))
    want = {key: near[key] for key in use}
    if not positive:
        pools = {'shape': SHAPES, 'color': COLOR_NAMES, 'size': SIZES}
        if rng.random() < .5 and len(things) > 1 and len(use) > 1:  # of parts that all exist in the scene
            want = {key: rng.choice(things)[key] for key in use}
        else:
            key = rng.choice(use)
            want[key] = rng.choice(pools[key])
    there = [o for o in things if all(o[key] == value for key, value in want.items())]
    if bool(there) != positive:
        return None
    words = [rng.choice(SIZE_WORDS[want['size']])] if 'size' in want else []
    words += [want['color']] if 'color' in want else []
    noun = want.get('shape')
    single = ' '.join([*words, noun or rng.choice(('shape', 'thing', 'object'))])
    many = ' '.join([*words, plural(noun) if noun else rng.choice(('shapes', 'things', 'objects'))])
    return ('an ' if single[0] in 'aeiou' else 'a ') + single, many, there[0] if len(there) == 1 else None


def presence_question(rng, scene):
    positive = rng.random() < .5
    found = presence_phrase(rng, scene, positive)
    if not found:
        return None
    single, many, thing = found
    question = rng.choice((f'is there {single}?', f'is there {single}?', f'is there {single} in the picture?', f'do you see {single}?', f'can you see {single}?',
                           f'are there any {many}?', f'does the picture have {single}?', f'any {many}?'))
    return Turn(question, 'yes' if positive else 'no', 'presence', thing, 'presence')


def background_question(rng, scene):
    real = scene['background']
    if rng.random() < .3:
        name = real if rng.random() < .5 else rng.choice([b for b in BACKGROUND_NAMES if b != real])
        return Turn(f'is the background {name}?', 'yes' if name == real else 'no', 'background', None, 'background')
    question = rng.choice(('what color is the background?', 'what color is the background?', f"what{is_word(rng)} the background color?", "what's the color of the background?",
                           'which color is the background?', 'what color is behind the shapes?', 'what background is it?'))
    return Turn(question, real, 'background', None, 'background')


def pair(rng, scene, accept, hide=()):
    """Two objects that `accept`, with a phrase for each, or None."""
    things = scene['objects']
    pairs = [(a, b) for a in things for b in things if a is not b and accept(a, b)]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    the, other = phrase(rng, scene, a, hide), phrase(rng, scene, b, hide)
    return (a, b, the, other) if the and other else None


def comparison_question(rng, scene):
    roll = rng.random()
    yes = rng.random() < .5
    if roll < .25:
        found = pair(rng, scene, lambda a, b: a['size'] != b['size'] and a['shape'] != b['shape'], ('size',))
        if not found:
            return None
        a, b, the, other = found
        word = rng.choice(('bigger', 'larger', 'smaller'))
        start = rng.choice((f'which is {word},', f'which one is {word},', f'what is {word},'))
        winner = a if (a['size'] == 'large') == (word != 'smaller') else b
        return Turn(f'{start} {the} or {other}?', winner['shape'], 'comparison', winner, 'compare')
    if roll < .45:
        found = pair(rng, scene, lambda a, b: a['size'] != b['size'] and (a['size'] == 'large') == yes, ('size',))
        if not found:
            return None
        _, _, the, other = found
        if rng.random() < .3:
            return Turn(f'is {other} smaller than {the}?', 'yes' if yes else 'no', 'comparison', None, 'compare')
        return Turn(f"is {the} {rng.choice(('bigger', 'larger'))} than {other}?", 'yes' if yes else 'no', 'comparison', None, 'compare')
    if roll < .75:
        key = rng.choice(('color', 'color', 'size', 'shape'))
        found = pair(rng, scene, lambda a, b: (a[key] == b[key]) == yes, (key,))
        if not found:
            return None
        _, _, the, other = found
        question = rng.choice((f'are {the} and {other} the same {key}?', f'do {the} and {other} have the same {key}?', f'is {the} the same {key} as {other}?'))
        return Turn(question, 'yes' if yes else 'no', 'comparison', None, 'compare')
    things, key = scene['objects'], rng.choice(('shape', 'shape', 'color'))
    pool = [o[key] for o in things] + [rng.choice(SHAPES if key == 'shape' else COLOR_NAMES)]
    first, second = rng.choice(pool), rng.choice(pool)
    number = [sum(o[key] == value for o in things) for value in (first, second)]
    if first == second or number[0] == number[1] or (number[0] > number[1]) != yes:
        return None
    left, right = (plural(v) if key == 'shape' else v + ' ' + 'shapes' for v in (first, second))
    return Turn(f'are there more {left} than {right}?', 'yes' if yes else 'no', 'comparison', None, 'compare')


def neighbor(scene, thing, way):
    """(the one object that way or None, is the question clear?)"""
    found = [o for o in scene['objects'] if o is not thing and DIRECTIONS[way][1](thing['cell'], o['cell'])]
    return (found[0] if found else None), len(found) < 2


def neighbor_question(rng, scene, thing, the, start=None):
    """"what is to the left of the circle?"; `start` replaces "what is" in follow-ups."""
    ways = [way for way in DIRECTIONS if neighbor(scene, thing, way)[1]]
    full = [way for way in ways if neighbor(scene, thing, way)[0]]
    if not ways:
        return None
    way = rng.choice(full) if full and rng.random() < .75 else rng.choice(ways)
    other, _ = neighbor(scene, thing, way)
    where = rng.choice(DIRECTIONS[way][0][:2])
    start = start or rng.choice(('what is', 'what is', "what's", 'whats', 'which shape is', 'what do you see'))
    if start == 'which shape is':
        return Turn(f'{start} {where} {the}?', other['shape'] if other else 'nothing', 'relation', other or thing, 'neighbor')
    return Turn(f'{start} {where} {the}?', named(other) if other else 'nothing', 'relation', other or thing, 'neighbor')


def relation_question(rng, scene):
    roll = rng.random()
    if roll < .4:
        thing = rng.choice(scene['objects'])
        the = phrase(rng, scene, thing)
        return neighbor_question(rng, scene, thing, the) if the else None
    way, opposite, choices = rng.choice((('left', 'right', ('to the left or to the right of', 'left or right of', 'to the right or to the left of')),
                                         ('above', 'below', ('above or below', 'below or above', 'over or under'))))
    if roll < .62:
        is_way = rng.random() < .5
        found = pair(rng, scene, lambda a, b: DIRECTIONS[opposite if is_way else way][1](a['cell'], b['cell']))
        if not found:
            return None
        _, _, the, other = found
        return Turn(f'is {the} {rng.choice(choices)} {other}?', way if is_way else opposite, 'relation', None, 'relate')
    way = rng.choice((way, opposite))
    yes = rng.random() < .5
    found = pair(rng, scene, lambda a, b: DIRECTIONS[way][1](b['cell'], a['cell']) == yes)
    if not found:
        return None
    _, _, the, other = found
    return Turn(f'is {the} {rng.choice(DIRECTIONS[way][0])} {other}?', 'yes' if yes else 'no', 'relation', None, 'relate')


ASK = {'color': color_question, 'shape': shape_question, 'size': size_question, 'count': count_question, 'position': position_question,
       'presence': presence_question, 'background': background_question, 'comparison': comparison_question, 'relation': relation_question}
