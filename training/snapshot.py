"""
What a run has learned so far, small enough to keep: `python -m training.snapshot save --run DIR` writes each stage's
weights in half precision to `snapshots/STAGE.safetensors`, without the optimizer's state, which is twice as large;
`load` puts them into another run folder, where the next command goes on from their step.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, safe_open, save_file

FOLDER = Path(__file__).parent / 'snapshots'
STAGES = ('vit', 'lm', 'stage1', 'stage2')


def save(run, folder):
    """Writes the stages that have begun; returns {stage: step}."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = {}
    for stage in STAGES:
        path = run / f'{stage}.pt'
        if not path.exists():
            continue
        state = torch.load(path, map_location='cpu', weights_only=False)
        tensors = {name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous().clone() for name, tensor in state['model'].items()}
        facts = {'step': state['step'], 'seconds': state['seconds'], 'facts': state['facts'], 'done': (run / f'{stage}.done').exists()}
        save_file(tensors, folder / f'{stage}.safetensors', {'progress': json.dumps(facts)})
        steps[stage] = state['step']
    return steps


def load(run, folder):
    """Puts the stages that the run lacks into it; returns {stage: step}."""
    run.mkdir(parents=True, exist_ok=True)
    steps = {}
    for stage in STAGES:
        source, path = folder / f'{stage}.safetensors', run / f'{stage}.pt'
        if not source.exists() or path.exists():
            continue
        with safe_open(source, 'pt') as file:
            progress = json.loads(file.metadata()['progress'])
        model = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in load_file(source).items()}
        torch.save({'model': model, **{key: progress[key] for key in ('step', 'seconds', 'facts')}}, path)
        if progress['done']:
            (run / f'{stage}.done').touch()
        steps[stage] = progress['step']
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('action', choices=('save', 'load'))
    parser.add_argument('--run', type=Path, default=Path('training/run'))
    parser.add_argument('--folder', type=Path, default=FOLDER)
    options = parser.parse_args()
    print({'save': save, 'load': load}[options.action](options.run, options.folder))


if __name__ == '__main__':
    main()
