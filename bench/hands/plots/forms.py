"""Shapes as matplotlib paths about the origin, y upward, by straight lines and Bézier curves."""

import math

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

# How often each is drawn.
SHAPES = {
    'circle': 19, 'square': 17, 'triangle': 15, 'star': 14, 'heart': 12, 'rectangle': 12, 'oval': 10,
    'hexagon': 8, 'pentagon': 7, 'diamond': 9, 'cross': 9, 'arrow': 10, 'crescent': 9, 'ring': 9,
}  # fmt: skip

# Still known for what they are with a part cut off.
CUTTABLE = ('circle', 'star', 'heart', 'cross', 'ring')


def closed(points):
    return Path([*points, points[0]], closed=True)


def level(rng, limit, share=0.6):
    """An angle in degrees: mostly 0, else up to `limit` to either side."""
    return 0 if rng.random() < share else rng.uniform(-limit, limit)


def circle(rng):
    return Path.unit_circle()


def oval(rng):
    path = Path.unit_circle().transformed(Affine2D().scale(1, rng.uniform(0.42, 0.68)))
    return turned(path, rng.choice([0, 0, 0, 90, 90, 45, -30, 20]))


def square(rng):
    return turned(closed([(-1, -1), (1, -1), (1, 1), (-1, 1)]), level(rng, 29))


def rectangle(rng):
    height = 1 / rng.uniform(1.65, 3.4)
    path = closed([(-1, -height), (1, -height), (1, height), (-1, height)])
    return turned(path, rng.choice([0, 0, 90]) + level(rng, 40, 0.75))


def triangle(rng):
    kind = rng.integers(4)
    if kind == 0:
        points = [(-1, -0.9), (1, -0.9), (rng.uniform(-0.7, 0.7), 0.9)]
    elif kind == 1:
        points = [(-1, -1), (1, -1), (-1, rng.uniform(0.4, 1))]
    else:
        points = [(-1, -0.87), (1, -0.87), (0, 0.87)]
    return turned(closed(points), rng.choice([0, 0, 0, 180, 90, rng.uniform(0, 360)]))


def star(rng):
    count = int(rng.choice([5, 5, 5, 5, 6, 6, 4, 7, 8]))
    inner = {4: 0.36, 5: 0.382, 6: 0.577, 7: 0.55, 8: 0.6}[count] * rng.uniform(0.9, 1.12)
    path = Path.unit_regular_star(count, min(inner, 0.64))
    return turned(path, level(rng, 180 / count))


def heart(rng):
    dip = rng.uniform(0.35, 0.55)
    width = rng.uniform(0.95, 1.2)
    vertices = [
        (0, -1), (-0.25 * width, -0.6), (-1 * width, -0.25), (-1 * width, 0.35),
        (-1 * width, 0.9), (-0.3 * width, 1.05), (0, dip), (0.3 * width, 1.05),
        (1 * width, 0.9), (1 * width, 0.35), (1 * width, -0.25), (0.25 * width, -0.6), (0, -1),
    ]  # fmt: skip
    codes = [Path.MOVETO] + [Path.CURVE4] * 12
    path = Path([*vertices, (0, -1)], [*codes, Path.CLOSEPOLY])
    return turned(path, level(rng, 29))


def hexagon(rng):
    return turned(Path.unit_regular_polygon(6), rng.choice([0, 30, rng.uniform(0, 60)]))


def pentagon(rng):
    return turned(Path.unit_regular_polygon(5), level(rng, 36, 0.65))


def diamond(rng):
    long = rng.uniform(1.35, 2.1)
    path = closed([(0, -long), (1, 0), (0, long), (-1, 0)])
    return turned(path, rng.choice([0, 0, 0, 90]) + level(rng, 9))


def cross(rng):
    a = rng.uniform(0.22, 0.4)
    quarter = [(a, a), (a, 1), (-a, 1)]
    turn = [Affine2D().rotate(i * math.pi / 2).transform(quarter) for i in range(4)]
    return turned(closed(np.concatenate(turn)), level(rng, 13, 0.8))


def arrow(rng):
    shaft, head, neck = rng.uniform(0.12, 0.28), rng.uniform(0.42, 0.7), rng.uniform(0, 0.5)
    back = neck - rng.choice([0, 0, rng.uniform(0, 0.2)])
    points = [(-1, shaft), (neck, shaft), (back, head), (1, 0), (back, -head), (neck, -shaft)]
    path = closed([*points, (-1, -shaft)])
    return turned(path, rng.choice([0, 45, 90, 135, 180, 225, 270, 315, rng.uniform(0, 360)]))


def crescent(rng):
    """Between the arc of a circle and a flatter one through its ends."""
    half = rng.uniform(105, 135)
    outer = Path.arc(-half, half)
    tip_x, tip_y = math.cos(math.radians(half)), math.sin(math.radians(half))
    bulge = rng.uniform(0.58, 0.76) * (1 - tip_x)
    # The circle through both tips and a point that lies `bulge` right of the line between them.
    radius = (tip_y**2 + bulge**2) / (2 * bulge)
    center = tip_x + bulge - radius
    angle = math.degrees(math.asin(min(1, tip_y / radius)))
    angle = 180 - angle if bulge > radius else angle
    inner = Path.arc(-angle, angle).transformed(Affine2D().scale(radius).translate(center, 0))
    back = np.array(inner.to_polygons(closed_only=False)[0])[::-1]
    front = np.array(outer.to_polygons(closed_only=False)[0])
    path = closed(np.concatenate([front, back]))
    return turned(path, rng.choice([0, 180, 150, 30, rng.uniform(0, 360)]))


def ring(rng):
    angles = np.linspace(0, 2 * math.pi, 160, endpoint=False)
    line = np.column_stack([np.cos(angles), np.sin(angles)])
    hole = line[::-1] * rng.uniform(0.45, 0.68)
    return Path.make_compound_path(closed(line), closed(hole))


FORMS = {form.__name__: form for form in (
    circle, oval, square, rectangle, triangle, star, heart, hexagon, pentagon, diamond, cross, arrow,
    crescent, ring,
)}  # fmt: skip


def turned(path, degrees):
    return path.transformed(Affine2D().rotate_deg(degrees))


def form_of(shape, rng):
    """A path of that shape whose box is centered and has a longer side of 2."""
    path = FORMS[shape](rng)
    box = path.get_extents()
    scale = 2 / max(box.width, box.height)
    middle = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return path.transformed(Affine2D().translate(-middle[0], -middle[1]).scale(scale))
