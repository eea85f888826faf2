"""
What a Cairo drawing lies on, and what is beside its objects.
"""

import cairocffi as cairo

from training.world import colors
from training.world.cairo.shapes import FAMILIES
from training.world.vocabulary import COLORS


def page(rng, pen, paper, width, height):
    """The background: flat mostly, else a gradient, squares or dots of nearly its color."""
    base = [c / 255 for c in paper]
    pen.set_source_rgb(*base)
    pen.paint()
    roll = rng.random()
    if roll < .1:
        x, y = rng.choice(((width, 0), (0, height), (width, height)))
        gradient = cairo.LinearGradient(0, 0, x, y)
        gradient.add_color_stop_rgb(0, *(min(1, c * rng.uniform(1, 1.12)) for c in base))
        gradient.add_color_stop_rgb(1, *(c * rng.uniform(.84, 1) for c in base))
        pen.set_source(gradient)
        pen.paint()
    elif roll < .18:
        change = rng.choice((-1, 1)) * rng.uniform(.05, .13)
        pen.set_source_rgb(*(min(1, max(0, c + change)) for c in base))
        step = max(5, min(width, height) * rng.uniform(.04, .12))
        is_dots = rng.random() < .4
        pen.set_line_width(max(.6, step * .05))
        for i in range(1, int(width / step) + 1):
            if is_dots:
                for j in range(1, int(height / step) + 1):
                    pen.arc(i * step, j * step, step * .08, 0, 7)
                    pen.fill()
            else:
                pen.move_to(i * step, 0)
                pen.line_to(i * step, height)
        if not is_dots:
            for j in range(1, int(height / step) + 1):
                pen.move_to(0, j * step)
                pen.line_to(width, j * step)
            pen.stroke()


def margin(rng, pen, paper, width, height):
    """A frame, a signature or a title."""
    short = min(width, height)
    dark = sum(paper) > 380
    ink = (.1, .1, .12) if dark else (.9, .9, .88)
    if rng.random() < .05:
        weight = max(1, short * rng.uniform(.01, .04))
        pen.set_source_rgb(*rng.choice((ink, tuple(c / 255 for c in colors.sample(rng, rng.choice(COLORS))))))
        pen.set_line_width(weight)
        inset = rng.choice((0, short * .02))
        pen.rectangle(inset + weight / 2, inset + weight / 2, width - 2 * inset - weight, height - 2 * inset - weight)
        pen.stroke()
    if rng.random() < .06:
        size = max(7, short * rng.uniform(.035, .06))
        pen.select_font_face(rng.choice(FAMILIES), rng.choice((0, 1)), rng.choice((0, 1)))
        pen.set_font_size(size)
        pen.set_source_rgba(*ink, rng.choice((.35, .6, 1)))
        pen.move_to(rng.choice((.02, .5, .7)) * width, rng.choice((size * 1.2, height - size * .5)))
        pen.show_text(rng.choice(('my drawing', 'Figure 2', 'by Kim', '(c) 2024', 'shapes', 'draw me', 'Title', 'sample', 'page 3 of 7', 'www.site.org')))
