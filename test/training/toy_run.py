"""
A folder of training.train at toy size: a few drawn pictures, and constants of the stages that make each of them seconds long.
To be imported before training.world.
"""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import toys  # noqa: F401: it puts the repository on the path

FOLDER = tempfile.TemporaryDirectory()
RUN = Path(FOLDER.name)
os.environ['SIGHTSEER_SPRITES'] = str(RUN / 'sprites')  # read when training.world is loaded

import torch  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from training import common, evaluate, text, train, write_report  # noqa: E402
from training.stages import features, flamingo, llava, lm, stage1, stage2, stored, vit  # noqa: E402
from training.world import data, printed  # noqa: E402
from training.world.make_sprites import TRAINING_SETS  # noqa: E402
from training.world.vocabulary import THINGS  # noqa: E402

PART, PARTS = 40, 3  # pictures; the first part is held out
SMALLER = [
    (text, {'DOCUMENTS': 300, 'WORD_DOCUMENTS': 50}), (data, {'PART': PART}), (features, {'PART': PART, 'HELD_OUT': PART}), (stored, {'PART': PART}),
    (vit, {'HELD_OUT': PART, 'BATCH': 6}), (lm, {'BATCH': 6, 'MEASURED': 3}), (stage1, {'BATCH': 8, 'ROUNDS': {10: 2}}),
    (llava, {'BATCH': 4, 'MEASURED': 9, 'MEASURED_PRINTED': 5, 'ADAPTED_FROM': 2, 'TWO': 0.5, 'HELD_OUT': PART}), (printed, {'PART': PART, 'PARTS': 2, 'PAGES': {**printed.PAGES, 'parts': 2}}),
    (flamingo, {'BATCH': 4, 'MEASURED': 9, 'NEW_TOKENS': 8, 'HELD_OUT': PART}),
    (stage2, {'BATCH': 6, 'MEASURED': 3, 'PEAK': 0.001, 'WARM_UP': 12, 'HELD_OUT': PART}), (evaluate, {'PICTURES': 4, 'QUESTIONS': 4, 'USUAL': 400}),
    (write_report, {'PICTURES': 4, 'QUESTIONS': 4}),
]  # fmt: skip


def begin(case):
    """Of a test case's class: the constants, the tokenizer and the pictures."""
    torch.set_num_threads(1)  # such small models are not faster with more
    changed = [(module, name, value) for module, values in SMALLER for name, value in values.items()]
    # At once at the full rate: a few steps are fewer than those of a warm-up.
    changed.append((common, 'rate', lambda step, total, peak, **_: peak))
    for module, name, value in changed:
        patched = patch.object(module, name, value)
        patched.start()
        case.addClassCleanup(patched.stop)
    case.addClassCleanup(FOLDER.cleanup)
    draw_sprites()
    train.run_stage('tokenizer', RUN)
    data.make(RUN, workers=2, parts=PARTS)


def draw_sprites():
    folder = RUN / 'sprites' / TRAINING_SETS[0]
    folder.mkdir(parents=True)
    for i, thing in enumerate(THINGS):
        picture = Image.new('RGBA', (48, 48))
        ImageDraw.Draw(picture).ellipse((4, 4, 44, 20 + i % 24), fill=(40 + 3 * i, 120, 200 - 3 * i, 255))
        picture.save(folder / f'{thing}-0.png')
