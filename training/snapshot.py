"""
What a run has learned so far, small enough to keep: `python -m training.snapshot save --run DIR` writes each stage's
weights in half precision to `snapshots/STAGE.safetensors`, without the optimizer's state, which is twice as large, its log beside them, and
the tokenizer, since one that is built again after the language has changed has other tokens. What is a link in DIR belongs to another run, and is not
written. `load` puts them into another run folder, where the next command goes on from their step.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, safe_open, save_file

FOLDER = Path(__file__).parent / 'snapshots'
STAGES = ('vit', 'lm', 'stage1', 'stage2', 'llava', 'flamingo')
TOKENIZER = ('tokenizer.json', 'tokenizer_config.json')
NO_WEIGHTS = ('step', 'seconds', 'facts', 'rng', 'optimizer')  # of a checkpoint's keys; the others are modules


def save(run, folder):
    """Writes the stages that have begun; returns {stage: step}."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (run / 'tokenizer').is_symlink():
        for name in TOKENIZER:
            shutil.copyfile(run / 'tokenizer' / name, folder / name)
    steps = {}
    for stage in STAGES:
        path = run / f'{stage}.pt'
        if not path.exists() or path.is_symlink():
            continue
        state = torch.load(path, map_location='cpu', weights_only=False)
        parts = {part: tensors for part, tensors in state.items() if part not in NO_WEIGHTS}
        tensors = {f'{part}/{name}': half(tensor) for part, tensors in parts.items() for name, tensor in tensors.items()}
        facts = {'step': state['step'], 'seconds': state['seconds'], 'facts': state['facts'], 'done': (run / f'{stage}.done').exists()}
        save_file(tensors, folder / f'{stage}.safetensors', {'progress': json.dumps(facts)})
        log = run / f'{stage}.log.jsonl'
        if log.exists():
            shutil.copyfile(log, folder / log.name)
        steps[stage] = state['step']
    return steps


def half(tensor):
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous().clone()


def load(run, folder):
    """Puts the stages that the run lacks into it; returns {stage: step}. A run with another tokenizer is an error."""
    run.mkdir(parents=True, exist_ok=True)
    if (folder / TOKENIZER[0]).exists():
        load_tokenizer(run / 'tokenizer', folder)
        (run / 'tokenizer.done').touch()
    steps = {}
    for stage in STAGES:
        source, path = folder / f'{stage}.safetensors', run / f'{stage}.pt'
        if not source.exists() or path.exists():
            continue
        with safe_open(source, 'pt') as file:
            progress = json.loads(file.metadata()['progress'])
        parts = {}
        for key, tensor in load_file(source).items():
            part, name = key.split('/') if '/' in key else ('model', key)
            parts.setdefault(part, {})[name] = tensor.float() if tensor.is_floating_point() else tensor
        torch.save({**parts, **{key: progress[key] for key in ('step', 'seconds', 'facts')}}, path)
        log = folder / f'{stage}.log.jsonl'
        if log.exists():
            shutil.copyfile(log, run / log.name)
        if progress['done']:
            (run / f'{stage}.done').touch()
        steps[stage] = progress['step']
    return steps


def load_tokenizer(own, folder):
    own.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER:
        if not (own / name).exists():
            shutil.copyfile(folder / name, own / name)
        elif (own / name).read_bytes() != (folder / name).read_bytes():
            raise SystemExit(f'{own / name} differs from {folder / name}, with which the weights were trained. Use an empty run folder.')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('action', choices=('save', 'load'))
    parser.add_argument('--run', type=Path, default=Path('training/run'))
    parser.add_argument('--folder', type=Path, default=FOLDER)
    options = parser.parse_args()
    print({'save': save, 'load': load}[options.action](options.run, options.folder))


if __name__ == '__main__':
    main()
