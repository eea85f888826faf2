"""Draws the plotted part of the test pictures.

    python bench/hands/plots/make.py OUT [COUNT]    # with matplotlib 3.11 and Pillow

Writes OUT/plots/NNN.EXT and OUT/plots.json. A picture depends on its number alone.
"""

import io
import json
import math
import sys
from pathlib import Path

import matplotlib

matplotlib.use('agg')
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.transforms import Affine2D
from PIL import Image, ImageDraw, ImageFont

from names import WEIGHTS, lab, palette
from forms import CUTTABLE, SHAPES, form_of
from layout import HABITS, NoRoom, place
from looks import draw, look_of

DPI = 100
COUNT = 250
# Least distance in CIELAB of a surface and of a line from what is behind it.
SURFACE, LINE = 34, 45
NOTES = ['Figure 1', 'shapes', 'draft', 'my homework', 'sketch', 'untitled', 'Fig. 3 (b)', 'exercise 2']
PAPERS = {'white': 8, 'black': 3, 'gray': 2, 'blue': 2, 'green': 2, 'yellow': 2, 'pink': 2, 'red': 1.4, 'orange': 1.4, 'purple': 1.4, 'brown': 1, 'turquoise': 1.4}  # fmt: skip


def weighed(weights, rng):
    names = list(weights)
    shares = np.array([weights[name] for name in names], dtype=float)
    return names[rng.choice(len(names), p=shares / shares.sum())]


def size_of(everyday, rng):
    """Width and height in pixels."""
    kind = 'usual' if everyday else weighed({'small': 12, 'usual': 78, 'huge': 10}, rng)
    low, high = {'small': (50, 110), 'usual': (200, 1100), 'huge': (1500, 2400)}[kind]
    side = math.exp(rng.uniform(math.log(low), math.log(high)))
    ratio = rng.choice([4 / 3, 1, 1.5, 16 / 9, 1.25, 0.75, 0.67])
    if not everyday and rng.random() < 0.35:
        ratio = math.exp(rng.uniform(-math.log(3), math.log(3)))
    longer = min(4000, side * max(ratio, 1 / ratio))
    return (int(longer), int(side)) if ratio > 1 else (int(side), int(longer))


def plan_of(rng, colors):
    everyday = rng.random() < 0.66
    width, height = size_of(everyday, rng)
    if everyday:
        count = int(rng.choice([1, 2, 3], p=[0.24, 0.42, 0.34]))
        habit = weighed({'loose': 74, 'shelf': 10, 'around': 5, 'stairs': 4, 'tower': 4, 'layered': 3}, rng)
        plan = {'paper': 'plain', 'background': 'white', 'color': '#ffffff', 'extra': None}
    else:
        count = int(rng.choice(7, p=[0.03, 0.34, 0.17, 0.17, 0.13, 0.09, 0.07]))
        habit = weighed(dict.fromkeys(HABITS, 1), rng)
        paper = weighed({'plain': 50, 'gradient': 14, 'grid': 12, 'dots': 8, 'weave': 8}, rng)
        name = 'white' if paper in ('grid', 'dots') else weighed(PAPERS, rng)
        paper = 'plain' if name in ('white', 'black') and paper == 'gradient' else paper
        extra = weighed({None: 58, 'title': 12, 'frame': 10, 'axes': 7, 'watermark': 7, 'line': 6}, rng)
        plan = {'paper': paper, 'background': name, 'color': str(rng.choice(colors[name])), 'extra': extra}
    if min(width, height) < 150 and habit in ('cut', 'layered'):
        habit = 'loose'
    return {**plan, 'everyday': everyday, 'count': count, 'habit': habit, 'width': width, 'height': height}


def figure_of(plan):
    size = plan['width'] / DPI, plan['height'] / DPI
    figure = plt.figure(figsize=size, dpi=DPI, facecolor=plan['color'])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def limit(axes, plan):
    axes.set_xlim(0, plan['width'])
    axes.set_ylim(plan['height'], 0)  # downward, as pixels
    axes.set_aspect('auto')


def paper(axes, plan, rng):
    """What is behind the shapes."""
    width, height = plan['width'], plan['height']
    side = min(width, height)
    extent = (0, width, height, 0)
    base = np.array(matplotlib.colors.to_rgb(plan['color']))
    if plan['paper'] == 'gradient':
        steps = np.linspace(0.1, -0.1, 128)[:, None, None] * np.ones((1, 2, 1))
        axes.imshow(np.clip(base + steps, 0, 1), extent=extent, interpolation='bilinear', zorder=0)
    elif plan['paper'] == 'weave':
        noise = rng.normal(0, 0.02, (int(height), int(width), 1))
        axes.imshow(np.clip(base + noise, 0, 1), extent=extent, interpolation='nearest', zorder=0)
    elif plan['paper'] in ('grid', 'dots'):
        step = side / rng.uniform(6, 16)
        xs, ys = np.arange(step / 2, width, step), np.arange(step / 2, height, step)
        if plan['paper'] == 'grid':
            color = str(rng.choice(['#dddddd', '#d5e3ee', '#e8dfd0']))
            axes.vlines(xs, 0, height, color=color, linewidth=0.7, zorder=0)
            axes.hlines(ys, 0, width, color=color, linewidth=0.7, zorder=0)
        else:
            x, y = np.meshgrid(xs, ys)
            axes.plot(x.ravel(), y.ravel(), ',', color='#9aa5ad', zorder=0)


