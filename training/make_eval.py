"""
Writes training/eval/: unseen scenes with questions for the bench, and their pictures.

    python -m training.make_eval [--scenes 300] [--out training/eval]

scenes.json: {"format", "side", "scenes": [{"scene", "caption", "image": [offset, length],
"conversations": [[[question, answer, category, needsHistory], ...], ...]}]}.
A conversation is asked turn by turn; each turn's history is the turns before it, with the right
answers. "scene" is as scene.py describes it. images.bin holds the pictures one after the other
(WebP, at their own size, the longer side at most 256).
"""

import argparse
import io
import json
import random
from pathlib import Path

from PIL import Image

from training import grammar
from training.data import scene_at
from training.evaluate import UNSEEN
from training.render import render

FIRST = UNSEEN + 100_000
LONGEST = 256


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


def picture(scene):
    image = render(scene)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, 'WEBP', quality=85, method=6)
    return file.getvalue()


def make(out, count):
    out.mkdir(parents=True, exist_ok=True)
    rng, entries, blob = random.Random(4242), [], b''
    for index in range(count):
        scene = scene_at(FIRST + index)
        image = picture(scene)
        talks = [[[t.question, t.answer, t.category, t.history] for t in grammar.conversation(rng, scene, turns)] for turns in (4, 3)]
        entries.append({'scene': rounded(scene), 'caption': grammar.caption(scene), 'image': [len(blob), len(image)], 'conversations': talks})
        blob += image
    head = json.dumps({'format': 1, 'places': grammar.PLACES})[:-1] + ', "scenes": [\n'
    lines = ',\n'.join(json.dumps(entry, separators=(',', ':')) for entry in entries)
    (out / 'scenes.json').write_text(head + lines + '\n]}\n')
    (out / 'images.bin').write_bytes(blob)
    print(count, 'scenes', sum(len(t) for e in entries for t in e['conversations']), 'questions', (out / 'scenes.json').stat().st_size, 'and', len(blob), 'bytes')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scenes', type=int, default=300)
    parser.add_argument('--out', type=Path, default=Path('training/eval'))
    options = parser.parse_args()
    make(options.out, options.scenes)
