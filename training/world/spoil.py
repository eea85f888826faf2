"""
What happens to a picture on its way: grain, brightness, rescaling, JPEG and WebP.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.world.scene import MODEL_SIDE


def spoil(rng, image):
    """The picture as it arrives, still at its own size."""
    if rng.random() < .3:
        grain = np.random.default_rng(rng.randrange(2**31)).standard_normal((image.height, image.width, 1), np.float32)
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) + grain * rng.uniform(1, 9), 0, 255).astype(np.uint8))
    if rng.random() < .12:
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) * rng.uniform(.85, 1.08) + rng.uniform(-8, 8), 0, 255).astype(np.uint8))
    if rng.random() < .15 and min(image.size) > 120:
        factor = rng.uniform(.5, .9)
        image = image.resize([max(1, round(side * factor)) for side in image.size], rng.choice((Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)))
    if rng.random() < .05:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(.3, .8) * max(image.size) / MODEL_SIDE))
    roll = rng.random()
    if roll < .55:
        file = io.BytesIO()
        image.save(file, 'JPEG' if roll < .42 else 'WEBP', quality=rng.randint(30, 95))
        image = Image.open(file).convert('RGB')
    return image


def letterboxed(image, side=MODEL_SIDE):
    """
    The model's picture, uint8 [side, side, 3] and (width, height) of the part that is not padding: the longer
    side becomes `side`, the rest lies at the top left (transformers' resize by max_height and max_width, then pad).
    """
    scale = min(side / image.height, side / image.width)
    width, height = int(image.width * scale), int(image.height * scale)
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[:height, :width] = np.asarray(image.resize((max(1, width), max(1, height)), Image.Resampling.BICUBIC))[:side, :side]
    return pixels, (max(1, width), max(1, height))


def in_window(rng, image, scene):
    """A screenshot of the picture in a paint program or viewer: bars with small controls at its edges. @returns (picture, scene)"""
    width, height = image.size
    unit = max(3, round(min(width, height) * rng.uniform(.025, .05)))
    top, left, bottom = unit * rng.choice((2, 2, 3, 4)), unit * rng.choice((0, 0, 0, 2)), unit * rng.choice((0, 0, 1))
    dark = rng.random() < .4
    tone = rng.randint(28, 60) if dark else rng.randint(215, 250)
    whole = Image.new('RGB', (width + left, height + top + bottom), (tone, tone, min(255, tone + rng.randint(0, 8))))
    whole.paste(image, (left, top))
    pen = ImageDraw.Draw(whole)
    ink = (200, 200, 205) if dark else (90, 90, 95)
    for row in range(0, top - unit + 1, 2 * unit):
        for i in range(rng.randint(3, 9)):
            x = unit * (.6 + 1.7 * i)
            if x < whole.width * .6:
                pen.rectangle((x, row + unit * .6, x + unit * rng.uniform(.6, 1.3), row + unit * 1.2), fill=ink if rng.random() < .7 else None, outline=ink)
    right = whole.width - unit
    for i, color in enumerate(rng.choice((((200, 80, 70), (230, 180, 60), (90, 180, 80)), (ink, ink, ink)))):
        pen.ellipse((right - i * unit, unit * .5, right - i * unit + unit * .6, unit * 1.1), fill=color)
    old, new = min(width, height), min(whole.size)
    objects = []
    for thing in scene['objects']:
        box = [thing['box'][0] * width / scene['width'] + left, thing['box'][1] * height / scene['height'] + top,
               thing['box'][2] * width / scene['width'] + left, thing['box'][3] * height / scene['height'] + top]
        objects.append({**thing, 'box': [round(v, 1) for v in box], 'x': round((box[0] + box[2]) / 2 / whole.width, 4),
                        'y': round((box[1] + box[3]) / 2 / whole.height, 4), 'size': round(thing['size'] * old / new, 4)})
    return whole, {**scene, 'width': whole.width, 'height': whole.height, 'objects': objects}
