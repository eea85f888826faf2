"""
Pictures that are no drawings of objects: photographs, screenshots, pages of text, memes, noise, textures.

Most are made here; FOLDER may hold real photographs, of which random parts are taken.
"""

import math
import os
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.world.fonts import FONTS
from training.world.scene import sample_sides

FOLDER = Path(os.environ.get('SIGHTSEER_PHOTOS', 'training/run/photos'))
FLAT = 36  # sum of the three channels' standard deviations below which a part shows nothing
LETTERS = 'etaoinshrdlucmfwypvbgkqjxz'


def draw(rng):
    """(RGB picture, scene)"""
    sides = sample_sides(rng)
    makers = [clouds, clouds, blobs, text, screen, noise, pattern, plot] + [photograph] * (6 if photographs() else 0)
    image = rng.choice(makers)(rng, sides)
    if rng.random() < .12:
        image = meme(rng, image)
    return image, {'kind': 'other', 'hand': 'others', 'width': image.width, 'height': image.height, 'background': None, 'objects': [], 'flips': True}


@cache
def photographs():
    return sorted(path for path in FOLDER.rglob('*') if path.suffix in ('.jpg', '.jpeg', '.png', '.webp')) if FOLDER.exists() else []


@cache
def opened(path):
    image = Image.open(path).convert('RGB')
    image.thumbnail((1600, 1600))
    return image


def photograph(rng, sides):
    """A part of a real photograph, mirrored or tinted at times."""
    while True:
        whole = opened(rng.choice(photographs()))
        part, ratio = rng.uniform(.25, 1), sides[0] / sides[1]
        width = min(whole.width, whole.height * ratio) * part
        height = width / ratio
        left, top = rng.uniform(0, whole.width - width), rng.uniform(0, whole.height - height)
        image = whole.resize(sides, Image.Resampling.BICUBIC, (left, top, left + width, top + height))
        if np.asarray(image).std(axis=(0, 1)).sum() > FLAT:
            break  # else nothing is on it, as on an empty page
    if rng.random() < .5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < .3:
        tint = np.array([rng.uniform(.7, 1.2) for _ in range(3)])
        image = Image.fromarray(np.clip(np.asarray(image) * tint, 0, 255).astype(np.uint8))
    return image


def clouds(rng, sides):
    """Noise of many scales in two to four colors, cut into areas at times: landscapes, walls, skies."""
    source = np.random.default_rng(rng.randrange(2**31))
    steep = rng.uniform(.8, 1.6)
    field = np.zeros((sides[1], sides[0]), np.float32)
    step, weight = 2, 1.0
    while step < min(sides) // 2:
        layer = Image.fromarray(source.normal(0, 1, (step + 1, round(step * sides[0] / sides[1]) + 1)).astype(np.float32))
        field += weight * np.asarray(layer.resize(sides, Image.Resampling.BICUBIC))
        step, weight = step * 2, weight / 2 ** steep
    field = (field - field.min()) / (np.ptp(field) + 1e-6)
    if rng.random() < .4:
        field = .5 * field + .5 * np.linspace(0, 1, sides[1], dtype=np.float32)[:, None]
    stops = np.sort(source.uniform(0, 1, 4))
    palette = source.uniform(0, 255, (4, 3))
    pixels = np.stack([np.interp(field, stops, palette[:, c]) for c in range(3)], -1)
    return Image.fromarray(pixels.astype(np.uint8))


