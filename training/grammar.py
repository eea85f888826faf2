"""
The whole language: captions, and conversations in which some questions only make sense
after the turns before them (marked `history`). Single questions are in questions.py.
"""

from training.phrases import SIZE_WORDS, named, phrase
from training.questions import ASK, Turn, content_question, count_phrase, neighbor_question, presence_phrase
from training.scene import COLOR_NAMES, PLACES, SHAPES

CATEGORIES = ('color', 'shape', 'size', 'count', 'position', 'presence', 'background', 'comparison', 'relation', 'follow-up')
WEIGHTS = {'color': 1, 'shape': 1, 'size': .7, 'count': 1.2, 'position': 1.6, 'presence': 1.2, 'background': .4, 'comparison': 1.5, 'relation': 2.4}
FOLLOW_UP_RATE = .42

AT = ('at the top left', 'at the top', 'at the top right', 'on the left', 'in the center', 'on the right',
      'at the bottom left', 'at the bottom', 'at the bottom right')


def caption(scene):
    """The caption the model writes: every object in reading order, then the background."""
    parts = [f"a {o['size']} {named(o)} {AT[o['cell']]}" for o in scene['objects']]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" .removeprefix(' and ') + f" on a {scene['background']} background"


def loose_caption(rng, scene):
    """Another true caption, for stage 1: some details left out, objects in any order."""
    things = list(scene['objects'])
    rng.shuffle(things)
    size, place = rng.random() < .6, rng.random() < .75
    parts = [f"a {o['size'] + ' ' if size else ''}{named(o)}{' ' + AT[o['cell']] if place else ''}" for o in things]
    text = rng.choice(('', '', 'a picture of ')) + ' and '.join(parts)
    return text + (f" on a {scene['background']} background" if rng.random() < .6 else '')


def and_words(rng, what):
    return rng.choice((f'and {what}?', f'and {what}?', f'what about {what}?', f'how about {what}?'))


def follow_up(rng, scene, last):
    """A question that depends on the turn before it (`last`), or None."""
    it = last.about
    if it and rng.random() < .62:
        ask = rng.choice(('color', 'size', 'where', 'neighbor', 'neighbor', 'shape'))
        if ask == 'neighbor':
            turn = neighbor_question(rng, scene, it, 'it', rng.choice((None, None, 'and what is', 'and')))
        elif ask == 'color':
            turn = Turn(rng.choice(('what color is it?', 'what color is it?', 'and what color is it?', "what's its color?", 'which color is it?')), it['color'], '', it, 'color')
        elif ask == 'size':
            turn = Turn(rng.choice(('how big is it?', 'what size is it?', 'is it big or small?', 'is it large or small?', 'and how big is it?')), it['size'], '', it, 'size')
        elif ask == 'where':
            turn = Turn(rng.choice(('where is it?', 'where is it?', 'and where is it?', 'where in the picture is it?')), PLACES[it['cell']], '', it, 'where')
        else:
            turn = Turn(rng.choice(('what shape is it?', 'which shape is it?', 'and what shape is it?')), it['shape'], '', it, 'shape')
    elif last.kind in ('color', 'size', 'where', 'shape'):
        others = [o for o in scene['objects'] if o is not it]
        other = rng.choice(others) if others else None
        if last.kind == 'color' and rng.random() < .12:
            return Turn(and_words(rng, 'the background'), scene['background'], 'follow-up', None, 'background', True)
        the = other and phrase(rng, scene, other, {'where': ()}.get(last.kind, (last.kind,)))
        if not the:
            return None
        answer = PLACES[other['cell']] if last.kind == 'where' else other[last.kind]
        turn = Turn(and_words(rng, the), answer, '', other, last.kind)
    elif last.kind == 'count':
        what, number = count_phrase(rng, scene)
        turn = Turn(and_words(rng, what), str(number), '', None, 'count')
    elif last.kind == 'presence':
        found = presence_phrase(rng, scene, rng.random() < .5)
        if not found:
            return None
        there = any(True for _ in [found[2]] if found[2])
        turn = Turn(and_words(rng, found[0]), 'yes' if there else 'no', '', found[2], 'presence')
        if not there and named_there(scene, found):
            return None
    elif last.kind == 'content':
        turn = content_question(rng, scene, rng.choice(('and ', 'what about ', 'how about ')))
    else:
        return None
    if turn:
        turn.category, turn.history = 'follow-up', True
    return turn


def named_there(scene, found):
    """Whether several objects fit a presence phrase (then its single object is None, yet it is there)."""
    words = found[0].split()[1:]
    small = any(w in SIZE_WORDS['small'] for w in words)
    large = any(w in SIZE_WORDS['large'] for w in words)
    return any(all(w not in COLOR_NAMES or o['color'] == w for w in words) and all(w not in SHAPES or o['shape'] == w for w in words)
               and not (small and o['size'] != 'small') and not (large and o['size'] != 'large') for o in scene['objects'])


def typed(rng, question):
    """As people type: sometimes without the question mark."""
    return question.removesuffix('?') if rng.random() < .2 else question


def conversation(rng, scene, turns, weights=WEIGHTS, follow_up_rate=FOLLOW_UP_RATE):
    """A list of `turns` Turns; follow-ups refer to the turn just before them."""
    names, loads = list(weights), list(weights.values())
    result = []
    while len(result) < turns:
        turn = None
        if result and rng.random() < follow_up_rate:
            turn = follow_up(rng, scene, result[-1])
        if turn is None:
            name = rng.choices(names, loads)[0]
            for _ in range(8):
                turn = ASK[name](rng, scene)
                if turn:
                    break
        if turn:
            turn.question = typed(rng, turn.question)
            result.append(turn)
    return result
