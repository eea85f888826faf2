"""
Short printed words and numbers on some of the pictures of data.py: <folder>/<part>.npy and .json as there, whose scenes also have
`printed`, the word in lower case, and `letters`, where each letter is: [left, top, right, bottom] in pixels of the picture as the model
sees it, as if the word were not turned. The words are no objects. The first PART pictures are printed on held-out ones.

A page has as many words as find room, from which a projector learns the letters: `printed` and `letters` are those of all of them.
"""

import io
import json
import os
import random
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.world import colors
from training.world.data import PART, Pictures
from training.world.fonts import FONTS
from training.world.vocabulary import COLORS, DIGITS

SEED, PARTS = 30_000_000, 9
PAGES = {'seed': 31_000_000, 'parts': 7, 'words': 16}
NUMBERS = .3  # share of numbers, of two to four digits: a single digit is an object
MADE_UP = .15  # share of letters that are no word
HEIGHT = (15, 52)  # pixels of a letter "H" in the model's picture
WIDEST = .92  # part of the picture's width
CONTRAST = 50  # CIELAB distance of the ink to each pixel that the word covers, but for a few
MOST_OBJECTS = 3
UNFIT = ('CJK', 'Thin', 'Symbol', 'Emoji', 'Oblique')  # of fonts
WORDS = """
    art ask baby back bad bag bake ball bank bar bath bed best big bike bird blue boat body book box boy bread break bus buy cafe cake
    call camp car card care cash cat chat city class clean clock close club coast code cold come cook cool copy corn cup cut dad dance
    danger dark data day deal deep dinner dog done door down draft draw dream drink drive dry duck earth east easy eat edit end enter
    even exit eye face fair fall farm fast fire first fish five flat floor fly food foot fork four free fresh friend fruit full fun game
    garden gate gift girl give glass go gold good green hand happy hard hat heart heat hello help here hi high home hope hot hotel house
    ice idea in info inn item jam job join joke juice jump just keep key kids king kiss lake lamp last late left lemon less life light
    like lion list live lock long look lost lot love low luck lunch mail main man map march market maze meat meet men menu milk mind
    mix mom moon more move music name new news next nice night no north note now off office oil ok old on one only open orange our out
    park party pay peace pen phone photo pink pizza plan play please pool post price pull pure push queen quiet quit rain read ready real
    red rent rest rice right ring road rock room rose run safe sale salt save school sea sell send seven shop show sign sing six sky
    sleep slow small snow soap soft sold song soon sorry sound soup south spring star start stay step stop street sugar summer sun sweet
    swim table take talk tax taxi tea team ten test thanks this three ticket time today toilet top tour town toy train trash tree try
    turn two up use van view visit vote wait walk wall warm wash water way we welcome west wet what white why win wind wine winter wish
    women wood word work world wow yellow yes you young zone zoo
""".split()


def sample_word(rng):
    if rng.random() < NUMBERS:
        return str(rng.randint(10, rng.choice((99, 99, 999, 9999))))
    return made_up(rng) if rng.random() < MADE_UP / (1 - NUMBERS) else rng.choice(WORDS)


def made_up(rng):
    """Letters that are no word, as a rule."""
    return ''.join(rng.choices(ascii_lowercase, k=rng.randint(2, 8)))


def make(pictures, folder, parts=PARTS, seed=SEED, words=1):
    """Prints up to so many `words` on each of some rows of the folder `pictures`; files that are there are kept."""
    source, fonts = Pictures(pictures), [path for path in FONTS if not any(name in path for name in UNFIT)]
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(parts):
        path = Path(folder) / f'{part:04d}'
        if path.with_suffix('.json').exists():
            continue
        rng = random.Random(seed + part)
        rows = range(PART) if part == 0 else range(PART, len(source))
        pixels, scenes = [], []
        while len(scenes) < PART:
            row = rng.choice(rows)
            printed = is_fit(source.scenes[row]) and print_words(rng, source.pixels([row])[0], source.scenes[row], fonts, words)
            if printed:
                pixels.append(printed[0])
                scenes.append(printed[1])
        np.save(path.with_suffix('.npy'), np.stack(pixels))
        path.with_suffix('.new').write_text(json.dumps(scenes, separators=(',', ':')))
        os.replace(path.with_suffix('.new'), path.with_suffix('.json'))


