"""
The layouts of the hand that draws with Cairo, as people compose pictures. Each returns [(x, y, span)] in pixels; the span
is the longer side of the object's box.
"""

import math


def row(rng, count, width, height):
    long = max(width, height)
    step = long / max(1, count)
    span = min(step * rng.uniform(.45, .9), min(width, height) * rng.uniform(.3, .8))
    offset = min(width, height) * rng.uniform(.35, .65)
    spots = [((i + .5) * step, offset + rng.gauss(0, .04) * span, span * rng.uniform(.75, 1)) for i in range(count)]
    return spots if width >= height else [(y, x, s) for x, y, s in spots]


def grid(rng, count, width, height):
    columns = max(1, math.ceil(math.sqrt(count * width / height)))
    rows = max(1, math.ceil(count / columns))
    if rng.random() < .4:
        columns, rows = columns + 1, rows + 1
    cells = rng.sample([(c, r) for c in range(columns) for r in range(rows)], min(count, columns * rows))
    cell = min(width / columns, height / rows)
    span = cell * rng.uniform(.4, .92)
    loose = (cell - span) / 2
    return [((c + .5) * width / columns + rng.uniform(-loose, loose), (r + .5) * height / rows + rng.uniform(-loose, loose), span * rng.uniform(.6, 1)) for c, r in cells]


def diagonal(rng, count, width, height):
    falls = rng.random() < .5
    step = 1 / max(1, count)
    span = min(width, height) * step * rng.uniform(.6, 1.05) if count > 1 else min(width, height) * rng.uniform(.2, .7)
    return [((i + .5) * step * width, ((i + .5) * step if falls else 1 - (i + .5) * step) * height, span * rng.uniform(.7, 1)) for i in range(count)]


def around(rng, count, width, height):
    short, start = min(width, height), rng.uniform(0, 2 * math.pi)
    if count < 3:
        return scatter(rng, count, width, height)
    inner = rng.random() < .5
    outer = count - inner
    reach = rng.uniform(.3, .36)
    span = short * min(.3, 2 * reach * math.sin(math.pi / max(2, outer)) * .85)
    spots = [(width / 2 + short * reach * math.cos(start + 2 * math.pi * i / outer), height / 2 + short * reach * math.sin(start + 2 * math.pi * i / outer), span) for i in range(outer)]
    return ([(width / 2, height / 2, short * rng.uniform(.16, .28))] if inner else []) + spots


def nested(rng, count, width, height):
    """A large one with another in it, others beside it where there is room."""
    short = min(width, height)
    span = short * rng.uniform(.5, .85)
    x, y = (rng.uniform(span / 2, max(span / 2, side - span / 2)) for side in (width, height))
    spots = [(x, y, span), (x + rng.gauss(0, .03) * span, y + rng.gauss(0, .03) * span, span * rng.uniform(.25, .42))][:count]
    for _ in range(max(0, count - 2) * 6):
        small = short * rng.uniform(.12, .25)
        spot = rng.uniform(small / 2, width - small / 2), rng.uniform(small / 2, height - small / 2)
        if len(spots) < count and all(math.dist(spot, s[:2]) > (small + s[2]) * .72 for s in spots):
            spots.append((*spot, small))
    return spots


def scatter(rng, count, width, height):
    """Best of several spots for each, the largest first; some hang over the edge."""
    short, spots = min(width, height), []
    for span in sorted((short * .1 * 8 ** (rng.random() ** 1.1) * (1 if count < 3 else .75) for _ in range(count)), reverse=True):
        over = rng.uniform(.3, .52)
        options = []
        for _ in range(12):
            x, y = rng.uniform(over * span, max(over * span, width - over * span)), rng.uniform(over * span, max(over * span, height - over * span))
            options.append((min([math.dist((x, y), s[:2]) - .5 * (span + s[2]) for s in spots] or [0]), x, y))
        room, x, y = max(options) if rng.random() < .8 else options[0]
        if room > -.3 * span:
            spots.append((x, y, span))
    return spots


def big_and_small(rng, count, width, height):
    short = min(width, height)
    spots = [(width * rng.uniform(.3, .7), height * rng.uniform(.3, .7), short * rng.uniform(.45, .7))][:count]
    for _ in range(60):
        span = short * rng.uniform(.1, .22)
        spot = rng.uniform(.5 * span, width - .5 * span), rng.uniform(.5 * span, height - .5 * span)
        if len(spots) < count and all(math.dist(spot, s[:2]) > .6 * (span + s[2]) for s in spots):
            spots.append((*spot, span))
    return spots


LAYOUTS = (row, grid, grid, diagonal, around, nested, scatter, scatter, scatter, big_and_small)
