"""
The shapes of the hand that draws with Pillow: polygons, as masks.
"""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.world.fonts import FONTS
from training.world.vocabulary import DIGITS


def shape_mask(rng, noun, span, wobble):
    """The object as an L mask, cut to its box, whose longer side is `span` pixels."""
    if noun in DIGITS:
        font = ImageFont.truetype(rng.choice(FONTS), max(8, round(span * 1.3)))
        left, top, right, bottom = font.getbbox(noun)
        image = Image.new('L', (right - left + 4, bottom - top + 4))
        ImageDraw.Draw(image).text((2 - left, 2 - top), noun, fill=255, font=font)
        image = image.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True) if rng.random() < .3 else image
        image = image.crop(image.getbbox())
        factor = span / max(image.size)
        return image.resize([max(2, round(s * factor)) for s in image.size], Image.Resampling.BILINEAR)
    points, holes = polygon(rng, noun)
    if wobble:
        points, holes = wobbled(rng, points, wobble), [wobbled(rng, hole, wobble) for hole in holes]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    factor = span / max(max(xs) - min(xs), max(ys) - min(ys))
    size = (max(2, math.ceil((max(xs) - min(xs)) * factor)), max(2, math.ceil((max(ys) - min(ys)) * factor)))
    place = lambda line: [((x - min(xs)) * factor, (y - min(ys)) * factor) for x, y in line]
    image = Image.new('L', size)
    pen = ImageDraw.Draw(image)
    pen.polygon(place(points), fill=255)
    for hole in holes:
        pen.polygon(place(hole), fill=0)
    if rng.random() < .12 and noun in ('square', 'rectangle', 'triangle', 'pentagon', 'hexagon', 'star', 'cross', 'diamond', 'arrow'):
        # Rounded corners: blur, then cut at a half.
        image = image.filter(ImageFilter.GaussianBlur(span * rng.uniform(.02, .05))).point(lambda v: min(255, max(0, round((v - 128) * 8 + 128))))
    return image


def polygon(rng, noun):
    """(outline, holes) of a shape at any scale, y down."""
    around = [2 * math.pi * i / 56 for i in range(56)]
    turn, holes = 0.0, []
    if noun in ('circle', 'ring'):
        squash = rng.uniform(.96, 1.04)
        points = [(math.cos(a) * squash, math.sin(a)) for a in around]
        if noun == 'ring':
            inner = rng.uniform(.45, .78)
            holes = [[(x * inner, y * inner) for x, y in points]]
    elif noun == 'oval':
        long = rng.uniform(1.42, 2.6)
        points = [(math.cos(a) * long, math.sin(a)) for a in around]
        turn = rng.choice((0, 0, 90, rng.uniform(0, 180)))
    elif noun in ('square', 'rectangle'):
        long = rng.uniform(.95, 1.05) if noun == 'square' else rng.uniform(1.55, 3.6)
        points = [(-long, -1), (long, -1), (long, 1), (-long, 1)]
        turn = rng.choice((0, 0, rng.uniform(-28, 28))) if noun == 'square' else rng.choice((0, 0, 90, rng.uniform(0, 180)))
    elif noun == 'triangle':
        kind = rng.random()
        apex = 0 if kind < .7 else rng.uniform(-.8, .8) if kind < .85 else rng.choice((-.9, .9))
        points = [(apex, -rng.uniform(.7, 1.2)), (.95, .75), (-.95, .75)]
        turn = rng.choice((0, 0, 0, 180, rng.uniform(0, 360)))
    elif noun in ('pentagon', 'hexagon'):
        sides = 5 if noun == 'pentagon' else 6
        points = [(math.sin(2 * math.pi * i / sides), -math.cos(2 * math.pi * i / sides)) for i in range(sides)]
        turn = rng.choice((0, 0, 30, rng.uniform(0, 360)))
    elif noun == 'star':
        tips = rng.choice((4, 5, 5, 5, 5, 6, 6, 7, 8))
        deep = rng.uniform(.3, .5) if tips < 6 else rng.uniform(.42, .68)
        points = [((1 if i % 2 == 0 else deep) * math.sin(math.pi * i / tips), -(1 if i % 2 == 0 else deep) * math.cos(math.pi * i / tips)) for i in range(2 * tips)]
        turn = rng.choice((0, 0, rng.uniform(0, 360)))
    elif noun == 'heart':
        wide = rng.uniform(.9, 1.15)
        points = [(16 * math.sin(a) ** 3 * wide, -(13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a))) for a in around]
        turn = rng.choice((0, 0, rng.uniform(-28, 28)))
    elif noun == 'cross':
        half = rng.uniform(.16, .4)
        points = [(half, -1), (half, -half), (1, -half), (1, half), (half, half), (half, 1), (-half, 1), (-half, half), (-1, half), (-1, -half), (-half, -half), (-half, -1)]
        turn = rng.choice((0, 0, rng.uniform(-20, 20)))
    elif noun == 'diamond':
        tall = rng.uniform(1.25, 2.1)
        points = [(0, -tall), (1, 0), (0, tall), (-1, 0)]
        turn = rng.choice((0, 0, 0, 90)) + rng.choice((0, 0, rng.uniform(-14, 14)))
    elif noun == 'arrow':
        head, half, long = rng.uniform(.5, .95), rng.uniform(.14, .4), rng.uniform(1, 2)
        barb = rng.choice((0, rng.uniform(0, .4)))  # how far the head's corners lie behind its neck
        neck, corner = 1.4 - head, 1.4 - head - barb
        points = [(1.4, 0), (corner, -.75), (neck, -half), (.4 - long, -half), (.4 - long, half), (neck, half), (corner, .75)]
        turn = rng.choice((0, 90, 180, 270, rng.uniform(0, 360)))
    else:  # crescent
        depth = rng.uniform(.25, .6)
        outer = [(math.cos(a), math.sin(a)) for a in np.linspace(.75, 2 * math.pi - .75, 40)]
        radius_y, reach = outer[0][1], outer[0][0]
        inner = [(reach - depth * 1.1 * math.cos(a) - .0, radius_y * math.sin(a)) for a in np.linspace(-math.pi / 2, math.pi / 2, 30)]
        points = outer + inner
        turn = rng.choice((0, 180, 90, rng.uniform(0, 360)))
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    rotate = lambda line: [(c * x - s * y, s * x + c * y) for x, y in line]
    return rotate(points), [rotate(hole) for hole in holes]


def wobbled(rng, points, strength):
    """The outline as a shaky hand draws it: more points, moved by smooth noise."""
    reach = max(max(abs(x), abs(y)) for x, y in points)
    dense = []
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        steps = max(1, round(math.dist((ax, ay), (bx, by)) / reach * 8))
        dense += [(ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps) for i in range(steps)]
    waves = [(rng.randint(2, 9), rng.uniform(0, 2 * math.pi), rng.gauss(0, strength * reach)) for _ in range(6)]
    result = []
    for i, (x, y) in enumerate(dense):
        t = 2 * math.pi * i / len(dense)
        result.append((x + sum(a * math.sin(k * t + p) for k, p, a in waves[:3]) + rng.gauss(0, strength * reach * .25),
                       y + sum(a * math.sin(k * t + p) for k, p, a in waves[3:]) + rng.gauss(0, strength * reach * .25)))
    return result
