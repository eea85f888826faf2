"""
The names of objects: noun phrases that fit one object of a scene and no other.
"""

from training.world.vocabulary import COLORS, NOUNS, SHAPES, SIZES

SIZE_WORDS = {'small': ('small', 'small', 'small', 'little', 'tiny'), 'medium': ('medium', 'medium', 'medium-sized', 'middle-sized'), 'large': ('large', 'large', 'big', 'big', 'huge')}
GENERIC = ('shape', 'thing', 'object', 'one')
OTHER_NAMES = {'oval': ('ellipse',), 'cross': ('plus', 'plus sign'), 'diamond': ('rhombus',), 'crescent': ('moon', 'half moon'), 'ring': ('donut',), 'plane': ('airplane',), 'bike': ('bicycle',),
               'burger': ('hamburger',), 'bulb': ('light bulb',), 'ball': ('soccer ball',), 'boat': ('ship', 'sailboat'), 'cup': ('mug',), 'gift': ('present',), 'fire': ('flame',), 'sunflower': ('flower',)}
ALWAYS_PLURAL = ('grapes', 'scissors', 'glasses')
PLURALS = {'cross': 'crosses', 'fish': 'fish', 'butterfly': 'butterflies', 'strawberry': 'strawberries', 'bus': 'buses', 'octopus': 'octopuses', 'cactus': 'cactuses',
           **{name: name for name in ALWAYS_PLURAL}}


def plural(noun):
    return PLURALS.get(noun, noun + 's')


def a(words, noun=None):
    """"a red circle", "an oval", "scissors". `noun`: the last word, if it is not in `words`."""
    if (noun or words.rsplit(' ', 1)[-1]) in ALWAYS_PLURAL:
        return words
    return ('an ' if words[0] in 'aeiou8' else 'a ') + words


def named(thing):
    return f'{thing.color} {thing.shape}' if thing.color else thing.shape


def be(thing):
    return 'are' if thing and thing.shape in ALWAYS_PLURAL else 'is'


def called(rng, noun):
    """The noun, or seldom another name that people have for it."""
    return rng.choice(OTHER_NAMES[noun]) if noun in OTHER_NAMES and rng.random() < .12 else noun


def fits(other, thing, key):
    """Whether a word for `thing` could also be meant for `other`."""
    if key == 'size':
        return other.size_word is None or other.size_word == thing.size_word
    if key == 'color':
        return other.color is None or other.color == thing.color
    return other.shape == thing.shape


def phrases(scene, thing, hide=()):
    """The sets of words that fit only this object; `hide` names attributes not to give away."""
    result = []
    for use in (('shape',), ('color',), ('size',), ('color', 'shape'), ('size', 'shape'), ('color', 'size'), ('size', 'color', 'shape')):
        if any(key in hide or thing.value(key) is None for key in use):
            continue
        if sum(all(fits(other, thing, key) for key in use) for other in scene.things) == 1:
            result.append(use)
    return result


def phrase(rng, scene, thing, hide=(), short=.6):
    """One of those, with "the", or None. Prefers the shortest with probability `short`."""
    options = phrases(scene, thing, hide)
    if not options:
        return None
    use = options[0] if rng.random() < short else rng.choice(options)
    words = []
    if 'size' in use:
        words.append(rng.choice(SIZE_WORDS[thing.size_word]))
    if 'color' in use:
        words.append(thing.color)
    words.append(called(rng, thing.shape) if 'shape' in use else rng.choice(GENERIC if thing.shape in SHAPES else ('thing', 'object', 'one')))
    return 'the ' + ' '.join(words)


def absent(rng, scene):
    """A noun phrase that fits no object of the scene, without an article: often one word off from what is there."""
    for _ in range(12):
        near = rng.choice(scene.things) if scene.things and rng.random() < .6 else None
        noun = near.shape if near and rng.random() < .45 else rng.choice(SHAPES if rng.random() < .75 else NOUNS)
        color = rng.choice(COLORS) if noun in SHAPES or noun.isdigit() else None
        use_color = color and rng.random() < .55
        size = rng.choice(SIZES) if rng.random() < .15 else None
        if not any(o.shape == noun and (not use_color or o.color == color) and (size is None or o.size_word in (size, None)) for o in scene.things):
            words = [size] if size else []
            words += [color] if use_color else []
            return ' '.join([*words, noun])
    return None
