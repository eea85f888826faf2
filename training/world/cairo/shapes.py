"""
The shapes of the hand that draws with Cairo: paths.
"""

import math

from training.world.vocabulary import DIGITS

FAMILIES = ('DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'Liberation Sans', 'Liberation Serif', 'Liberation Sans Narrow')


def outline(rng, noun):
    """A function that appends the shape's path to a context, y down, at any scale."""
    turn = 0.0
    if noun in DIGITS:
        family, bold, slant = rng.choice(FAMILIES), rng.choice((0, 1)), rng.choice((0, 0, 1))

        def path(pen):
            pen.select_font_face(family, slant, bold)
            pen.set_font_size(100)
            pen.text_path(noun)
        return path
    long, deep = 1.0, rng.uniform(0, 1)
    if noun == 'oval':
        long, turn = rng.uniform(1.42, 2.4), rng.choice((0, 90, rng.uniform(0, 180)))
    if noun == 'rectangle':
        long, turn = rng.uniform(1.55, 3.2), rng.choice((0, 90, 0, 90, rng.uniform(0, 180)))
    if noun == 'square':
        turn = rng.choice((0, 0, 0, rng.uniform(-25, 25)))
    if noun in ('triangle', 'pentagon', 'hexagon', 'star', 'arrow', 'crescent'):
        turn = rng.choice((0, 0, 90, 180, rng.uniform(0, 360)))
    if noun in ('heart', 'cross'):
        turn = rng.choice((0, 0, rng.uniform(-20, 20)))
    if noun == 'diamond':
        turn = rng.choice((0, 0, 90, rng.uniform(-12, 12)))
    corner = rng.uniform(.1, .35) if rng.random() < .18 else 0
    tips = rng.choice((5, 5, 5, 4, 6, 8))
    draws = {'circle': lambda pen: pen.arc(0, 0, 1, 0, 2 * math.pi), 'oval': lambda pen: oval(pen, long), 'ring': lambda pen: ring(pen, .5 + .28 * deep),
             'square': lambda pen: block(pen, 1, corner), 'rectangle': lambda pen: block(pen, long, corner), 'triangle': lambda pen: lines(pen, [(-1, .8), (1, .8), (rng_apex, -.9)]),
             'pentagon': lambda pen: regular(pen, 5), 'hexagon': lambda pen: regular(pen, 6), 'star': lambda pen: spikes(pen, tips, .32 + .2 * deep + (.12 if tips > 5 else 0)),
             'heart': lambda pen: heart(pen, deep), 'cross': lambda pen: plus(pen, .18 + .2 * deep), 'diamond': lambda pen: lines(pen, [(0, -1.3 - .6 * deep), (1, 0), (0, 1.3 + .6 * deep), (-1, 0)]),
             'arrow': lambda pen: arrow(pen, deep, long_arrow, swept), 'crescent': lambda pen: crescent(pen, .35 + .4 * deep)}
    rng_apex = rng.choice((0, 0, 0, rng.uniform(-.7, .7)))
    long_arrow, swept = rng.uniform(.9, 2), rng.choice((0, rng.uniform(0, .3)))

    def turned(pen):
        pen.save()
        pen.rotate(math.radians(turn))
        draws[noun](pen)
        pen.close_path()
        pen.restore()
    return turned


def lines(pen, points):
    for point in points:
        pen.line_to(*point)


def regular(pen, sides):
    lines(pen, [(math.sin(2 * math.pi * i / sides), -math.cos(2 * math.pi * i / sides)) for i in range(sides)])


def spikes(pen, tips, deep):
    lines(pen, [((1, deep)[i % 2] * math.sin(math.pi * i / tips), -(1, deep)[i % 2] * math.cos(math.pi * i / tips)) for i in range(2 * tips)])


def oval(pen, long):
    pen.save()
    pen.scale(long, 1)
    pen.arc(0, 0, 1, 0, 2 * math.pi)
    pen.restore()


def ring(pen, inner):
    pen.arc(0, 0, 1, 0, 2 * math.pi)
    pen.close_path()
    pen.new_sub_path()
    pen.arc_negative(0, 0, inner, 2 * math.pi, 0)


def block(pen, long, corner):
    if not corner:
        pen.rectangle(-long, -1, 2 * long, 2)
        return
    for x, y, start in ((long - corner, -1 + corner, -90), (long - corner, 1 - corner, 0), (-long + corner, 1 - corner, 90), (-long + corner, -1 + corner, 180)):
        pen.arc(x, y, corner, math.radians(start), math.radians(start + 90))


def heart(pen, deep):
    dip, wide = -.45 + .2 * deep, 1.05 + .1 * deep
    pen.move_to(0, 1)
    pen.curve_to(-.35, .6, -wide - .1, .15, -wide, -.4)
    pen.curve_to(-wide + .05, -1.05, -.2, -1.1, 0, dip)
    pen.curve_to(.2, -1.1, wide - .05, -1.05, wide, -.4)
    pen.curve_to(wide + .1, .15, .35, .6, 0, 1)


def plus(pen, half):
    lines(pen, [(-half, -1), (half, -1), (half, -half), (1, -half), (1, half), (half, half), (half, 1), (-half, 1), (-half, half), (-1, half), (-1, -half), (-half, -half)])


def arrow(pen, deep, long, back):
    """`back`: how far the head's corners lie behind its neck."""
    half, wing, neck = .16 + .2 * deep, .62 + .25 * deep, .4 - .35 * deep
    lines(pen, [(-long, -half), (neck, -half), (neck - back, -wing), (1, 0), (neck - back, wing), (neck, half), (-long, half)])


def crescent(pen, bite):
    """Between an arc and a flatter one through the same two tips."""
    tip = math.radians(52)
    pen.arc(0, 0, 1, tip, 2 * math.pi - tip)
    x, y = math.cos(tip), math.sin(tip)
    middle = x - bite * 1.35
    radius = ((x - middle) ** 2 + y * y) / (2 * (x - middle))
    center = middle + radius
    angle = math.atan2(y, x - center)
    pen.arc_negative(center, 0, radius, -angle + 2 * math.pi, angle)
