"""
Draws a scene (scene.py) with PIL: RGB, supersampled, then spoiled by a gradient, grain and JPEG.
"""

import io
import math

import numpy as np
from PIL import Image, ImageDraw

from training.scene import outline, rotate

DARK = (25, 22, 28)


def render(scene):
    """The picture as a PIL image of scene['width'] x scene['height']."""
    width, height = scene['width'], scene['height']
    factor = 4 if width * height < 150_000 else 2
    ground = tuple(scene['backgroundRgb'])
    image = Image.new('RGB', (width * factor, height * factor), ground)
    pen = ImageDraw.Draw(image)
    for thing in scene['objects']:
        color = tuple(thing['rgb'])
        fills = {'filled': [(0, color)], 'outlined': [(0, color), (thing['stroke'], ground)], 'bordered': [(0, DARK), (thing['stroke'], color)]}
        for shrink, fill in fills[thing['style']]:
            pen.polygon(placed(scene, thing, shrink, factor), fill=fill)
    image = image.resize((width, height), Image.Resampling.BOX)
    return spoil(scene, image)


def placed(scene, thing, shrink, factor):
    """The outline in pixels of the supersampled picture."""
    radius = thing['radius'] * min(scene['width'], scene['height']) * factor
    x, y = thing['x'] * scene['width'] * factor, thing['y'] * scene['height'] * factor
    turned = (rotate(point, thing['rotation']) for point in outline(thing, shrink))
    return [(x + radius * px, y + radius * py) for px, py in turned]


def spoil(scene, image):
    """Gradient, grain and JPEG, as the scene specifies."""
    if scene['gradient'] or scene['noise']:
        rng = np.random.default_rng(scene['seed'])
        pixels = np.asarray(image, np.float32)
        if scene['gradient']:
            angle = math.radians(scene['gradientAngle'])
            down, across = np.ogrid[-.5:.5:image.height * 1j, -.5:.5:image.width * 1j]
            pixels = pixels * (1 + 2 * scene['gradient'] * (across * math.cos(angle) + down * math.sin(angle)))[..., None]
        if scene['noise']:
            pixels = pixels + rng.standard_normal(pixels.shape[:2], np.float32)[..., None] * scene['noise']
        image = Image.fromarray(np.clip(pixels + .5, 0, 255).astype(np.uint8))
    if scene['jpeg']:
        file = io.BytesIO()
        image.save(file, 'JPEG', quality=scene['jpeg'])
        image = Image.open(file).convert('RGB')
    return image


def squashed(scene, side):
    """The output of the model's preprocessor: uint8 [side, side, 3], bicubic, aspect ratio not kept."""
    return np.asarray(render(scene).resize((side, side), Image.Resampling.BICUBIC))
