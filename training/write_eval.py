"""
Draws unseen pictures by the training's own hands, with conversations, for the benches: `python -m training.write_eval`
writes training/eval/scenes.json and images.bin, which bench/quality/demo-scenes.ts reads.
"""

import argparse
import io
import json
import random
from pathlib import Path

from PIL import Image

from training.language.conversation import caption, conversation
from training.language.scene import of_picture
from training.world.data import picture_at

FIRST = 11_000_000  # picture numbers from here on are in no training set, nor among those of evaluate.py
COUNT = 400
SIDE = 480  # pixels of the longer side at most
QUALITY = 90
TURNS = 4


def drawings(count):
    """The first `count` drawings from FIRST on: (RGB picture, drawn scene)."""
    index = FIRST
    while count > 0:
        image, scene = picture_at(index)
        index += 1
        if scene['kind'] == 'drawing':
            count -= 1
            yield image, scene


def webp(image):
    image = image.convert('RGB')
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, 'WEBP', quality=QUALITY)
    return file.getvalue()


def row(image, drawn, seed, offset):
    """(one scene of the file, its picture's bytes)"""
    view, rng = of_picture(drawn), random.Random(seed)
    picture = webp(image)
    turns = [[turn.question, turn.answer, turn.category, turn.history] for turn in conversation(rng, view, TURNS)]
    objects = [{'shape': thing.shape, 'color': thing.color, 'size': thing.size_word, 'cell': thing.cell} for thing in view.things]
    scene = {'background': view.background, 'objects': objects}
    return {'scene': scene, 'caption': caption(view), 'image': [offset, len(picture)], 'conversation': turns}, picture


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=Path(__file__).with_name('eval'))
    options = parser.parse_args()
    rows, pictures = [], b''
    for seed, (image, drawn) in enumerate(drawings(COUNT)):
        one, picture = row(image, drawn, seed, len(pictures))
        rows.append(json.dumps(one, separators=(',', ':')))
        pictures += picture
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / 'images.bin').write_bytes(pictures)
    (options.out / 'scenes.json').write_text('{"format": 2, "scenes": [\n' + ',\n'.join(rows) + '\n]}\n')
    print(f'{len(rows)} scenes, {len(pictures)} bytes of pictures')


if __name__ == '__main__':
    main()
