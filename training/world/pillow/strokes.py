"""
How the hand that draws with Pillow fills and outlines a mask: all of it gives masks, or pictures of a mask's size.
"""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter


def eroded(mask, distance):
    """The mask without its edge of that many pixels."""
    pad = math.ceil(distance) + 4
    padded = Image.new('L', (mask.width + 2 * pad, mask.height + 2 * pad))
    padded.paste(mask, (pad, pad))
    small, factor = padded, 1
    while distance > 4:
        small, distance, factor = small.resize((max(1, small.width // 2), max(1, small.height // 2)), Image.Resampling.BILINEAR), distance / 2, factor * 2
    inner = small.filter(ImageFilter.MinFilter(2 * max(1, round(distance)) + 1))
    inner = inner.filter(ImageFilter.GaussianBlur(.7)).resize(padded.size, Image.Resampling.BICUBIC) if factor > 1 else inner
    inner = inner.point(lambda v: min(255, max(0, round((v - 128) * factor + 128))))
    return ImageChops.darker(inner.crop((pad, pad, pad + mask.width, pad + mask.height)), mask)


def dashes(rng, size):
    """Sectors around the center."""
    count, angle = rng.randint(9, 16), rng.uniform(0, 360)
    image = Image.new('L', size)
    pen = ImageDraw.Draw(image)
    reach = max(size)
    for i in range(count):
        start = angle + 360 * i / count
        pen.pieslice((size[0] / 2 - reach, size[1] / 2 - reach, size[0] / 2 + reach, size[1] / 2 + reach), start, start + 360 / count * .62, fill=255)
    return image


def shaded(rng, body, strength):
    pixels = np.asarray(body, np.float32)
    angle = rng.uniform(0, 2 * math.pi)
    down, across = np.ogrid[-.5:.5:body.height * 1j, -.5:.5:body.width * 1j]
    change = 1 + strength * (across * math.cos(angle) + down * math.sin(angle))
    return Image.fromarray(np.clip(pixels * change[..., None] + 14 * (change[..., None] - 1), 0, 255).astype(np.uint8))


def patterned(rng, body, rgb):
    """Stripes or dots in a lighter or darker tone of the color."""
    tone = rng.uniform(.25, .45)
    other = tuple(round(c + (255 - c) * tone) if sum(rgb) < 480 else round(c * (1 - tone * .6)) for c in rgb)
    pen = ImageDraw.Draw(body)
    step = max(body.size) * rng.uniform(.1, .18)
    if rng.random() < .5:
        for i in range(-int(max(body.size) / step), int(2 * max(body.size) / step)):
            pen.line((i * step, 0, i * step + rng.choice((0, body.height)), body.height), fill=other, width=max(1, round(step * .35)))
    else:
        for i in range(int(body.width / step) + 1):
            for j in range(int(body.height / step) + 1):
                x, y, r = (i + .5) * step, (j + .5) * step, step * .25
                pen.ellipse((x - r, y - r, x + r, y + r), fill=other)
    return body


def scribbled(rng, mask, width):
    """The mask filled as with a mouse: to and fro, mostly across, with lines of about that many pixels that leave some gaps."""
    width = max(width, max(mask.size) * rng.uniform(.02, .05))
    angle = rng.choice((rng.gauss(0, 4), rng.gauss(0, 4), rng.gauss(45, 8), rng.uniform(0, 180)))
    turned = mask.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    inside = np.asarray(turned) > 127
    strokes = Image.new('L', turned.size)
    pen = ImageDraw.Draw(strokes)
    step, y, last = width * rng.uniform(.9, 1.8), width / 2, None
    while y < turned.height:
        for left, right in runs(inside[int(y)]):
            ends = [(left + rng.gauss(.5, .3) * width, y + rng.gauss(0, .15) * step), (right - rng.gauss(.5, .3) * width, y + rng.gauss(.3, .15) * step)]
            if last and abs(last[0] - ends[1][0]) < abs(last[0] - ends[0][0]):
                ends.reverse()
            near = last and abs(last[1] - y) < 1.6 * step and abs(last[0] - ends[0][0]) < 4 * step
            pen.line([last, *ends] if near else ends, fill=255, width=max(1, round(width)), joint='curve')
            last = ends[1]
        y += step * rng.uniform(.8, 1.2)
    back = strokes.rotate(-angle, Image.Resampling.BILINEAR, expand=True)
    corner = (back.width - mask.width) // 2, (back.height - mask.height) // 2
    fill = back.crop((*corner, corner[0] + mask.width, corner[1] + mask.height))
    return fill if rng.random() < .25 else ImageChops.lighter(fill, ImageChops.subtract(mask, eroded(mask, width)))


def runs(row):
    """[(first, last)] of where a row of bools is True."""
    steps = np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1).tolist(), (np.flatnonzero(steps == -1) - 1).tolist()))
