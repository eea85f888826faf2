"""
The whole language: captions, and conversations in which some questions only make sense after the turns before
them (marked `history`).
"""

from training.language.pairs import comparison_question, neighbor_question, relation_question
from training.language.phrases import a, named, phrase
from training.language.questions import (CANNOT_TELL, Turn, absent_question, background_question, color_question, content_question, count_phrase, count_question,
                                         digits_question, position_question, presence_phrase, presence_question, shape_question, size_question)
from training.language.scene import sample
from training.world.vocabulary import PLACES, SHAPES

CATEGORIES = ('color', 'shape', 'size', 'count', 'position', 'presence', 'absent', 'background', 'comparison', 'relation', 'follow-up', 'caption', 'unknown')
ASK = {'color': color_question, 'shape': shape_question, 'size': size_question, 'count': count_question, 'position': position_question, 'digit': digits_question,
       'presence': presence_question, 'absent': absent_question, 'background': background_question, 'comparison': comparison_question, 'relation': relation_question}
WEIGHTS = {'color': 1, 'shape': 1.1, 'size': .8, 'count': 1.2, 'position': 1.6, 'digit': .1, 'presence': 1.2, 'absent': .8, 'background': .4, 'comparison': 1.6, 'relation': 2.2,
           'caption': .12}
FOLLOW_UP_RATE = .4
UNKNOWN = 'a picture that i cannot describe'
WHAT_IS_IT = ('what is in the picture?', 'what do you see?', 'describe the picture', 'what is this?', 'what is it?', 'what does the picture show?')

AT = ('at the top left', 'at the top', 'at the top right', 'on the left', 'in the center', 'on the right',
      'at the bottom left', 'at the bottom', 'at the bottom right')


def object_words(thing, size=True, place=True):
    words = ' '.join([*([thing.size_word] if size and thing.size_word else []), named(thing)])
    return a(words) + (f' {AT[thing.cell]}' if place else '')


def joined(parts):
    return f"{', '.join(parts[:-1])} and {parts[-1]}".removeprefix(' and ')


def caption(scene):
    """The caption that the model writes: every object in reading order, then the background."""
    if scene.kind == 'other':
        return UNKNOWN
    return f'{joined([object_words(thing) for thing in scene.things] or ["nothing"])} on {a(scene.background)} background'


def loose_caption(rng, scene):
    """Another true caption, for contrast: some details left out, objects in any order."""
    if scene.kind == 'other':
        return UNKNOWN
    things = list(scene.things)
    rng.shuffle(things)
    size, place = rng.random() < .6, rng.random() < .75
    parts = [object_words(thing, size, place and thing.is_place_sure) for thing in things] or ['nothing']
    text = rng.choice(('', '', 'a picture of ')) + ' and '.join(parts)
    return text + (f' on {a(scene.background)} background' if rng.random() < .6 else '')


def and_words(rng, what):
    return rng.choice((f'and {what}?', f'and {what}?', f'what about {what}?', f'how about {what}?'))


def about_it(rng, scene, it):
    """A question that says "it", or None."""
    ask = rng.choice(('color', 'size', 'where', 'neighbor', 'neighbor', 'shape'))
    if ask == 'neighbor':
        return neighbor_question(rng, scene, it, 'it', rng.choice((None, None, 'and what is', 'and')))
    if ask == 'color' and it.color:
        return Turn(rng.choice(('what color is it?', 'what color is it?', 'and what color is it?', "what's its color?", 'which color is it?', 'and its color?')), it.color, '', it, 'color')
    if ask == 'size' and it.size_word:
        return Turn(rng.choice(('how big is it?', 'what size is it?', 'and how big is it?', 'and its size?', 'what is its size?')), it.size_word, '', it, 'size')
    if ask == 'where' and it.is_place_sure:
        return Turn(rng.choice(('where is it?', 'where is it?', 'and where is it?', 'where in the picture is it?')), PLACES[it.cell], '', it, 'where')
    if ask == 'shape' and it.shape in SHAPES:
        return Turn(rng.choice(('what shape is it?', 'which shape is it?', 'and what shape is it?', 'and its shape?')), it.shape, '', it, 'shape')
    return None


def about_another(rng, scene, last):
    """ "and the square?": the same question about another object, or None."""
    others = [o for o in scene.things if o is not last.about]
    other = rng.choice(others) if others else None
    if last.kind == 'color' and rng.random() < .12:
        return Turn(and_words(rng, 'the background'), scene.background, 'follow-up', None, 'background')
    the = other and phrase(rng, scene, other, {'where': ()}.get(last.kind, (last.kind,)))
    if not the or (last.kind == 'where' and not other.is_place_sure):
        return None
    answer = PLACES[other.cell] if last.kind == 'where' else other.value(last.kind)
    return Turn(and_words(rng, the), answer, '', other, last.kind) if answer else None


def follow_up(rng, scene, last):
    """A question that depends on the turn before it (`last`), or None."""
    turn = None
    if last.about and rng.random() < .62:
        turn = about_it(rng, scene, last.about)
    elif last.kind in ('color', 'size', 'where', 'shape'):
        turn = about_another(rng, scene, last)
    elif last.kind == 'count':
        counted = count_phrase(rng, scene)
        turn = counted and Turn(and_words(rng, counted[0]), str(counted[1]), '', None, 'count')
    elif last.kind == 'presence':
        positive = rng.random() < .5
        wanted = presence_phrase(rng, scene, positive)
        turn = wanted and Turn(and_words(rng, wanted[0]), 'yes' if positive else 'no', '', wanted[2], 'presence')
    elif last.kind == 'content':
        turn = content_question(rng, scene, rng.choice(('and ', 'what about ', 'how about ')))
    if turn:
        turn.category, turn.history = 'follow-up', True
    return turn


def typed(rng, question):
    """As people type: sometimes without the question mark."""
    return question.removesuffix('?') if rng.random() < .2 else question


def single(rng, scene, weights):
    """One question, or None if none of its kind is clear here."""
    name = rng.choices(list(weights), list(weights.values()))[0]
    if name == 'caption':
        return Turn(rng.choice(WHAT_IS_IT), caption(scene), 'caption')
    for _ in range(8):
        turn = ASK[name](rng, scene)
        if turn:
            return turn
    return None


def conversation(rng, scene, turns, weights=WEIGHTS, follow_up_rate=FOLLOW_UP_RATE):
    """A list of `turns` Turns; follow-ups refer to the turn just before them."""
    if scene.kind == 'other':
        return unknown(rng, turns)
    result = []
    while len(result) < turns:
        turn = follow_up(rng, scene, result[-1]) if result and rng.random() < follow_up_rate else None
        turn = turn or single(rng, scene, weights)
        if turn:
            turn.question = typed(rng, turn.question)
            result.append(turn)
    return result


def unknown(rng, turns):
    """Questions about a picture that is no drawing: as about any scene, with the one true answer."""
    asked = conversation(rng, sample(rng, rng.randint(1, 4)), turns)
    return [Turn(turn.question, UNKNOWN if turn.category == 'caption' else CANNOT_TELL, 'unknown', None, None, turn.history) for turn in asked]

