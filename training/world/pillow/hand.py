"""
A hand that draws with Pillow: objects anywhere at random, each a mask that is painted.
"""

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from training.world import colors, sprites
from training.world.fonts import FONTS
from training.world.pillow.shapes import shape_mask
from training.world.pillow.strokes import dashes, eroded, patterned, scribbled, shaded
from training.world.scene import COUNT_WEIGHTS, COUNTS, LEAST, described, model_pixels, sample_noun, sample_sides
from training.world.vocabulary import BACKGROUNDS, COLORS, DIGITS, SHAPES, THINGS

STYLES = (('filled', 38), ('outlined', 22), ('bordered', 16), ('dashed', 3), ('scribbled', 8), ('gradient', 6), ('pattern', 5), ('soft', 4))
OPEN = {'outlined', 'dashed', 'scribbled'}  # the page shows through
PENCIL = .35  # share of the outlines that are as thin as can be
THIN_CONTRAST = 55  # of these, whose color is mixed with the page's
CONTRAST = 24  # CIELAB distance between an object and what is behind it
TOUCH_CONTRAST = 22
VISIBLE = .68  # least part of an object that is seen
SPAN = (.1, .82)  # an object's longer side as a part of the shorter side
THINGS_SHARE = .2
WORDS = 'hello untitled my drawing page one sample figure test sketch for you copyright draft art by week notes paint image new'.split()