def extras(axes, plan, rng):
    """What is no shape. Returns left, top, right, bottom in pixels of what is left to draw on."""
    width, height = plan['width'], plan['height']
    side = min(width, height)
    area = [0, 0, width, height]
    ink = '#222222' if lab(plan['color'])[0] > 50 else '#e8e8e8'
    font = str(rng.choice(['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'Liberation Sans']))
    size = side * 0.72
    kind = plan['extra'] if side > 160 or plan['extra'] == 'frame' else None
    if kind == 'title':
        text = str(rng.choice(NOTES))
        axes.text(width / 2, side * 0.055, text, fontsize=size * 0.055, family=font, color=ink, ha='center', va='center')
        area[1] = side * 0.11
    elif kind == 'frame':
        line = max(2, side * rng.uniform(0.008, 0.03))
        xs, ys = [0, width, width, 0, 0], [0, 0, height, height, 0]
        axes.plot(xs, ys, color=ink, linewidth=2 * line * 0.72, solid_joinstyle='miter', zorder=9)
        area = [line, line, width - line, height - line]
    elif kind == 'axes':
        left, bottom = side * 0.11, height - side * 0.11
        axes.plot([left, left, width], [0, bottom, bottom], color=ink, linewidth=size * 0.004)
        for i in range(1, 5):
            x, y = left + (width - left) * i / 5, bottom * (1 - i / 5)
            axes.text(x, bottom + side * 0.05, str(2 * i), fontsize=size * 0.04, color=ink, ha='center', va='center')
            axes.text(left - side * 0.05, y, str(10 * i), fontsize=size * 0.04, color=ink, ha='center', va='center')
        area = [left + side * 0.02, 0, width, bottom - side * 0.02]
    elif kind == 'watermark':
        text = str(rng.choice(['PROOF', 'example.org', 'copy', 'not for sale']))
        axes.text(width / 2, height / 2, text, fontsize=size * 0.12, color='gray', alpha=0.25, rotation=rng.choice([0, 30]), ha='center', va='center', zorder=8)
    elif kind == 'line':
        x = np.linspace(0.05, 0.4, 80) * width
        wave = np.cumsum(rng.normal(0, 1, 80))
        wave = (wave - wave.min()) / (np.ptp(wave) or 1)
        axes.plot(x, height - side * (0.03 + 0.08 * wave), color=ink, linewidth=max(0.8, size * 0.005))
        area[3] = height - side * 0.13
    return area


def color_of(plan, look, used, colors, rng):
    """Name and value, told apart from what is behind it."""
    is_line = 'outlined' in look
    while True:
        name = weighed(WEIGHTS, rng)
        color = str(rng.choice(colors[name]))
        difference = math.dist(lab(color), lab(plan['color']))
        lighter = abs(lab(color)[0] - lab(plan['color'])[0])
        is_faint = is_line and lighter < (8 if plan['background'] == 'white' else 18)
        is_plain = name in ('white', 'black')
        if difference < (LINE if is_line else SURFACE) or is_faint or name == plan['background']:
            continue
        if plan['habit'] in ('layered', 'tower') and name in used:
            continue
        if is_plain and (is_line or {'gradient', 'hatched', 'shadow'} & set(look)):
            continue
        return name, color


def drawn(number, colors):
    """The picture as an image in RGB, and its scene; raises NoRoom."""
    rng = np.random.default_rng(number)
    plan = plan_of(rng, colors)
    figure, axes = figure_of(plan)
    paper(axes, plan, rng)
    left, top, right, bottom = extras(axes, plan, rng)
    side = min(right - left, bottom - top)
    shapes = [weighed(SHAPES, rng) for _ in range(plan['count'])]
    if plan['habit'] == 'cut' and shapes:
        shapes[0] = str(rng.choice(CUTTABLE))
    forms = [form_of(shape, rng) for shape in shapes]
    boxes = [form.get_extents() for form in forms]
    halves = [(box.width / 2, box.height / 2) for box in boxes]
    room = (right - left) / side, (bottom - top) / side
    spots = place(halves, plan['habit'], room, 7.5 / side, rng)
    things, artists, used = [], [], []
    for shape, form, (x, y, radius) in zip(shapes, forms, spots):
        pixels = radius * side
        look = look_of(shape, pixels, plan['everyday'], rng)
        name, color = color_of(plan, look, used, colors, rng)
        used.append(name)
        # Upward becomes downward.
        placing = Affine2D().scale(pixels, -pixels).translate(left + x * side, top + y * side)
        artists.append(draw(axes, form.transformed(placing), shape, color, look, pixels, rng))
        things.append({'shape': shape, 'colors': [name], 'hex': color, 'style': look})
    limit(axes, plan)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    for thing, own in zip(things, artists):
        thing['box'] = box_of(figure, axes, own)
    plt.close(figure)
    style = ['everyday' if plan['everyday'] else 'varied', plan['paper'], plan['extra'], plan['habit']]
    scene = {'background': plan['background'], 'objects': things, 'style': [one for one in style if one]}
    return image, scene, rng, plan


def box_of(figure, axes, own):
    """What pixels a shape takes, as shares: it is drawn alone, without its shadow."""
    for artist in axes.get_children():
        artist.set_visible(artist in own)
    for artist in own:
        artist.set_path_effects([])
    figure.set_facecolor('none')
    figure.canvas.draw()
    alpha = np.asarray(figure.canvas.buffer_rgba())[..., 3] > 100
    for artist in axes.get_children():
        artist.set_visible(True)
    height, width = alpha.shape
    xs, ys = np.flatnonzero(alpha.any(0)), np.flatnonzero(alpha.any(1))
    box = xs[0] / width, ys[0] / height, (xs[-1] + 1) / width, (ys[-1] + 1) / height
    return [round(float(share), 4) for share in box]


def phone(image, dark, rng):
    """A screenshot of a telephone: a strip with the time above, the picture, a strip below."""
    width, height = image.size
    unit = max(12, min(width, height) // 18)
    above, below = int(unit * 2.2), int(unit * rng.uniform(1.5, 3))
    back, ink = ((18, 18, 20), (230, 230, 230)) if dark else ((250, 250, 250), (30, 30, 30))
    whole = Image.new('RGB', (width, height + above + below), back)
    whole.paste(image, (0, above))
    font = ImageFont.truetype('DejaVuSans.ttf', unit)
    pen = ImageDraw.Draw(whole)
    pen.text((unit * 0.6, unit * 0.5), str(rng.choice(['9:41', '12:30', '18:07'])), fill=ink, font=font)
    pen.text((width - unit * 3.2, unit * 0.5), '87 %', fill=ink, font=font)
    return whole, above


def finished(image, scene, plan, rng):
    """As somebody saves it: bytes, and the ending of the file's name."""
    if not plan['everyday'] and rng.random() < 0.1:
        before = image.size[1]
        image, above = phone(image, rng.random() < 0.5, rng)
        for thing in scene['objects']:
            left, top, right, bottom = thing['box']
            inner = [(above + share * before) / image.size[1] for share in (top, bottom)]
            thing['box'] = [left, round(inner[0], 4), right, round(inner[1], 4)]
        scene['background'] = None
        scene['style'].append('screenshot')
    if not plan['everyday'] and rng.random() < 0.12 and min(image.size) > 300:
        scale = rng.uniform(0.35, 0.8)
        size = [max(150, int(side * scale)) for side in image.size]
        image = image.resize(size, Image.Resampling(int(rng.choice([0, 2, 3]))))
        scene['style'].append('rescaled')
    pixels = image.size[0] * image.size[1]
    weights = {'png': 62 if plan['everyday'] else 40, 'jpeg': 30, 'webp': 12}
    if plan['paper'] == 'weave' or pixels > 2e6:
        weights = {'jpeg': 2, 'webp': 1}
    ending = weighed(weights, rng)
    quality = int(rng.uniform(30, 60 if pixels > 2e6 else 95))
    buffer = io.BytesIO()
    image.save(buffer, ending, **({'optimize': True} if ending == 'png' else {'quality': quality}))
    return buffer.getvalue(), ending


def main(out, count):
    folder = Path(out) / 'plots'
    folder.mkdir(parents=True, exist_ok=True)
    colors = palette(np.random.default_rng(1))
    scenes = []
    for number in range(1, count + 1):
        for attempt in range(100):
            try:
                image, scene, rng, plan = drawn(number + 10_000 * attempt, colors)
                break
            except NoRoom:
                plt.close('all')
        data, ending = finished(image, scene, plan, rng)
        name = f'plots/{number:03}.{ending}'
        (Path(out) / name).write_bytes(data)
        scenes.append({'name': name, **scene})
    (Path(out) / 'plots.json').write_text(json.dumps(scenes, indent=1) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else COUNT)