def is_fit(scene):
    """Whether a word beside its objects would be the only thing to read."""
    objects = scene['objects']
    return scene['kind'] == 'drawing' and len(objects) <= MOST_OBJECTS and not any(o['shape'] in DIGITS for o in objects)


def print_words(rng, pixels, scene, fonts, most=1):
    """(uint8 [224, 224, 3], scene) with up to `most` words where no object is, or None where there is no room for one."""
    (width, height), words, letters = scene['seen'], [], []
    scale = [width / scene['width'], height / scene['height']] * 2
    taken = [[edge * factor for edge, factor in zip(o['box'], scale)] for o in scene['objects']]
    for _ in range(most):
        printed = print_word(rng, pixels, scene['seen'], taken, fonts)
        if printed:
            pixels, word, boxes = printed
            words.append(word)
            letters += boxes
            taken.append([*boxes[0][:2], *boxes[-1][2:]])
    if not words:
        return None
    return saved(rng, pixels, scene['seen']), {**scene, 'printed': ''.join(words), 'letters': letters}


def print_word(rng, pixels, seen, taken, fonts):
    """(pixels with a word beside the boxes `taken`, the word, its letters' boxes), or None."""
    word, (width, height) = sample_word(rng), seen
    mask, edges = word_mask(rng, word, fonts, width * WIDEST)
    for _ in range(12):
        if mask.width >= width or mask.height >= height:
            return None
        left, top = rng.randint(0, width - mask.width), rng.randint(0, height - mask.height)
        right, bottom = left + mask.width, top + mask.height
        if any(left < box[2] + 2 and right > box[0] - 2 and top < box[3] + 2 and bottom > box[1] - 2 for box in taken):
            continue
        ink = ink_on(rng, pixels[top:bottom, left:right])
        if ink:
            image = Image.fromarray(pixels)
            image.paste(ink, (left, top), mask)
            letters = [[round(left + edge * mask.width, 1), top, round(left + end * mask.width, 1), bottom] for edge, end in pairwise(edges)]
            return np.asarray(image), word, letters
    return None


def word_mask(rng, word, fonts, widest):
    """The word in a font, size and case, sometimes a little turned, as an alpha mask; and where its letters begin and end, from 0 to 1."""
    detail = rng.choice((1, 2, 3))  # is drawn so many times as large
    size = HEIGHT[0] * (HEIGHT[1] / HEIGHT[0]) ** rng.random() * 1.4
    shown = rng.choice((word.upper(), word.upper(), word, word.capitalize()))
    font = ImageFont.truetype(rng.choice(fonts), round(size * detail))
    box = font.getbbox(shown)
    edges = [(font.getlength(shown[:i]) - box[0]) / (box[2] - box[0]) for i in range(len(shown) + 1)]
    mask = Image.new('L', (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(mask).text((-box[0], -box[1]), shown, fill=255, font=font)
    if rng.random() < .15:
        mask = mask.rotate(rng.uniform(-7, 7), Image.Resampling.BICUBIC, expand=True)
    factor = min(1 / detail, widest / mask.width)
    size = [max(1, round(side * factor)) for side in mask.size]
    return mask.resize(size, rng.choice((Image.Resampling.BOX, Image.Resampling.LANCZOS))), edges


def ink_on(rng, under):
    """A color that stands out from what is under the word, or None."""
    tones = [tuple(int(v) for v in tone) for tone in np.percentile(under.reshape(-1, 3), (5, 50, 95), axis=0)]
    for name in (rng.choice(('black', 'white', *COLORS)), 'black', 'white'):
        ink = colors.sample(rng, name)
        if all(colors.distance(ink, tone) >= CONTRAST for tone in tones):
            return ink
    return None


def saved(rng, pixels, seen):
    """Sometimes as a JPEG; what is padding stays black."""
    image = Image.fromarray(pixels)
    if rng.random() < .4:
        file = io.BytesIO()
        image.save(file, 'JPEG', quality=rng.randint(45, 95))
        image = Image.open(file).convert('RGB')
    clean = Image.new('RGB', image.size)
    clean.paste(image.crop((0, 0, *seen)), (0, 0))
    return np.asarray(clean)
