"""
A hand that draws with Cairo: paths that are filled and stroked, on compositions as people make them
(a row, a column, a grid, a diagonal, a ring around a center, one in another, a big one with small ones, a scatter).
"""

import math

import cairocffi as cairo
import numpy as np
from PIL import Image

from training.world import colors, sprites
from training.world.cairo.layouts import LAYOUTS
from training.world.cairo.pages import margin, page
from training.world.cairo.shapes import outline
from training.world.scene import COUNT_WEIGHTS, COUNTS, LEAST, described, model_pixels, sample_noun, sample_sides
from training.world.vocabulary import BACKGROUNDS, COLORS, DIGITS, THINGS

OPEN = {'line', 'dash', 'sketch', 'scrawl'}  # the page shows through
THIN_GAP = 55  # from the page, of the color of a thin line
GAP = 25  # least CIELAB distance from the page and from an object that touches


def draw(rng):
    """(RGB picture, scene)"""
    width, height = sample_sides(rng)
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    pen = cairo.Context(surface)
    pen.set_antialias(cairo.ANTIALIAS_NONE if rng.random() < .07 else cairo.ANTIALIAS_BEST)
    background = rng.choice(('white',) * 8 + ('black', 'gray', 'beige', 'blue', 'yellow') + BACKGROUNDS)
    paper = colors.sample(rng, background)
    page(rng, pen, paper, width, height)
    picture = Picture(rng, pen, paper, (width, height))
    count = rng.choices(COUNTS, COUNT_WEIGHTS)[0]
    for x, y, span in rng.choice(LAYOUTS)(rng, count, width, height):
        for _ in range(6):
            if picture.add(x, y, span):
                break
    margin(rng, pen, paper, width, height)
    data = np.frombuffer(surface.get_data(), np.uint8).reshape(height, surface.get_stride() // 4, 4)[:, :width, 2::-1]
    flips = not any(o['shape'] in DIGITS for o in picture.objects)
    return Image.fromarray(np.ascontiguousarray(data)), {'kind': 'drawing', 'hand': 'cairo', 'width': width, 'height': height, 'background': background,
                                                         'objects': picture.objects, 'flips': flips}


class Picture:
    """The objects drawn so far, all in one style mostly."""

    def __init__(self, rng, pen, paper, sides):
        self.rng, self.pen, self.paper, self.sides = rng, pen, paper, sides
        self.objects, self.boxes = [], []
        self.things = rng.choice((0, 0, .2, .75))
        self.style = rng.choice(('fill', 'fill', 'fill', 'line', 'line', 'both', 'shade', 'sketch', 'scrawl', 'hatch', 'dash')) if rng.random() < .7 else None
        self.joins = rng.choice((cairo.LINE_JOIN_MITER, cairo.LINE_JOIN_ROUND, cairo.LINE_JOIN_BEVEL))
        self.weight = rng.uniform(.02, .13)
        self.is_thin = rng.random() < .3
        self.palette = [rng.choice(COLORS) for _ in range(rng.randint(2, 6))]

    def add(self, x, y, span):
        """Draws an object there. @returns whether the picture is still clear with it."""
        rng, short = self.rng, min(self.sides)
        noun = rng.choice(self.objects)['shape'] if self.objects and rng.random() < .22 else sample_noun(rng, self.things)
        span = max(span, LEAST[noun] / model_pixels(self.sides) * short, .1 * short)
        if span > short * .85:
            return False
        style = self.style or rng.choice(('fill', 'fill', 'line', 'both', 'shade', 'sketch', 'scrawl', 'hatch'))
        if span / short * model_pixels(self.sides) < 16 and style in OPEN:
            style = 'fill'
        color = None if noun in THINGS else rng.choice(self.palette)
        rgb = color and colors.sample(rng, color)
        if rgb and colors.distance(rgb, self.paper) < GAP or not rgb and sum(self.paper) < 60:
            return False
        if color is None:
            shape = None
            picture = sprites.load(rng, noun, self.paper)
            factor = span / max(picture.size)
            half = picture.width * factor / 2, picture.height * factor / 2
            box = (x - half[0], y - half[1], x + half[0], y + half[1])
        else:
            shape = outline(rng, noun)
            box = self.extents(shape, x, y, span)
        if not self.is_clear(box, rgb, style):
            return False
        self.stamp(picture, box) if shape is None else self.shape(shape, x, y, span, rgb, style, noun)
        self.boxes.append((box, rgb, style))
        self.objects.append({'shape': noun, 'color': color, **described(box, self.sides)})
        return True

    def is_clear(self, box, rgb, style):
        width, height = self.sides
        area = (box[2] - box[0]) * (box[3] - box[1])
        seen = max(0, min(width, box[2]) - max(0, box[0])) * max(0, min(height, box[3]) - max(0, box[1]))
        if seen < .78 * area:
            return False
        for other, color, drawn in self.boxes:
            common = max(0, min(other[2], box[2]) - max(other[0], box[0])) * max(0, min(other[3], box[3]) - max(other[1], box[1]))
            if common == 0:
                continue
            if common > .24 * (other[2] - other[0]) * (other[3] - other[1]):
                return False
            if rgb and color and colors.distance(rgb, color) < GAP:
                return False
            is_inside = common > .98 * area
            if not is_inside and ({style, drawn} & OPEN):
                return False
        return True

    def extents(self, shape, x, y, span):
        """The box of the path, scaled so that its longer side is `span`, centered at (x, y)."""
        self.pen.save()
        self.pen.identity_matrix()
        self.pen.new_path()
        shape(self.pen)
        left, top, right, bottom = self.pen.path_extents()
        self.pen.new_path()
        self.pen.restore()
        self.factor = span / max(right - left, bottom - top)
        self.middle = (left + right) / 2, (top + bottom) / 2
        w, h = (right - left) * self.factor / 2, (bottom - top) * self.factor / 2
        return x - w, y - h, x + w, y + h

    def shape(self, shape, x, y, span, rgb, style, noun):
        rng, pen = self.rng, self.pen
        if rng.random() < .06:  # a hard shadow
            self.path(shape, x + span * .04, y + span * .05)
            pen.set_source_rgba(0, 0, 0, .35)
            pen.fill()
        self.path(shape, x, y)
        pen.set_line_join(self.joins)
        if style in OPEN and noun not in DIGITS + ('ring',):
            pen.set_source_rgb(*(c / 255 for c in rgb))
            if style == 'scrawl':
                self.scrawl(x, y, span)
            else:
                self.line(shape, x, y, span, rgb, style, noun)
            return
        if style == 'shade':
            pen.set_source(self.shading(x, y, span, rgb))
        else:
            pen.set_source_rgb(*(c / 255 for c in rgb))
        if style not in ('both', 'hatch'):
            pen.fill()
            return
        pen.fill_preserve()
        ink = rng.choice(((0, 0, 0), (0, 0, 0), (.15, .15, .2), tuple(c / 510 for c in rgb)))
        pen.set_source_rgb(*ink)
        if style == 'hatch':
            self.hatch(x, y, span)
        pen.set_line_width(max(1, span * rng.uniform(.015, .05)))
        pen.stroke()

    def line(self, shape, x, y, span, rgb, style, noun):
        """The outline, inside of the box: what hangs over is cut."""
        rng, pen, pixel = self.rng, self.pen, max(self.sides) / 224
        if self.is_thin and colors.distance(rgb, self.paper) > THIN_GAP:
            weight = pixel * rng.uniform(.6, 1.4)
        else:
            weight = max(1.4 * pixel, span * self.weight * (.6 if noun in ('star', 'arrow', 'crescent', 'cross') else 1))
        if style == 'dash':
            pen.set_dash([weight * 2.6, weight * 1.5])
        pen.save()
        pen.clip_preserve()
        pen.set_line_width(2 * weight)
        pen.stroke()
        pen.restore()
        if style == 'sketch':
            for _ in range(2):
                self.path(shape, x + rng.gauss(0, .012) * span, y + rng.gauss(0, .012) * span)
                pen.set_line_width(max(min(1, weight), weight * .35))
                pen.stroke()
        pen.set_dash([])

    def scrawl(self, x, y, span):
        """Fills the path with one wavy line to and fro, as a pen does in a hurry, and follows its edge."""
        rng, pen, half = self.rng, self.pen, .75 * span
        weight = max(1.2 * max(self.sides) / 224, span * rng.uniform(.025, .07))
        pen.set_line_width(weight)
        pen.save()
        pen.clip_preserve()
        if rng.random() < .7:
            pen.stroke()
        pen.new_path()
        pen.translate(x, y)
        pen.rotate(rng.choice((rng.gauss(0, .1), rng.gauss(-.7, .2), rng.uniform(0, math.pi))))
        down, way, step = -half, 1, weight * rng.uniform(.9, 1.7)
        pen.move_to(-half, down)
        while down < half:
            bend = step * rng.gauss(0, .35)
            pen.curve_to(-way * half / 3, down + bend, way * half / 3, down - bend, way * half, down + step * rng.uniform(.2, .6))
            down, way = down + step * rng.uniform(.8, 1.2), -way
        pen.stroke()
        pen.restore()
        pen.new_path()

    def hatch(self, x, y, span):
        """Parallel lines across the path, once or twice, in the pen's color; keeps the path."""
        rng, pen, half = self.rng, self.pen, .75 * span
        step = span * rng.uniform(.07, .16)
        path = pen.copy_path()
        pen.save()
        pen.clip()
        pen.translate(x, y)
        pen.rotate(rng.choice((0, math.pi / 4, math.pi / 2, rng.uniform(0, math.pi))))
        pen.set_line_width(min(.35 * step, max(.6 * max(self.sides) / 224, .2 * step)))
        for turn in (0, math.pi / 2)[:rng.choice((1, 1, 2))]:
            pen.rotate(turn)
            for i in range(-int(half / step), int(half / step) + 1):
                pen.move_to(-half, i * step)
                pen.line_to(half, i * step)
            pen.stroke()
        pen.restore()
        pen.new_path()
        pen.append_path(path)

    def path(self, shape, x, y):
        pen = self.pen
        pen.save()
        pen.translate(x, y)
        pen.scale(self.factor, self.factor)
        pen.translate(-self.middle[0], -self.middle[1])
        pen.new_path()
        shape(pen)
        pen.restore()

    def shading(self, x, y, span, rgb):
        """A linear or radial gradient within the color."""
        rng, half = self.rng, span / 2
        light = tuple(min(1, c / 255 + .55 * rng.uniform(.2, .5) * (1 - c / 255) + .03) for c in rgb)
        dark = tuple(c / 255 * rng.uniform(.72, .9) for c in rgb)
        if rng.random() < .5:
            angle = rng.uniform(0, 2 * math.pi)
            gradient = cairo.LinearGradient(x - half * math.cos(angle), y - half * math.sin(angle), x + half * math.cos(angle), y + half * math.sin(angle))
        else:
            gradient = cairo.RadialGradient(x - .3 * half, y - .3 * half, .05 * span, x, y, .6 * span)
        gradient.add_color_stop_rgb(0, *light)
        gradient.add_color_stop_rgb(1, *dark)
        return gradient

    def stamp(self, picture, box):
        """Pastes an RGBA picture of a thing."""
        size = max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1]))
        pixels = np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float32)
        alpha = pixels[..., 3:] / 255
        stride = cairo.ImageSurface.format_stride_for_width(cairo.FORMAT_ARGB32, size[0]) // 4
        data = np.zeros((size[1], stride, 4), np.uint8)
        data[:, :size[0], :3] = (pixels[..., 2::-1] * alpha).astype(np.uint8)
        data[:, :size[0], 3:] = pixels[..., 3:].astype(np.uint8)
        surface = cairo.ImageSurface.create_for_data(bytearray(data.tobytes()), cairo.FORMAT_ARGB32, *size)
        self.pen.set_source_surface(surface, round(box[0]), round(box[1]))
        self.pen.paint()
