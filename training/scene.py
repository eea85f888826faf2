"""
What a scene is: the symbols the questions are about and the geometry a renderer draws.

Nothing here draws. Two renderers read these scenes (render.py and an independent one), so the
rules are written out in prose:

* The picture is `width` x `height` pixels, each side 64 to 1024, the aspect ratio 1:2 to 2:1.
  `short` is the shorter side. The model squashes it to a square with PIL's bicubic filter.
* It is divided into 3 x 3 equal cells. A cell holds at most one object; 1 to 4 objects in all.
  An object's center is within JITTER of its cell's center (as a fraction of the whole side),
  so "top left" or "center" is never in doubt.
* Size: the radius (center to the farthest point of the shape, as a fraction of `short`) is in
  RADIUS['small'] or RADIUS['large']; the gap between the two is never used.
* Color: `rgb` is drawn from the HSV box COLORS[name]; the background from BACKGROUNDS[name].
  FORBIDDEN lists pairs (background, color) that would be hard to tell apart.
* Style: `filled`; `outlined` (a stroke of the object's color, background inside);
  `bordered` (filled, with a thin dark stroke, not for black objects nor on black).
  The stroke is inside the radius and is `stroke` wide (fraction of the radius): from
  STROKE[shape] when outlined, and never under 2.5 px there: where that does not fit, the shape
  is filled instead. A border is 0.08 to 0.14, at least 1 px.
* Shapes, in units of the radius, y down, before the rotation (`rotation` degrees, clockwise):
  circle    radius 1
  square    corners at (+-.707, +-.707); rotation within +-20
  triangle  corners on the unit circle at -90 (the top) and 90+-w degrees, w = form in 45..65
            (60 is equilateral); any rotation
  star      5 points on the unit circle, inner radius = form in .36...50; any rotation
  cross     a plus sign, arms reach .96, half width = form in .22...34; rotation within +-20
  heart     two lobes up, tip down at (0, 1); see heart_points(); rotation within +-20
"""

import math

SHAPES = ('circle', 'square', 'triangle', 'star', 'heart', 'cross')
SIZES = ('small', 'large')
CELLS = tuple((row, column) for row in range(3) for column in range(3))
PLACES = ('top left', 'top', 'top right', 'left', 'center', 'right', 'bottom left', 'bottom', 'bottom right')
STYLES = ('filled', 'outlined', 'bordered')

# name: hue in degrees (from, to), saturation (from, to), value (from, to)
COLORS = {
    'red': ((-8, 7), (.78, 1), (.72, 1)),
    'green': ((100, 148), (.6, 1), (.42, .85)),
    'blue': ((212, 240), (.7, 1), (.6, 1)),
    'yellow': ((50, 59), (.75, 1), (.9, 1)),
    'orange': ((23, 35), (.85, 1), (.92, 1)),
    'purple': ((272, 298), (.5, .95), (.45, .8)),
    'black': ((0, 360), (0, .3), (0, .12)),
    'white': ((0, 360), (0, .03), (.95, 1)),
}
BACKGROUNDS = {
    'white': ((0, 360), (0, .03), (.95, 1)),
    'black': ((0, 360), (0, .3), (0, .08)),
    'gray': ((0, 360), (0, .06), (.42, .68)),
    'pink': ((330, 352), (.2, .38), (.92, 1)),
    'beige': ((33, 45), (.16, .3), (.86, .96)),
}
FORBIDDEN = {('white', 'white'), ('black', 'black'), ('pink', 'white'), ('beige', 'white')}

JITTER = .035
RADIUS = {'small': (.082, .098), 'large': (.134, .158)}
STROKE = {'circle': (.2, .36), 'square': (.18, .3), 'triangle': (.16, .24), 'star': (.12, .17), 'heart': (.18, .28), 'cross': (.09, .13)}
OUTLINE_MIN = 2.5  # px
BORDER = (.08, .14)
FORM = {'circle': (0, 0), 'square': (0, 0), 'triangle': (45, 65), 'star': (.36, .5), 'heart': (.9, 1.08), 'cross': (.22, .34)}
ROTATION = {'circle': 0, 'square': 20, 'triangle': 180, 'star': 180, 'heart': 20, 'cross': 20}

COLOR_NAMES = tuple(COLORS)
BACKGROUND_NAMES = tuple(BACKGROUNDS)


def sample_symbols(rng, objects=None):
    """A scene without geometry: {'background', 'objects': [{'shape', 'color', 'size', 'cell'}]}.

    `rng` is a random.Random. Objects come in reading order. Shapes and colors repeat often
    enough to make counts, and questions that need a color or a size to be clear, worth asking.
    """
    count = objects or rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 4))
    background = rng.choice(BACKGROUND_NAMES)
    allowed = [c for c in COLOR_NAMES if (background, c) not in FORBIDDEN]
    result = []
    for cell in sorted(rng.sample(range(9), count)):
        shape, color, size = rng.choice(SHAPES), rng.choice(allowed), rng.choice(SIZES)
        if result and rng.random() < .22:
            shape = rng.choice(result)['shape']
        if result and rng.random() < .2:
            color = rng.choice(result)['color']
        result.append({'shape': shape, 'color': color, 'size': size, 'cell': cell})
    return {'background': background, 'objects': result}


