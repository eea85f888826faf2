"""
Questions about two pictures that are shown together, each with its one right answer.
"""

from training.language.phrases import a, absent, named, plural
from training.language.questions import Turn, often, yes
from training.language.conversation import object_words
from training.world.vocabulary import COLORS, SHAPES

ORDER = ('first', 'second')
WEIGHTS = {'more': 3, 'which has': 2, 'count in': 2, 'has it': 1.5, 'background': 1, 'color': 1.5, 'both': 1, 'objects': 1}


def two_pictures(rng, scenes, turns):
    """A conversation of up to `turns` Turns about two scenes that are drawings; their category is 'two pictures'."""
    result = []
    for _ in range(turns * 4):
        kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        asked = ASK[kind](rng, scenes)
        if asked and len(result) < turns:
            result.append(Turn(*asked, 'two pictures'))
    return result


def one_of(rng):
    """An index and the name of its picture."""
    index = rng.randrange(2)
    return index, rng.choice((f'the {ORDER[index]} picture', f'the {ORDER[index]} picture', f'the {ORDER[index]} one', f'picture {index + 1}'))


def counted(rng, scenes):
    """(plural words, how many there are in each): of what is there in one of them, as a rule more than one."""
    things = [thing for scene in scenes for thing in scene.things]
    if not things or rng.random() < .2:
        words = 'objects' if rng.random() < .5 or not all(scene.only_shapes for scene in scenes) else 'shapes'
        return words, [len(scene.things) for scene in scenes]
    if rng.random() < .25:
        colored = [thing for thing in things if thing.color and thing.shape in SHAPES]
        if colored:
            thing = rng.choice(colored)
            return f'{thing.color} {plural(thing.shape)}', [sum(named(o) == named(thing) for o in scene.things) for scene in scenes]
    shape = often(rng, [thing.shape for thing in things])
    return plural(shape), [sum(o.shape == shape for o in scene.things) for scene in scenes]


def more(rng, scenes):
    what, (left, right) = counted(rng, scenes)
    word = rng.choice(('more', 'more', 'more', 'fewer'))
    answer = 'both have the same number' if left == right else f'the {ORDER[(right > left) == (word == "more")]}'
    question = rng.choice((f'which one has {word} {what}?', f'which picture has {word} {what}?', f'which has {word} {what}?', f'where are there {word} {what}?',
                           f'in which picture are there {word} {what}?', f'which of the two has {word} {what}?'))
    return question, answer


def count_in(rng, scenes):
    index, picture = one_of(rng)
    what, numbers = counted(rng, scenes)
    return rng.choice((f'how many {what} are in {picture}?', f'how many {what} does {picture} have?', f'how many {what} are there in {picture}?')), str(numbers[index])


def which_has(rng, scenes):
    """An object that at most one of them has."""
    index = rng.randrange(2)
    if rng.random() < .15 or not scenes[index].things:
        words = absent(rng, scenes[0])
        answer = words and not has(scenes[1], words) and 'neither'
    else:
        thing = rng.choice(scenes[index].things)
        words = named(thing) if rng.random() < .6 else thing.shape
        answer = 'both' if has(scenes[1 - index], words) else f'the {ORDER[index]}'
    if not answer:
        return None
    return rng.choice((f'which picture has {a(words)}?', f'which one has {a(words)}?', f'where is there {a(words)}?', f'in which picture is {a(words)}?')), answer


def has(scene, words):
    """Whether an object may be meant by a noun, with or without a color; `words` with a size may mean any of that noun."""
    *before, noun = words.split()
    colors = [word for word in before if word in COLORS]
    return any(thing.shape == noun and (not colors or thing.color in (None, *colors)) for thing in scene.things)


def has_it(rng, scenes):
    index, picture = one_of(rng)
    source = rng.choice(scenes)
    thing = rng.choice(source.things) if source.things else None
    if thing is None:
        return None
    words = named(thing) if rng.random() < .5 else thing.shape
    return rng.choice((f'is there {a(words)} in {picture}?', f'does {picture} have {a(words)}?')), yes(has(scenes[index], words))


def background(rng, scenes):
    index, picture = one_of(rng)
    if rng.random() < .3:
        same = scenes[0].background == scenes[1].background
        return rng.choice(('do both pictures have the same background?', 'are the backgrounds the same?')), yes(same)
    return rng.choice((f'what color is the background of {picture}?', f'what is the background of {picture}?')), scenes[index].background


def color(rng, scenes):
    index, picture = one_of(rng)
    things = scenes[index].things
    options = [thing for thing in things if thing.color and sum(o.shape == thing.shape for o in things) == 1]
    if not options:
        return None
    thing = rng.choice(options)
    return rng.choice((f'what color is the {thing.shape} in {picture}?', f'which color does the {thing.shape} in {picture} have?')), thing.color


def both(rng, scenes):
    source = rng.choice(scenes)
    if not source.things:
        return None
    thing = rng.choice(source.things)
    words = named(thing) if rng.random() < .5 else thing.shape
    return rng.choice((f'do both have {a(words)}?', f'is there {a(words)} in both pictures?')), yes(all(has(scene, words) for scene in scenes))


def objects(rng, scenes):
    """What is in one of them, without places."""
    index, picture = one_of(rng)
    things = scenes[index].things
    if not 0 < len(things) < 4:
        return None
    parts = [object_words(thing, size=False, place=False) for thing in things]
    words = f"{', '.join(parts[:-1])} and {parts[-1]}".removeprefix(' and ')
    return rng.choice((f'what is in {picture}?', f'what do you see in {picture}?', f'what does {picture} show?')), words


ASK = {'more': more, 'which has': which_has, 'count in': count_in, 'has it': has_it, 'background': background, 'color': color, 'both': both, 'objects': objects}
