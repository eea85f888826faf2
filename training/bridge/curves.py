"""Draws what the logs of a run have."""

import json

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402


def draw(folder, stages):
    """Writes curves.png: a row a stage, its losses on the left, and what was measured on held-out examples on the right."""
    logs = {stage: series(folder / f'{stage}.log.jsonl') for stage in stages}
    figure, axes = pyplot.subplots(len(logs), 2, figsize=(10, 3.5 * len(logs)), squeeze=False, layout='constrained')
    for (left, right), (stage, curves) in zip(axes, logs.items()):
        for name, (steps, values) in curves.items():
            is_share = name.endswith('_exact') or '_to_' in name
            (right if is_share else left).plot(steps, values, label=name, marker='.' if is_share or 'held' in name else None)
        left.set(title=f'{stage}: loss', xlabel='step')
        right.set(title=f'{stage}: share of held-out examples', xlabel='step', ylim=(0, 1))
        for axis in (left, right):
            axis.legend(fontsize='small')
    figure.savefig(folder / 'curves.png', dpi=100)
    pyplot.close(figure)


def series(path):
    """Of each name in a log, its steps and values."""
    curves = {}
    for line in path.read_text('utf8').splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if name not in ('step', 'seconds'):
                steps, values = curves.setdefault(name, ([], []))
                steps.append(row['step'])
                values.append(value)
    return curves