def sample_geometry(rng, scene):
    """Adds everything a renderer needs to a scene made by sample_symbols; see the file's header."""
    short = round(math.exp(rng.uniform(math.log(64), math.log(448))))
    if rng.random() < .05:
        short = rng.randint(449, 1024)
    long = min(1024, round(short * (1 if rng.random() < .3 else rng.uniform(1, 2))))
    width, height = (short, long) if rng.random() < .5 else (long, short)
    scene.update(width=width, height=height, backgroundRgb=sample_rgb(rng, BACKGROUNDS[scene['background']]))
    usual = rng.choice(STYLES) if rng.random() < .6 else None
    for thing in scene['objects']:
        row, column = CELLS[thing['cell']]
        radius = rng.uniform(*RADIUS[thing['size']])
        style = usual or rng.choice(STYLES)
        if style == 'outlined' and STROKE[thing['shape']][1] * radius * short < OUTLINE_MIN:
            style = 'filled'
        if style == 'bordered' and 'black' in (thing['color'], scene['background']):
            style = 'filled'
        stroke = 0
        if style == 'outlined':
            stroke = max(rng.uniform(*STROKE[thing['shape']]), OUTLINE_MIN / (radius * short))
        elif style == 'bordered':
            stroke = max(rng.uniform(*BORDER), 1 / (radius * short))
        upright = rng.random() < .4
        thing.update(
            x=(column + .5) / 3 + rng.uniform(-JITTER, JITTER),
            y=(row + .5) / 3 + rng.uniform(-JITTER, JITTER),
            radius=radius,
            rotation=0 if upright else rng.uniform(-1, 1) * ROTATION[thing['shape']],
            style=style,
            stroke=stroke,
            form=rng.uniform(*FORM[thing['shape']]),
            rgb=sample_rgb(rng, COLORS[thing['color']]),
        )
    # How the finished picture is degraded: a gradient (change of value across it), grain, JPEG.
    scene['gradient'] = 0 if rng.random() < .5 else rng.uniform(-.1, .1)
    scene['gradientAngle'] = rng.uniform(0, 360)
    scene['noise'] = 0 if rng.random() < .4 else rng.uniform(1, 9)
    scene['jpeg'] = 0 if rng.random() < .35 else rng.randint(50, 95)
    scene['seed'] = rng.randrange(2**31)
    return scene


def sample_rgb(rng, box):
    """One color out of an HSV box, as [r, g, b] from 0 to 255."""
    hue, saturation, value = (rng.uniform(*span) for span in box)
    sector = hue % 360 / 60
    low = value * (1 - saturation)
    mid = low + (value - low) * (1 - abs(sector % 2 - 1))
    order = [(value, mid, low), (mid, value, low), (low, value, mid), (low, mid, value), (mid, low, value), (value, low, mid)]
    return [round(255 * channel) for channel in order[int(sector) % 6]]


def outline(thing, shrink=0):
    """The polygon of an object in units of its radius, unrotated: a list of (x, y), y down.

    `shrink` moves the edge inwards by about that much (the inside of a stroke).
    """
    shape, form = thing['shape'], thing['form']
    scale = 1 - shrink
    if shape == 'circle':
        return [(scale * math.cos(a), scale * math.sin(a)) for a in arc(0, 360, 48)]
    if shape == 'square':
        half = .7071 - shrink
        return [(-half, -half), (half, -half), (half, half), (-half, half)]
    if shape == 'triangle':
        corners = [polar(1, -90), polar(1, 90 - form), polar(1, 90 + form)]
        return inset(corners, shrink)
    if shape == 'star':
        return inset([polar(1 if i % 2 == 0 else form, -90 + 36 * i) for i in range(10)], shrink)
    if shape == 'cross':
        arm, half = .96 - shrink, max(form - shrink, .02)
        quarter = [(half, -arm), (half, -half), (arm, -half)]
        return [p for turn in range(4) for p in (rotate(q, 90 * turn) for q in quarter)]
    return [(x * (scale - .12 * shrink), y * scale - .15 * shrink) for x, y in heart_points(form)]


def heart_points(form):
    """The classic heart curve, fitted to the unit circle; `form` stretches it sideways."""
    points = []
    for a in arc(0, 360, 48):
        x = 16 * math.sin(a) ** 3
        y = -(13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a))
        points.append((x / 17 * form, (y - 2.5) / 14.5))
    far = max(math.hypot(x, y) for x, y in points)
    return [(x / far, y / far) for x, y in points]


def inset(points, distance):
    """Moves every edge of a polygon (clockwise, y down) inwards; good enough for thin strokes."""
    if distance == 0:
        return points
    result = []
    for index, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[index - 1], points[(index + 1) % len(points)]
        first, second = unit(x - ax, y - ay), unit(bx - x, by - y)
        nx, ny = -first[1] - second[1], first[0] + second[0]
        length = max(1 + first[0] * second[0] + first[1] * second[1], .25)
        result.append((x + distance * nx / length, y + distance * ny / length))
    return result


def arc(start, end, steps):
    """Angles in radians from start to end (degrees), without the end."""
    return [math.radians(start + (end - start) * i / steps) for i in range(steps)]


def polar(radius, degrees):
    return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))


def rotate(point, degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return c * point[0] - s * point[1], s * point[0] + c * point[1]


def unit(x, y):
    length = math.hypot(x, y) or 1
    return x / length, y / length
