"""The two frozen ends of a run of training.train, and what is kept of them for all rows of the table."""

import random
import re
from functools import cached_property

import torch
from torch import nn

from training.common import freeze, sha256
from training.parts.model import language_model
from training.stages.features import Features
from training.stages.vit import load as load_vision
from training.text import PAD, Text, pad

POOL = 8  # batches of like length are drawn together
CAPTIONS = 0.3  # share of the documents; the others are conversations


class Ends:
    """The language model of one run, and the vision tower's features of one run, as a rule the same."""

    def __init__(self, vision, language):
        if (vision / 'tokenizer' / 'tokenizer.json').read_bytes() != (language / 'tokenizer' / 'tokenizer.json').read_bytes():
            raise SystemExit(f'{vision} and {language} have different tokenizers.')
        self.vision, self.text = vision, Text(language / 'tokenizer')
        state = torch.load(language / 'lm.pt', weights_only=False)
        self.language = language_of(state['model'], self.text)
        self.ceiling = state['facts'].get('text')
        self.tags = torch.load(vision / 'vit.pt', weights_only=False)['facts'].get('tags')

    @cached_property
    def features(self):
        return Features(self.vision)

    @cached_property
    def tower(self):
        return load_vision(self.vision)

    def hashes(self):
        return {'vision_model': sha256(self.tower), 'language_model': sha256(self.language)}

    def parameters(self):
        return {'vision': count(self.tower), 'language': count(self.language)}

    def batch(self, step, size, seed):
        """
        (rows of features, ids [size, L], labels [size, L]) of one step: of all kinds of bridge the same. A function of the
        step, so that a run that resumes sees what it would have seen.
        """
        block, place = divmod(step, POOL)
        rng = random.Random(f'{seed} {block}')
        documents = []
        for row in self.features.training_rows(rng, size * POOL):
            scene = self.features.scenes[row]
            documents.append((row, *self.text.document(rng, scene, captions=CAPTIONS, turns=rng.randint(5, 11))))
        documents.sort(key=lambda item: len(item[1]))
        parts = [documents[i : i + size] for i in range(0, len(documents), size)]
        rng.shuffle(parts)
        rows, ids, labels = zip(*parts[place])
        return list(rows), torch.from_numpy(pad(ids, PAD)), torch.from_numpy(pad(labels, -100))


def language_of(state, text):
    """The frozen language model of a run, of as many layers as it was trained with."""
    names = [name.removeprefix('language.') for name in state if name.startswith('language.')]
    kind = 'opt' if any(name.startswith('model.decoder.') for name in names) else 'llama'
    layers = 1 + max(int(re.search(r'\.layers\.(\d+)\.', name)[1]) for name in names if '.layers.' in name)
    reader = nn.Module()
    reader.language = language_model(kind, text.newline, layers)
    reader.load_state_dict({name: value for name, value in state.items() if name.startswith('language.')})
    return freeze(reader.language)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())

