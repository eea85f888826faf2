"""
Writes training/eval/: unseen scenes with questions for the bench, and their pictures.

    python -m training.make_eval [--scenes 300] [--out training/eval]

scenes.json: {"format", "side", "scenes": [{"scene", "caption", "image": [offset, length],
"conversations": [[[question, answer, category, guess], ...], ...]}]}.
A conversation is asked turn by turn; each turn's history is the turns before it, with the right
answers. `guess` is null unless the question needs that history; then it is the likeliest answer
for one who sees the scene but not the history ("" where there is none), and conversations are
drawn so that it is right for at most GUESSABLE of them. "scene" is as scene.py describes it.
images.bin holds the pictures one after the other (WebP, the longer side at most 256).
"""

import argparse
import io
import json
import random
from pathlib import Path

from PIL import Image

from training import grammar
from training.data import scene_at
from training.evaluate import UNSEEN, without_history
from training.render import render

FIRST = UNSEEN + 100_000
LONGEST = 256
GUESSABLE = .3  # of the questions that need the history


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


class Talks:
    """Draws conversations, and keeps the share of follow-ups that can be guessed at GUESSABLE."""

    def __init__(self, rng):
        self.rng, self.asked, self.guessed = rng, 0, 0

    def draw(self, scene, turns):
        """[[question, answer, category, guess], ...]"""
        while True:
            talk = grammar.conversation(self.rng, scene, turns)
            guesses = [(without_history(random.Random(0), scene, t.question) or '') if t.history else None for t in talk]
            asked = sum(guess is not None for guess in guesses)
            guessed = sum(guess == t.answer for guess, t in zip(guesses, talk))
            if guessed == 0 or self.guessed + guessed <= GUESSABLE * (self.asked + asked):
                break
        self.asked, self.guessed = self.asked + asked, self.guessed + guessed
        return [[t.question, t.answer, t.category, guess] for t, guess in zip(talk, guesses)]


def make(out, count):
    out.mkdir(parents=True, exist_ok=True)
    talks, entries, blob = Talks(random.Random(4242)), [], b''
    for index in range(count):
        scene = scene_at(FIRST + index)
        image = picture(scene)
        entries.append({'scene': rounded(scene), 'caption': grammar.caption(scene), 'image': [len(blob), len(image)], 'conversations': [talks.draw(scene, turns) for turns in (4, 3)]})
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
