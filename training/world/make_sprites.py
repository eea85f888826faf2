"""
Makes the pictures of things from open emoji sets: <folder>/<set>/<thing>-<n>.png, 160 pixels, transparent.

The sets are npm packages of Iconify's (JSON with the SVG of each icon):
    npm install --prefix DIR @iconify-json/noto @iconify-json/noto-v1 @iconify-json/twemoji @iconify-json/emojione \
        @iconify-json/emojione-v1 @iconify-json/fxemoji @iconify-json/openmoji @iconify-json/streamline-emojis \
        @iconify-json/icon-park @iconify-json/fluent-emoji-flat
    python -m training.world.make_sprites DIR/node_modules/@iconify-json OUT
"""

import io
import json
import sys
from pathlib import Path

import resvg_py
from PIL import Image

from training.world.vocabulary import THINGS

# Held out: `fluent-emoji-flat` is never seen in training, its drawings are the test.
TRAINING_SETS = ('noto', 'twemoji', 'emojione', 'fxemoji', 'openmoji', 'noto-v1', 'emojione-v1', 'streamline-emojis', 'icon-park')
TEST_SETS = ('fluent-emoji-flat',)
SIDE = 160

# The icons of a thing, where its own name is not one.
ICONS = {
    'cat': 'cat-face cat', 'dog': 'dog-face dog', 'fish': 'fish tropical-fish blowfish', 'bird': 'bird baby-chick front-facing-baby-chick', 'apple': 'red-apple green-apple redapple greenapple',
    'tree': 'deciduous-tree evergreen-tree deciduoustree evergreentree', 'umbrella': 'umbrella umbrella-with-rain-drops umbrella-on-ground umbrellaraindrops', 'plane': 'airplane small-airplane airplane-departure',
    'bike': 'bicycle', 'car': 'automobile oncoming-automobile sport-utility-vehicle taxi racing-car', 'bus': 'bus oncoming-bus trolleybus', 'boat': 'sailboat',
    'snowman': 'snowman snowman-without-snow', 'ball': 'soccer-ball basketball volleyball soccerball', 'cake': 'birthday-cake shortcake birthdaycake', 'burger': 'hamburger',
    'pig': 'pig-face pig', 'cow': 'cow-face cow ox', 'rabbit': 'rabbit-face rabbit', 'frog': 'frog frog-face', 'duck': 'duck', 'bulb': 'light-bulb lightbulb',
    'train': 'train locomotive high-speed-train metro', 'house': 'house house-with-garden derelict-house housebuilding', 'sun': 'sun sun-with-face sunwithface', 'cup': 'hot-beverage teacup-without-handle',
    'book': 'closed-book blue-book green-book orange-book open-book', 'glasses': 'glasses sunglasses', 'gift': 'wrapped-gift wrappedgift present', 'bell': 'bell', 'panda': 'panda panda-face',
    'bed': 'bed', 'guitar': 'guitar', 'robot': 'robot robot-face', 'pizza': 'pizza sliceofpizza', 'fire': 'fire', 'key': 'key old-key', 'balloon': 'balloon',
    'penguin': 'penguin', 'ghost': 'ghost', 'carrot': 'carrot', 'rainbow': 'rainbow', 'watermelon': 'watermelon', 'sunflower': 'sunflower',
}


def icons_of(thing):
    """The names an icon of the thing may have; some sets number theirs."""
    return [name + end for name in ICONS.get(thing, thing).split() for end in ('', '-1', '-2', '-3')]


def rasterized(body, width, height):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE * 2))
    image = Image.open(io.BytesIO(png)).convert('RGBA')
    image = image.crop(image.getbbox())
    factor = SIDE / max(image.size)
    return image.resize([max(1, round(s * factor)) for s in image.size], Image.Resampling.LANCZOS)


def main(packages, out):
    for name in TRAINING_SETS + TEST_SETS:
        data = json.loads((Path(packages) / name / 'icons.json').read_text())
        made = 0
        for thing in THINGS:
            for number, icon in enumerate(icons_of(thing)):
                entry = data['icons'].get(icon) or data['icons'].get(data.get('aliases', {}).get(icon, {}).get('parent'))
                if not entry:
                    continue
                folder = Path(out) / name
                folder.mkdir(parents=True, exist_ok=True)
                rasterized(entry['body'], entry.get('width', data.get('width', 16)), entry.get('height', data.get('height', 16))).save(folder / f'{thing}-{number}.png')
                made += 1
        print(name, made)


if __name__ == '__main__':
    main(*sys.argv[1:])
