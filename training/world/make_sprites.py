"""
Makes the pictures of things from open emoji sets: <folder>/<set>/<thing>-<n>.png, 160 pixels, transparent.

The sets are npm packages of Iconify's (JSON with the SVG of each icon):
    npm install --prefix DIR @iconify-json/noto @iconify-json/noto-v1 @iconify-json/twemoji @iconify-json/emojione \
        @iconify-json/emojione-v1 @iconify-json/fxemoji @iconify-json/openmoji @iconify-json/streamline-emojis \
        @iconify-json/icon-park @iconify-json/emojione-monotone @iconify-json/ph @iconify-json/mdi @iconify-json/tabler \
        @iconify-json/game-icons @iconify-json/fluent-emoji-flat
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
# Of one color, which the hands choose.
ONE_COLOR_SETS = ('emojione-monotone', 'ph', 'mdi', 'tabler', 'game-icons')
TEST_SETS = ('fluent-emoji-flat',)
SIDE = 160

# The icons of a thing, where its own name is not one.
ICONS = {
    'cat': 'cat-face cat', 'dog': 'dog-face dog', 'fish': 'fish tropical-fish blowfish', 'bird': 'bird baby-chick front-facing-baby-chick', 'apple': 'red-apple green-apple redapple greenapple apple-one',
    'tree': 'deciduous-tree evergreen-tree deciduoustree evergreentree tree tree-one', 'umbrella': 'umbrella umbrella-with-rain-drops umbrella-on-ground umbrellaraindrops', 'plane': 'airplane small-airplane airplane-departure',
    'bike': 'bicycle bike', 'car': 'automobile oncoming-automobile sport-utility-vehicle taxi racing-car', 'bus': 'bus oncoming-bus trolleybus', 'boat': 'sailboat',
    'snowman': 'snowman snowman-without-snow snowmanwithoutsnow', 'ball': 'soccer-ball basketball volleyball soccerball', 'cake': 'birthday-cake shortcake birthdaycake', 'burger': 'hamburger',
    'pig': 'pig-face pig', 'cow': 'cow-face cow ox', 'rabbit': 'rabbit-face rabbit', 'frog': 'frog frog-face', 'duck': 'duck', 'bulb': 'light-bulb lightbulb',
    'train': 'train locomotive high-speed-train metro', 'house': 'house house-with-garden derelict-house housebuilding home home-two', 'sun': 'sun sun-with-face sunwithface', 'cup': 'hot-beverage teacup-without-handle teacupwithouthandle cup tea',
    'book': 'closed-book blue-book green-book orange-book open-book closedbook bluebook greenbook openbook book book-one book-open', 'glasses': 'glasses sunglasses', 'gift': 'wrapped-gift wrappedgift present gift gift-box', 'bell': 'bell', 'panda': 'panda panda-face pandaface',
    'bed': 'bed', 'guitar': 'guitar', 'robot': 'robot robot-face', 'pizza': 'pizza sliceofpizza', 'fire': 'fire', 'key': 'key old-key', 'balloon': 'balloon party-balloon', 'scissors': 'scissors blackscissors',
    'penguin': 'penguin', 'ghost': 'ghost', 'carrot': 'carrot', 'rainbow': 'rainbow', 'watermelon': 'watermelon', 'sunflower': 'sunflower',
}

# Names in the sets of one color that those of emoji do not have.
ONE_COLOR_ICONS = {
    'cat': 'hollow-cat', 'dog': 'dog-side sitting-dog', 'fish': 'fish-simple double-fish', 'apple': 'apple food-apple shiny-apple', 'banana': 'banana-bunch', 'grapes': 'fruit-grapes grape',
    'watermelon': 'fruit-watermelon', 'mushroom': 'spotted-mushroom', 'tree': 'tree-evergreen pine-tree', 'plane': 'plane', 'rocket': 'rocket-launch', 'bike': 'dutch-bike',
    'car': 'car car-side car-profile city-car', 'bus': 'bus-side', 'boat': 'sail-boat sailing', 'fire': 'flame', 'guitar': 'guitar-acoustic guitar-electric',
    'ball': 'soccer soccer-ball ball-basketball ball-football ball-volleyball', 'cake': 'cake cake-variant', 'pizza': 'pizza-slice full-pizza', 'burger': 'burger', 'pig': 'pig-variant',
    'rabbit': 'rabbit-variant', 'duck': 'plastic-duck', 'turtle': 'sea-turtle', 'hammer': 'claw-hammer', 'scissors': 'content-cut', 'candle': 'candle-light', 'bulb': 'bulb', 'train': 'subway',
    'chair': 'wooden-chair rocking-chair', 'cup': 'coffee coffee-cup coffee-mug mug', 'glasses': 'eyeglasses',
}
NOT_IN_ONE_COLOR = {'egg', 'sun'}  # which would be an oval and a star
# A company's, riders, a tulip's, a mask, a trophy.
NOT_THESE = {('mdi', 'apple'), ('mdi', 'bike'), ('tabler', 'bike'), ('tabler', 'bike-filled'), ('game-icons', 'bulb'), ('game-icons', 'pig-face'), ('streamline-emojis', 'cup')}


def icons_of(thing, in_one_color=False):
    """The names an icon of the thing may have; some sets number theirs, or have several of each."""
    if not in_one_color:
        return [name + end for name in ICONS.get(thing, thing).split() for end in ('', '-1', '-2', '-3')]
    names = [] if thing in NOT_IN_ONE_COLOR else f'{ICONS.get(thing, thing)} {ONE_COLOR_ICONS.get(thing, "")}'.split()
    return [name + end for name in dict.fromkeys(names) for end in ('', '-fill', '-filled', '-duotone', '-bold', '-outline')]


def rasterized(body, width, height):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE * 2))
    image = Image.open(io.BytesIO(png)).convert('RGBA')
    image = image.crop(image.getbbox())
    factor = SIDE / max(image.size)
    return image.resize([max(1, round(s * factor)) for s in image.size], Image.Resampling.LANCZOS)


def main(packages, out):
    for name in TRAINING_SETS + ONE_COLOR_SETS + TEST_SETS:
        data = json.loads((Path(packages) / name / 'icons.json').read_text())
        made = 0
        for thing in THINGS:
            for number, icon in enumerate(icons_of(thing, name in ONE_COLOR_SETS)):
                entry = data['icons'].get(icon) or data['icons'].get(data.get('aliases', {}).get(icon, {}).get('parent'))
                if not entry or (name, icon) in NOT_THESE:
                    continue
                folder = Path(out) / name
                folder.mkdir(parents=True, exist_ok=True)
                rasterized(entry['body'], entry.get('width', data.get('width', 16)), entry.get('height', data.get('height', 16))).save(folder / f'{thing}-{number}.png')
                made += 1
        print(name, made)


if __name__ == '__main__':
    main(*sys.argv[1:])
