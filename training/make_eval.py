"""
Writes training/eval/: unseen scenes with questions for the bench, and their pictures.

    python -m training.make_eval [--scenes 300] [--out training/eval]
    python -m training.make_eval --rules [--scenes 1200] [--out training/eval]

scenes.json: {"format", "side", "scenes": [{"scene", "caption", "image": [offset, length],
"conversations": [[[question, answer, category, guess], ...], ...]}]}.
A conversation is asked turn by turn; each turn's history is the turns before it, with the right
answers. `guess` is null unless the answer depends on that history: "and black ones?" can only be a
count, but "what color is it?" is open. Then it is the likeliest answer for one who sees the scene
and not the history, right in at most OPEN of the histories that lead to this question.
"scene" is as scene.py describes it.
images.bin holds the pictures one after the other (WebP, the longer side at most 256).
With --rules, rules.json and rules.bin hold other scenes in the same way, without captions and
conversations: what a question is answered for every scene of many.
"""

import argparse
import io
import json
import random
from collections import Counter
from pathlib import Path

from PIL import Image

from training import grammar
from training.data import scene_at
from training.evaluate import UNSEEN
from training.render import render

FIRST = UNSEEN + 100_000
FIRST_FOR_RULES = UNSEEN + 600_000
LONGEST = 256
HISTORIES = 12_000  # drawn for each scene
ENOUGH = 8  # of them must lead to a question before its likeliest answer counts
OPEN = .6


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


def heard_about(scene):
    """{question: Counter of its right answers} of the follow-ups that other histories lead to."""
    rng, heard = random.Random(0), {}
    for _ in range(HISTORIES):
        for turn in grammar.conversation(rng, scene, 2, follow_up_rate=1):
            if turn.history:
                heard.setdefault(turn.question.removesuffix('?'), Counter())[turn.answer] += 1
    return heard


def guess(heard, turn):
    """The likeliest answer without the history, or None where the question does not depend on it."""
    answers = heard.get(turn.question.removesuffix('?'), Counter())
    if not turn.history or answers.total() < ENOUGH:
        return None
    likeliest, times = answers.most_common(1)[0]
    return likeliest if times <= OPEN * answers.total() else None


def make(out, count):
    out.mkdir(parents=True, exist_ok=True)
    rng, entries, blob = random.Random(4242), [], b''
    for index in range(count):
        scene = scene_at(FIRST + index)
        image, heard = picture(scene), heard_about(scene)
        talks = [[[t.question, t.answer, t.category, guess(heard, t)] for t in grammar.conversation(rng, scene, turns)] for turns in (4, 3)]
        entries.append({'scene': rounded(scene), 'caption': grammar.caption(scene), 'image': [len(blob), len(image)], 'conversations': talks})
        blob += image
    head = json.dumps({'format': 1, 'places': grammar.PLACES})[:-1] + ', "scenes": [\n'
    lines = ',\n'.join(json.dumps(entry, separators=(',', ':')) for entry in entries)
    (out / 'scenes.json').write_text(head + lines + '\n]}\n')
    (out / 'images.bin').write_bytes(blob)
    print(count, 'scenes', sum(len(t) for e in entries for t in e['conversations']), 'questions', (out / 'scenes.json').stat().st_size, 'and', len(blob), 'bytes')


def make_for_rules(out, count):
    out.mkdir(parents=True, exist_ok=True)
    entries, blob = [], b''
    for index in range(count):
        scene = scene_at(FIRST_FOR_RULES + index)
        image = picture(scene)
        objects = [{key: thing[key] for key in ('shape', 'color', 'size', 'cell')} for thing in scene['objects']]
        entries.append({'scene': {'background': scene['background'], 'objects': objects}, 'image': [len(blob), len(image)]})
        blob += image
    lines = ',\n'.join(json.dumps(entry, separators=(',', ':')) for entry in entries)
    (out / 'rules.json').write_text('{"format": 1, "scenes": [\n' + lines + '\n]}\n')
    (out / 'rules.bin').write_bytes(blob)
    print(count, 'scenes', len(blob), 'bytes')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rules', action='store_true')
    parser.add_argument('--scenes', type=int)
    parser.add_argument('--out', type=Path, default=Path('training/eval'))
    options = parser.parse_args()
    if options.rules:
        make_for_rules(options.out, options.scenes or 1200)
    else:
        make(options.out, options.scenes or 300)
