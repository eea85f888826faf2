"""
The names of objects: noun phrases that fit one object of a scene and no other.
"""

SIZE_WORDS = {'small': ('small', 'small', 'small', 'little', 'tiny'), 'large': ('large', 'large', 'big', 'big', 'huge')}
GENERIC = ('shape', 'thing', 'object', 'one')


def plural(shape):
    return shape + ('es' if shape == 'cross' else 's')


def named(thing):
    return f"{thing['color']} {thing['shape']}"


def phrases(scene, thing, hide=()):
    """Noun phrases (without "the") that fit only this object; `hide` names attributes not to give away."""
    found = []
    for use in (('shape',), ('color',), ('size',), ('color', 'shape'), ('size', 'shape'), ('color', 'size'), ('size', 'color', 'shape')):
        if any(key in hide for key in use):
            continue
        if sum(all(o[key] == thing[key] for key in use) for o in scene['objects']) == 1:
            found.append(use)
    return found


def phrase(rng, scene, thing, hide=(), short=.6):
    """One of those, with "the", or None. Prefers the shortest with probability `short`."""
    found = phrases(scene, thing, hide)
    if not found:
        return None
    use = found[0] if rng.random() < short else rng.choice(found)
    words = []
    if 'size' in use:
        words.append(rng.choice(SIZE_WORDS[thing['size']]))
    if 'color' in use:
        words.append(thing['color'])
    words.append(thing['shape'] if 'shape' in use else rng.choice(GENERIC))
    return 'the ' + ' '.join(words)