def draw(rng):
    """(RGB picture, scene)"""
    sides = sample_sides(rng)
    pixelated = rng.random() < .06
    scale = 1 if pixelated else 2 if max(sides) < 300 else 1.5
    canvas = Canvas(rng, sides, scale)
    background = rng.choice(('white',) * 9 + ('black', 'gray', 'beige', 'pink') * 2 + BACKGROUNDS)
    canvas.ground(background)
    canvas.decorate_below()
    usual = pick(rng, STYLES) if rng.random() < .65 else None
    wobble = rng.choice((0, 0, 0, .007, .014))
    things = rng.choice((0, 0, THINGS_SHARE, .7))
    for _ in range(rng.choices(COUNTS, COUNT_WEIGHTS)[0]):
        for _ in range(14):
            if canvas.add(usual or pick(rng, STYLES), wobble, things):
                break
    canvas.decorate_above()
    image = canvas.image.convert('RGB').resize(sides, Image.Resampling.NEAREST if pixelated else Image.Resampling.BOX if scale == 2 else Image.Resampling.BILINEAR)
    if pixelated:
        small = max(24, min(sides) // rng.choice((2, 3)))
        factor = small / min(sides)
        if all(o['size'] * small > 11 for o in canvas.objects) and factor < 1:
            image = image.resize((round(sides[0] * factor), round(sides[1] * factor)), Image.Resampling.NEAREST).resize(sides, Image.Resampling.NEAREST)
    return image, {'kind': 'drawing', 'hand': 'pillow', 'width': sides[0], 'height': sides[1], 'background': background, 'objects': canvas.objects,
                   'flips': not any(o['shape'] in DIGITS for o in canvas.objects)}


def pick(rng, weighted):
    return rng.choices([w[0] for w in weighted], [w[1] for w in weighted])[0]


class Canvas:
    def __init__(self, rng, sides, scale):
        self.rng, self.sides, self.scale = rng, sides, scale
        self.size = (round(sides[0] * scale), round(sides[1] * scale))
        self.objects, self.masks, self.drawn = [], [], []

    def ground(self, name):
        """Fills the page: one color, a gradient of it, a light texture, paper."""
        rng = self.rng
        self.paper = colors.sample(rng, name)
        self.image = Image.new('RGB', self.size, self.paper)
        roll = rng.random()
        if roll < .14:
            pixels = np.asarray(self.image, np.float32)
            angle, strength = rng.uniform(0, 2 * math.pi), rng.uniform(.05, .2)
            down, across = np.ogrid[-.5:.5:self.size[1] * 1j, -.5:.5:self.size[0] * 1j]
            pixels = pixels * (1 + strength * (across * math.cos(angle) + down * math.sin(angle)))[..., None]
            self.image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        elif roll < .22:
            small = np.random.default_rng(rng.randrange(2**31)).normal(0, 1, (max(2, self.size[1] // 6), max(2, self.size[0] // 6)))
            grain = Image.fromarray(np.uint8(np.clip(128 + 40 * small, 0, 255))).resize(self.size, Image.Resampling.BICUBIC)
            pixels = np.asarray(self.image, np.float32) + (np.asarray(grain, np.float32)[..., None] - 128) * rng.uniform(.05, .2)
            self.image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    def faint(self):
        """A color close to the page's."""
        shift = self.rng.choice((-1, 1)) * self.rng.randint(12, 34)
        return tuple(min(255, max(0, c + shift)) for c in self.paper)

    def decorate_below(self):
        """Grids and ruled lines, which are no objects."""
        rng, pen = self.rng, ImageDraw.Draw(self.image)
        roll, (width, height) = rng.random(), self.size
        if roll < .08:
            step, line = max(6, min(self.size) * rng.uniform(.05, .15)), max(1, round(self.scale * rng.uniform(.5, 1.5)))
            color = self.faint()
            for i in range(1, int(height / step) + 1):
                pen.line((0, i * step, width, i * step), fill=color, width=line)
            if roll < .05:
                for i in range(1, int(width / step) + 1):
                    pen.line((i * step, 0, i * step, height), fill=color, width=line)

    def decorate_above(self):
        """Frames, captions, watermarks and scribbles, which are no objects either."""
        rng, pen = self.rng, ImageDraw.Draw(self.image)
        (width, height), least = self.size, min(self.size)
        ink = (20, 20, 20) if sum(self.paper) > 380 else (235, 235, 235)
        if rng.random() < .05:
            pen.rectangle((0, 0, width - 1, height - 1), outline=colors.sample(rng, rng.choice(COLORS)), width=max(1, round(least * rng.uniform(.008, .03))))
        if rng.random() < .06:
            font = ImageFont.truetype(rng.choice(FONTS), max(8, round(least * rng.uniform(.035, .06))))
            words = ' '.join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))
            edge = font.size * .5
            where = rng.choice(((edge, edge), (edge, height - font.size * 1.6)))
            pen.text(where, words, fill=ink if rng.random() < .5 else self.faint(), font=font)
        if rng.random() < .03:
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            points = []
            for _ in range(rng.randint(5, 14)):
                x, y = x + rng.gauss(0, least * .05), y + rng.gauss(0, least * .05)
                points.append((x, y))
            pen.line(points, fill=self.faint(), width=max(1, round(self.scale)))

    def add(self, style, wobble, things):
        """Draws one more object if it fits. @returns whether it did."""
        rng, short = self.rng, min(self.sides)
        noun = sample_noun(rng, things)
        if self.objects and rng.random() < .2:
            noun = rng.choice(self.objects)['shape']
        unit = model_pixels(self.sides)
        low = max(SPAN[0], LEAST[noun] / unit)
        high = SPAN[1] if noun not in THINGS or rng.random() < .5 else .6
        if len(self.objects) > 1:
            high *= .75
        if low > high:
            return False
        span = low * (high / low) ** (rng.random() ** .9)
        if style in OPEN and span * unit < 15:
            style = 'filled'
        if noun in THINGS:
            color = rgb = None
            picture = sprites.load(rng, noun, self.paper)
            turned = picture.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True) if rng.random() < .3 else picture
            turned = turned.crop(turned.getbbox())
            factor = span * short * self.scale / max(turned.size)
            turned = turned.resize([max(1, round(s * factor)) for s in turned.size], Image.Resampling.LANCZOS if factor < 1 else Image.Resampling.BICUBIC)
            mask = turned.getchannel('A')
        else:
            color = rng.choice(COLORS)
            if self.objects and rng.random() < .18:
                color = rng.choice([o['color'] or color for o in self.objects])
            rgb = colors.sample(rng, color)
            mask = shape_mask(rng, noun, span * short * self.scale, wobble)
        left = round(rng.uniform(-.12 * mask.width, self.size[0] - .88 * mask.width))
        top = round(rng.uniform(-.12 * mask.height, self.size[1] - .88 * mask.height))
        whole = Image.new('L', self.size)
        whole.paste(mask, (left, top))
        if not self.fits(whole, mask, rgb, style):
            return False
        if color is None:
            self.image.paste(turned, (left, top), turned)
        else:
            self.paint(mask, (left, top), rgb, style, noun)
        box = whole.getbbox()
        self.masks = [ImageChops.subtract(old, whole) for old in self.masks] + [whole]
        self.objects.append({'shape': noun, 'color': color, **described([v / self.scale for v in box], self.sides)})
        return True

    def fits(self, whole, mask, rgb, style):
        """Whether enough of everything stays visible, with enough contrast."""
        total, seen = area(mask), area(whole)
        if total == 0 or seen < .78 * total:
            return False
        may_overlap = self.rng.random() < .4
        for old, other in zip(self.masks, self.drawn):
            common = area(ImageChops.multiply(old, whole))
            if common:
                if not may_overlap or common > (1 - VISIBLE) * other['area'] or {style, other['style']} & OPEN:
                    return False
                if rgb and other['rgb'] and colors.distance(rgb, other['rgb']) < TOUCH_CONTRAST:
                    return False
        if rgb and colors.distance(rgb, self.paper) < CONTRAST:
            return False
        if rgb is None and sum(self.paper) < 60:
            return False
        self.drawn.append({'area': seen, 'rgb': rgb, 'style': style})
        return True

    def paint(self, mask, at, rgb, style, noun):
        """Puts the masked color on the page in the style."""
        rng = self.rng
        page = self.image
        pixel = self.scale * max(self.sides) / 224
        span = max(mask.size)
        if rng.random() < .07:
            shadow = Image.new('L', self.size)
            offset = round(span * rng.uniform(.02, .06))
            shadow.paste(mask.point(lambda v: v * .45), (at[0] + offset, at[1] + offset))
            page.paste((0, 0, 0) if sum(self.paper) > 300 else (70, 70, 70), (0, 0), shadow.filter(ImageFilter.GaussianBlur(offset * .6 + .5)))
        if style in ('outlined', 'dashed') and noun not in DIGITS + ('ring', 'crescent'):
            thin = rng.random() < PENCIL and colors.distance(rgb, self.paper) > THIN_CONTRAST
            stroke = pixel * rng.uniform(.6, 1.4) if thin else max(1.4 * pixel, span * rng.uniform(.03, .11))
            line = ImageChops.subtract(mask, eroded(mask, stroke))
            if style == 'dashed':
                line = ImageChops.multiply(line, dashes(rng, mask.size))
            page.paste(rgb, at, line)
            return
        if style == 'scribbled' and noun not in DIGITS:
            page.paste(rgb, at, scribbled(rng, mask, pixel * rng.uniform(1, 2.5)))
            return
        body = Image.new('RGB', mask.size, rgb)
        if style == 'gradient':
            body = shaded(rng, body, rng.uniform(.15, .4))
        elif style == 'pattern' and noun in SHAPES:
            body = patterned(rng, body, rgb)
        page.paste(body, at, mask if style != 'soft' else mask.filter(ImageFilter.GaussianBlur(span * .012)))
        if style == 'bordered':
            edge = max(self.scale, span * rng.uniform(.015, .06))
            ink = rng.choice(((0, 0, 0), (0, 0, 0), (30, 30, 40), tuple(round(.5 * c) for c in rgb)))
            page.paste(ink, at, ImageChops.subtract(mask, eroded(mask, edge)))


def area(mask):
    return float(np.asarray(mask.reduce(2) if min(mask.size) > 8 else mask, np.uint8).sum())
