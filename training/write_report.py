"""
Writes <run>/report: REPORT.md with every stage's numbers, the losses, and galleries of right and wrong captions.
"""

import json
import textwrap
from pathlib import Path

import matplotlib
import torch
from PIL import Image, ImageDraw

from training.common import write_json
from training.evaluate import PICTURES, QUESTIONS, measure

RESULTS = Path(__file__).parents[1] / 'bench' / 'results'
RETRIEVAL, MINIATURES = RESULTS / 'retrieval.json', RESULTS / 'miniatures.json'
STAGES = (('vit', '0a image encoder'), ('lm', '0b language model'), ('stage1', '1 Q-Former'), ('stage2', '2 soft prompt'))


def report(run):
    folder = run / 'report'
    folder.mkdir(exist_ok=True)
    result, pictures = measure(run / 'demo-hf')
    stages = {}
    for stage, _ in STAGES:
        state = torch.load(run / f'{stage}.pt', weights_only=False)
        stages[stage] = {'steps': state['step'], 'seconds': round(state['seconds']), **state['facts']}
    write_json(folder / 'report.json', {'command': 'python -m training.train', 'stages': stages, 'final': result})
    (folder / 'REPORT.md').write_text(markdown(result, stages))
    curves(run, folder / 'losses.png')
    for name, is_right in (('right', True), ('wrong', False)):
        gallery([p for p in pictures if p['right'] is is_right][:24], folder / f'{name}.png')
    print(json.dumps(result, indent=1))


def markdown(result, stages):
    columns = ['answers', 'shuffled image', 'no image (black)', 'question only']
    lines = ['# Training report', '', f"{QUESTIONS} questions about {PICTURES} pictures of the training's own hands that were not trained on, exact match, greedy.", '',
             '| | ' + ' | '.join(columns) + ' |', '|---|' + '---|' * len(columns)]
    lines += [f'| {name} | ' + ' | '.join(f'{100 * result[c].get(name, 0):.1f} %' for c in columns) + ' |' for name in result['answers']]
    share = result['captions']
    lines += ['', f"Captions that name every object with its color: {100 * share['every object named']:.1f} %; of pictures with 1 to 3 objects: "
              f"{100 * share['of 1 to 3 objects']:.1f} %; word for word: {100 * share['exact']:.1f} %.", '', '## Stages', '']
    for stage, facts in stages.items():
        lines += [f"**{stage}**: {facts['steps']} steps, {facts['seconds'] / 60:.0f} minutes"]
        lines += [f'- {key}: ' + (', '.join(f'{k} {v}' for k, v in value.items()) if isinstance(value, dict) else str(value))
                  for key, value in facts.items() if key not in ('steps', 'seconds')] + ['']
    lines += [*finding(), *side_by_side()]
    return '\n'.join([*lines, '![losses](losses.png)', '', 'Right captions:', '', '![right](right.png)', '', 'Wrong ones:', '', '![wrong](wrong.png)', ''])


def finding():
    """What `npm run bench -- retrieval` measured of the matcher's package."""
    if not RETRIEVAL.exists():
        return []
    measured = json.loads(RETRIEVAL.read_text())
    most = str(measured['pictures'])
    lines = ['## Finding by words', '', f"`npm run bench -- retrieval`, among {most} pictures by hands that are in no training.", '', f'| found first | among 64 | among {most} |', '|---|---|---|']
    for key, name in (('pictureByText', 'the picture of a description'), ('textByPicture', 'the description of a picture')):
        lines.append(f'| {name} | ' + ' | '.join(f"{100 * measured['descriptions'][size][key]:.1f} %" for size in ('64', most)) + ' |')
    lines += ['', '| a search for | searches | first is right | precision of those shown | recall in the best 20 |', '|---|---|---|---|---|']
    for row in measured['searches']:
        lines.append(f"| {row['kind']} | {row['queries']} | " + ' | '.join(f'{100 * row[key]:.1f} %' for key in ('firstIsRight', 'precision', 'recall')) + ' |')
    return [*lines, '']


def side_by_side():
    """The table of several miniatures, as `npm run bench -- demo --update --model … --model …` put it into this report."""
    if not MINIATURES.exists():
        return []
    measured = json.loads(MINIATURES.read_text())
    command = ' '.join(['npm run bench -- demo --update', *(f"--model {one['model']}" for one in measured['models'])])
    return ['## Models side by side', '', f'`{command}`, about pictures by hands that are in no training.', '', *measured['table'], '']


def curves(run, path):
    """One picture: the loss of each stage over its steps."""
    matplotlib.use('Agg')
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(15, 3.2))
    for axis, (stage, title) in zip(axes, STAGES):
        log = Path(run / f'{stage}.log.jsonl')
        rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        for key in ('loss', 'itc', 'itm', 'itg'):
            points = [(row['step'], row[key]) for row in rows if key in row]
            if points:
                axis.plot(*zip(*points), label=key)
        axis.set(title=title, xlabel='step', yscale='log')
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def gallery(pictures, path, across=6):
    """Pictures with their captions below; under a wrong one also what was right."""
    cell = (236, 400)
    sheet = Image.new('RGB', (across * cell[0], -(-max(1, len(pictures)) // across) * cell[1]), 'white')
    pen = ImageDraw.Draw(sheet)
    for index, picture in enumerate(pictures):
        left, top = index % across * cell[0] + 6, index // across * cell[1] + 6
        width, height = picture['seen']
        sheet.paste(Image.fromarray(picture['pixels'][:height, :width]), (left, top))
        lines = '\n'.join(textwrap.wrap(picture['reply'], 38)[:5])
        pen.text((left, top + 228), lines, fill='black')
        if not picture['right']:
            below = pen.multiline_textbbox((left, top + 228), lines)[3] + 4
            pen.text((left, below), '\n'.join(textwrap.wrap(f"right: {picture['wanted']}", 38)[:5]), fill='gray')
    sheet.save(path)
