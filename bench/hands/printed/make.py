"""Draws the plotted half of the test pictures with words and numbers.

    python bench/hands/printed/make.py OUT    # with matplotlib 3.11 and Pillow, after make.ts OUT

Writes OUT/printed/plots-NNN.EXT and OUT/printed-plots.json. A picture depends on its number and word alone.
"""

import io
import json
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'plots'))

import matplotlib  # noqa: E402

matplotlib.use('agg')
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.font_manager import FontProperties  # noqa: E402
from matplotlib.patches import PathPatch  # noqa: E402
from matplotlib.textpath import TextPath  # noqa: E402
from matplotlib.transforms import Affine2D  # noqa: E402
from PIL import Image  # noqa: E402

from forms import SHAPES, form_of  # noqa: E402
from layout import NoRoom, place  # noqa: E402
from looks import draw  # noqa: E402
from make import DPI, box_of, limit, weighed  # noqa: E402
from names import WEIGHTS, lab, palette  # noqa: E402

# Pixels of a capital letter where the picture's longer side is 224.
HEIGHT, SIDE, WIDEST = (15, 50), 224, 0.9
# Least distance in CIELAB from what is behind it.
LETTERS, SHAPE = 55, 38
LIGHTNESS = 25  # in which letters differ, too
FAMILIES = ('DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'Liberation Sans')


def color_on(paper, background, least, colors, rng):
    """Name and value of a color that is told apart from the paper."""
    while True:
        name = weighed(WEIGHTS, rng)
        color = str(rng.choice(colors[name]))
        if name != background and math.dist(lab(color), lab(paper)) >= least:
            return name, color


def ink_on(paper, colors, rng):
    while True:
        color = 'black' if rng.random() < 0.4 else color_on(paper, None, LETTERS, colors, rng)[1]
        one, other = lab(matplotlib.colors.to_hex(color)), lab(paper)
        if abs(one[0] - other[0]) >= LIGHTNESS and math.dist(one, other) >= LETTERS:
            return color


def printed(axes, word, width, height, paper, at_edge, colors, rng):
    """Adds the word; returns its top and bottom in pixels with a margin. Raises NoRoom where it is too wide."""
    shown = (word, word, word.upper(), word.capitalize())[rng.integers(4)]
    weight, style = (('normal', 'normal'), ('bold', 'normal'), ('normal', 'italic'))[rng.integers(3)]
    font = FontProperties(family=str(rng.choice(FAMILIES)), weight=weight, style=style)
    capital = HEIGHT[0] * (HEIGHT[1] / HEIGHT[0]) ** rng.random() * max(width, height) / SIDE
    scale = capital / TextPath((0, 0), 'H', size=100, prop=font).get_extents().height
    path = TextPath((0, 0), shown, size=100, prop=font).transformed(Affine2D().scale(scale, -scale))
    box = path.get_extents()
    if box.width > width * WIDEST or box.height > height * (0.5 if at_edge else 0.9):
        raise NoRoom(shown)
    gap = 0.03 * height
    share = rng.integers(2) if at_edge else rng.random()
    top = gap + share * (height - box.height - 2 * gap)
    left = rng.uniform(0.02 * width, 0.98 * width - box.width)
    ink = ink_on(paper, colors, rng)
    axes.add_patch(PathPatch(path.transformed(Affine2D().translate(left - box.x0, top - box.y0)), facecolor=ink, linewidth=0))
    return top - gap, top + box.height + gap


def drawn(number, word, colors):
    """The picture as an image in RGB, and its scene; raises NoRoom."""
    rng = np.random.default_rng(number)
    longer = int(math.exp(rng.uniform(math.log(260), math.log(640))))
    shorter = int(longer / rng.choice([1, 4 / 3, 1.25, 16 / 9]))
    width, height = (longer, shorter) if rng.random() < 0.7 else (shorter, longer)
    background = 'white' if rng.random() < 0.6 else weighed(WEIGHTS, rng)
    paper = str(rng.choice(colors[background]))
    count = int(rng.choice(4, p=[0.3, 0.34, 0.22, 0.14]))
    figure = plt.figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=paper)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    above, below = printed(axes, word, width, height, paper, count > 0, colors, rng)
    top, bottom = (0, above) if above > height - below else (below, height)
    side = min(width, bottom - top)
    shapes = [weighed(SHAPES, rng) for _ in range(count)]
    forms = [form_of(shape, rng) for shape in shapes]
    boxes = [form.get_extents() for form in forms]
    room = (width / side, (bottom - top) / side)
    spots = place([(box.width / 2, box.height / 2) for box in boxes], 'loose', room, 0.07 * longer / side, rng)
    things, artists = [], []
    for shape, form, (x, y, radius) in zip(shapes, forms, spots):
        pixels = radius * side
        look = ['filled'] if shape == 'ring' or rng.random() < 0.7 else ['outlined']
        name, color = color_on(paper, background, SHAPE, colors, rng)
        placing = Affine2D().scale(pixels, -pixels).translate(x * side, top + y * side)
        artists.append(draw(axes, form.transformed(placing), shape, color, look, pixels, rng))
        things.append({'shape': shape, 'colors': [name], 'hex': color, 'style': look})
    limit(axes, {'width': width, 'height': height})
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    for thing, own in zip(things, artists):
        thing['box'] = box_of(figure, axes, own)
    plt.close(figure)
    return image, {'background': background, 'objects': things, 'style': ['printed'], 'printed': word}, rng


def saved(image, rng):
    """As somebody saves it: bytes, and the ending of the file's name."""
    ending = str(rng.choice(['png', 'png', 'jpeg', 'webp']))
    buffer = io.BytesIO()
    if ending == 'png':
        image = image.quantize(64, dither=Image.Dither.NONE)
    image.save(buffer, ending, **({'optimize': True} if ending == 'png' else {'quality': int(rng.uniform(55, 92))}))
    return buffer.getvalue(), ending


def main(out):
    colors = palette(np.random.default_rng(1))
    scenes = []
    for number, word in enumerate(json.loads((Path(out) / 'printed-words.json').read_text()), 1):
        for attempt in range(100):
            try:
                image, scene, rng = drawn(number + 10_000 * attempt, word, colors)
                break
            except NoRoom:
                plt.close('all')
        data, ending = saved(image, rng)
        name = f'printed/plots-{number:03}.{ending}'
        (Path(out) / name).write_bytes(data)
        scenes.append({'name': name, **scene})
    (Path(out) / 'printed-plots.json').write_text(json.dumps(scenes, indent=1) + '\n')


if __name__ == '__main__':
    main(sys.argv[1])
