"""What a bridge and its ends say about the pictures of `bench/hands`, which `npm run bench -- three-bridges` judges."""

import json
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from training.compare.answering import answers
from training.stages.vit import encode
from training.text import prompt
from training.world.spoil import letterboxed

FOLDER = Path(__file__).parents[2] / 'test' / 'fixtures' / 'hands'
AT_ONCE = 20


class Turn:
    """A question as `training.text.prompt` takes it."""

    def __init__(self, question, answer=''):
        self.question, self.answer = question, answer


def say(bridge, ends, limit, kept):
    """
    [{name, caption, answers}] of the first `limit` drawings of each renderer, their questions in the order of truth.json.
    The features are kept in the file `kept`.
    """
    chosen = pictures(limit)
    features = seen(ends, chosen, kept)
    asked = [(i, '') for i in range(len(chosen))]
    for i, picture in enumerate(chosen):
        for question in picture['questions']:
            turns = [Turn(one['question'], one['answer']) for one in question.get('history', [])] + [Turn(question['text'])]
            asked.append((i, prompt(turns)))
    replies = answers(bridge, ends, [features[i] for i, _ in asked], [words for _, words in asked])
    said = [{'name': picture['name'], 'caption': reply, 'answers': []} for picture, reply in zip(chosen, replies)]
    for (i, _), reply in list(zip(asked, replies))[len(chosen) :]:
        said[i]['answers'].append(reply)
    return said


def pictures(limit):
    chosen, counts = [], {}
    for picture in json.loads((FOLDER / 'truth.json').read_text('utf8'))['drawings']:
        renderer = picture['name'].split('/')[0]
        counts[renderer] = counts.get(renderer, 0) + 1
        if counts[renderer] <= limit:
            chosen.append(picture)
    return chosen


@torch.inference_mode()
def seen(ends, chosen, kept):
    """float32 [pictures, 1 + patches, WIDTH] of the frozen tower."""
    if kept.exists():
        features = np.load(kept)
        if len(features) == len(chosen):
            return torch.from_numpy(features).float()
    opened = {name: tarfile.open(FOLDER / f'{name}.tar') for name in {picture['name'].split('/')[0] for picture in chosen}}
    parts = []
    for start in range(0, len(chosen), AT_ONCE):
        shown = []
        for picture in chosen[start : start + AT_ONCE]:
            file = opened[picture['name'].split('/')[0]].extractfile(picture['name'])
            image = ImageOps.exif_transpose(Image.open(file)).convert('RGBA')
            white = Image.new('RGBA', image.size, 'white')
            shown.append(letterboxed(Image.alpha_composite(white, image).convert('RGB')))
        parts.append(encode(ends.tower, np.stack([pixels for pixels, _ in shown]), [sides for _, sides in shown]))
    features = torch.cat(parts).half()
    np.save(kept, features.numpy())
    return features.float()