def blobs(rng, sides):
    """Many soft overlapping spots, as out of focus."""
    image = Image.new('RGB', sides, tuple(rng.randint(0, 255) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(15, 60)):
        x, y, r = rng.uniform(0, sides[0]), rng.uniform(0, sides[1]), min(sides) * rng.uniform(.03, .3)
        pen.ellipse((x - r, y - r * rng.uniform(.5, 1.5), x + r, y + r), fill=tuple(rng.randint(0, 255) for _ in range(3)))
    return image.filter(ImageFilter.GaussianBlur(min(sides) * rng.uniform(.01, .06)))


def words(rng, count):
    return ' '.join(''.join(rng.choice(LETTERS[:rng.randint(8, 26)]) for _ in range(rng.randint(1, 9))) for _ in range(count))


def text(rng, sides):
    """A page of text."""
    dark = rng.random() < .3
    image = Image.new('RGB', sides, (25, 27, 32) if dark else (252, 252, 250))
    pen, size = ImageDraw.Draw(image), max(7, round(min(sides) * rng.uniform(.03, .09)))
    font = ImageFont.truetype(rng.choice(FONTS), size)
    y = size
    while y < sides[1] - size:
        if rng.random() < .88:
            pen.text((size, y), words(rng, rng.randint(2, 14)), fill=(220, 220, 220) if dark else (20, 20, 20), font=font)
        y += size * 1.4
    return image


def screen(rng, sides):
    """A window with bars, fields, buttons and words."""
    dark = rng.random() < .5
    tone = lambda low, high: tuple([rng.randint(low, high)] * 3)
    image = Image.new('RGB', sides, tone(20, 50) if dark else tone(225, 255))
    pen, (width, height) = ImageDraw.Draw(image), sides
    size = max(7, round(min(sides) * rng.uniform(.03, .06)))
    font, ink = ImageFont.truetype(rng.choice(FONTS), size), (225, 225, 225) if dark else (40, 40, 40)
    pen.rectangle((0, 0, width, size * 2), fill=tuple(rng.randint(30, 220) for _ in range(3)))
    side = rng.uniform(.15, .35) * width
    pen.rectangle((0, size * 2, side, height), fill=tone(35, 70) if dark else tone(200, 240))
    y = size * 3
    while y < height:
        pen.text((size * .5, y), words(rng, 1)[:8], fill=ink, font=font)
        pen.ellipse((side + size, y, side + 2.4 * size, y + 1.4 * size), fill=tuple(rng.randint(0, 255) for _ in range(3)))
        pen.text((side + 3 * size, y), words(rng, rng.randint(2, 8)), fill=ink, font=font)
        if rng.random() < .3:
            pen.rounded_rectangle((width * .7, y, width * .9, y + size * 1.6), size * .4, fill=tuple(rng.randint(40, 230) for _ in range(3)))
        y += size * rng.uniform(2, 3)
    return image


def noise(rng, sides):
    source = np.random.default_rng(rng.randrange(2**31))
    coarse = rng.choice((1, 1, 2, 4, 8))
    shape = (max(1, sides[1] // coarse), max(1, sides[0] // coarse), rng.choice((1, 3)))
    pixels = source.uniform(0, 255, shape) if rng.random() < .5 else source.normal(128, rng.uniform(20, 70), shape)
    pixels = np.broadcast_to(np.clip(pixels, 0, 255).astype(np.uint8), (*shape[:2], 3))
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(sides, rng.choice((Image.Resampling.NEAREST, Image.Resampling.BILINEAR)))


def pattern(rng, sides):
    """Waves, checks and stripes over the whole picture."""
    down, across = np.mgrid[0:sides[1], 0:sides[0]].astype(np.float32) / min(sides)
    angle, often = rng.uniform(0, math.pi), rng.uniform(4, 30)
    first = np.sin(often * 6.28 * (across * math.cos(angle) + down * math.sin(angle)))
    second = np.sin(often * rng.choice((1, .5)) * 6.28 * (down * math.cos(angle) - across * math.sin(angle)))
    field = first * second if rng.random() < .5 else first + .5 * second
    field = np.sign(field) if rng.random() < .5 else field
    field = (field - field.min()) / (np.ptp(field) + 1e-6)
    one, two = (np.array([rng.randint(0, 255) for _ in range(3)]) for _ in range(2))
    return Image.fromarray((one + field[..., None] * (two - one)).astype(np.uint8))


def plot(rng, sides):
    """Axes with a line or bars, or a table."""
    image = Image.new('RGB', sides, (255, 255, 255) if rng.random() < .7 else (30, 30, 34))
    pen, (width, height) = ImageDraw.Draw(image), sides
    ink = (90, 90, 90)
    left, bottom = width * .1, height * .9
    pen.line((left, height * .05, left, bottom), fill=ink)
    pen.line((left, bottom, width * .97, bottom), fill=ink)
    count = rng.randint(6, 24)
    values = np.clip(np.cumsum([rng.gauss(0, .12) for _ in range(count)]) + .5, .03, .97)
    step = (width * .87) / count
    color = tuple(rng.randint(0, 200) for _ in range(3))
    if rng.random() < .5:
        for i, value in enumerate(values):
            pen.rectangle((left + i * step + 1, bottom - value * height * .8, left + (i + .8) * step, bottom), fill=color)
    else:
        for _ in range(rng.randint(1, 3)):
            pen.line([(left + i * step, bottom - value * height * .8) for i, value in enumerate(values)], fill=color, width=max(1, min(sides) // 120))
            values = np.clip(values + np.random.default_rng(rng.randrange(999)).normal(0, .1, count), .03, .97)
            color = tuple(rng.randint(0, 200) for _ in range(3))
    return image


def meme(rng, image):
    """White letters with a black edge at the top or the bottom."""
    size = max(8, round(min(image.size) * rng.uniform(.07, .13)))
    font = ImageFont.truetype(rng.choice(FONTS), size)
    pen = ImageDraw.Draw(image)
    for y in rng.choice(((size * .3,), (size * .3, image.height - 1.4 * size))):
        pen.text((size * .4, y), words(rng, rng.randint(2, 5)).upper(), fill='white', font=font, stroke_width=max(1, size // 12), stroke_fill='black')
    return image
