"""What a run needs for a row, where it lacks it: the tokenizer, the shipped ends, pictures and their features."""

import os

from training import snapshot
from training.compare.ends import parts_of
from training.stages import features
from training.world import data


def prepare(run, pictures):
    """
    Draws the first `pictures` (rounded up to whole files) and stores the vision tower's features of them. Takes
    training/snapshots for each stage that the run has not begun, so that its ends are the shipped ones.
    """
    parts = parts_of(pictures)
    if parts * data.PART <= features.HELD_OUT:
        raise SystemExit(f'--pictures must be more than the {features.HELD_OUT} that are held out.')
    snapshot.load(run, snapshot.FOLDER)
    if not (run / 'pictures' / f'{parts - 1:04d}.json').exists():
        data.make(run, os.cpu_count(), parts)
    if not (run / 'features' / f'{parts - 1:04d}.npy').exists():
        features.write(run, parts=parts)
