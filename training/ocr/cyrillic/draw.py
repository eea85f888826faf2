"""Draws one line as the detector would crop it: any font, size, color, background, blur and compression."""

import io
import pathlib
import random

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from training.ocr.cyrillic.texts import ASCII, RUSSIAN

HEIGHT = 48
MAX_WIDTH = 640
# The benchmark draws with these; so do the lines that are held out.
HELD_OUT = ('Liberation', 'DejaVuSansMono')
# Besides them: a font for Chinese, capitals for all letters, and what is too thin or too odd.
LEFT_OUT = (*HELD_OUT, 'wqy', 'Smallcaps', 'Hairline', 'Thin', 'ExtraLight', 'cmunci', 'cmunui', 'LinLibertine_RZI')
# Families that screenshots are made of come more often.
COMMON = ('Inter', 'Roboto', 'Open', 'Noto', 'PT', 'Nimbus', 'FreeSans', 'DejaVu', 'Clear', 'Carlito', 'Go')


def find_fonts(folder: pathlib.Path, left_out=(), only=('',)):
    """Font files that have all letters of Russian and ASCII, by family: (file, characters) each."""
    families = {}
    for file in sorted(folder.rglob('*')):
        if file.is_symlink() or file.suffix.lower() not in ('.ttf', '.otf'):
            continue
        if any(part in file.name for part in left_out) or not any(part in file.name for part in only):
            continue
        font = TTFont(file, lazy=True)
        known = font.getBestCmap() or {}
        if all(ord(letter) in known for letter in ASCII + RUSSIAN + RUSSIAN.upper()):
            family = font['name'].getBestFamilyName().split(' ')[0]
            families.setdefault(family, []).append((str(file), frozenset(known)))
    return families


class Drawing:
    def __init__(self, families):
        self.families = [families[name] for name in sorted(families)]
        self.shares = [3 if name in COMMON else 1 for name in sorted(families)]
        self.upright = [[0.3 if slanted(file) else 1 for file, _ in fonts] for fonts in self.families]

    def font(self, rng, text, size):
        """A font that has all characters of a text, or None."""
        for _ in range(20):
            i = rng.choices(range(len(self.families)), self.shares)[0]
            file, known = rng.choices(self.families[i], self.upright[i])[0]
            if all(ord(character) in known for character in text):
                return ImageFont.truetype(file, size)
        return None


def slanted(file):
    return any(part in file for part in ('Italic', 'Oblique', 'Ita.', 'BI.', ' I.', '56F', '76F'))


def draw_line(rng: random.Random, text, font, other):
    """uint8 [48, width, 3] blue first, or None where the line is too long.

    @param other text of the lines above and below, of which a loose crop has a part.
    """
    size = font.size
    ascent, descent = font.getmetrics()
    left, top, right, bottom = font.getbbox(text)
    if right - left < 2 or bottom - top < 2:
        return None
    margin = size
    width, height = right - left + 2 * margin, ascent + descent + 2 * margin
    paper, ink = colors(rng)
    image = background(rng, width, height, paper)
    pen = ImageDraw.Draw(image)
    at = (margin - left, margin)
    stroke = {}
    if rng.random() < 0.08:
        ink, edge = ((255, 255, 255), (0, 0, 0)) if rng.random() < 0.8 else ((0, 0, 0), (255, 255, 255))
        stroke = {'stroke_width': max(1, size // rng.choice((9, 14, 18))), 'stroke_fill': edge}
    elif rng.random() < 0.05:
        pen.text((at[0] + max(1, size // 16), at[1] + max(1, size // 16)), text, tuple(c // 3 for c in paper), font)
    pen.text(at, text, ink, font, **stroke)
    if rng.random() < 0.15:
        leading = round((ascent + descent) * rng.uniform(1, 1.3))
        pen.text((at[0] - rng.randint(0, size), at[1] + rng.choice((-1, 1)) * leading), other, ink, font)
    if rng.random() < 0.03:
        pen.line((margin, margin + ascent + 2, width - margin, margin + ascent + 2), ink, max(1, size // 14))
    # The crop: between the ink's box and the line's, and some margin.
    share, line = rng.random() ** 2, bottom - top
    above = margin + top * (1 - share) - line * rng.uniform(-0.03, 0.22)
    below = margin + bottom * (1 - share) + (ascent + descent) * share + line * rng.uniform(-0.03, 0.22)
    beside = [line * rng.uniform(-0.02, 0.4) for _ in range(2)]
    box = [margin - beside[0], min(above, margin + top + 1), width - margin + beside[1], max(below, margin + bottom - 1)]
    pixels = np.asarray(image)[:, :, ::-1]
    scale = rng.uniform(0.6, 1) if size > 18 and rng.random() < 0.25 else rng.uniform(1, 2) if rng.random() < 0.15 else 1
    if scale != 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    box = [round(value * scale) for value in box]
    if rng.random() < 0.15:
        center = (pixels.shape[1] / 2, pixels.shape[0] / 2)
        # A long line that is turned leaves its crop; the detector's box turns with it.
        most = min(3, 200 * line / (right - left))
        turn = cv2.getRotationMatrix2D(center, rng.uniform(-most, most), 1)
        turn[0, 1] += rng.uniform(-0.1, 0.1)
        pixels = cv2.warpAffine(pixels, turn, pixels.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    pixels = spoil(rng, pixels)
    crop = pixels[max(0, box[1]) : box[3], max(0, box[0]) : box[2]]
    wide = int(np.ceil(crop.shape[1] / crop.shape[0] * HEIGHT))
    return None if wide > MAX_WIDTH else cv2.resize(crop, (max(8, wide), HEIGHT), interpolation=cv2.INTER_LINEAR)


def spoil(rng, pixels):
    if rng.random() < 0.12:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.08:
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(2, 9), pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.8:
        sampling = 2 if rng.random() < 0.8 else 0
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).save(buffer, 'JPEG', quality=rng.randint(30, 95), subsampling=sampling)
        pixels = np.asarray(Image.open(buffer))[:, :, ::-1]
    return pixels


def luminance(color):
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def colors(rng):
    """Paper and ink that can be told apart."""
    chance = rng.random()
    gray = lambda low, high: (rng.randint(low, high),) * 3
    if chance < 0.3:
        return gray(230, 255), gray(0, 110)
    if chance < 0.55:
        return tuple(rng.randint(10, 60) for _ in range(3)), gray(140, 255)
    while True:
        paper, ink = ([rng.randint(0, 255) for _ in range(3)] for _ in range(2))
        if abs(luminance(paper) - luminance(ink)) > 70:
            return tuple(paper), tuple(ink)


def background(rng, width, height, paper):
    chance = rng.random()
    if chance < 0.7:
        return Image.new('RGB', (width, height), paper)
    ends = [np.clip([c + rng.randint(-35, 35) for c in paper], 0, 255) for _ in range(2)]
    across = np.linspace(0, 1, width)[None, :, None]
    pixels = ends[0] * (1 - across) + ends[1] * across + np.zeros((height, 1, 1))
    if chance > 0.9:
        random_ = np.random.default_rng(rng.getrandbits(32))
        spots = random_.normal(0, 14, (height // 6 + 2, width // 6 + 2, 3)).astype(np.float32)
        pixels = pixels + cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
