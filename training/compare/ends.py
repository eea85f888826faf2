"""The frozen ends that a bridge is trained between, and the samples of each step, as a function of the step alone."""

import random
import re
from functools import cached_property

import torch
from torch import nn

from training.common import freeze, sha256
from training.parts.model import WIDTH, language_model
from training.stages.features import Features
from training.stages.vit import load as load_vision
from training.text import PAD, Description, Text, described, pad
from training.world import data

POOL = 8  # batches of like length are drawn together
CAPTIONS = 0.3  # share of the documents; the others are conversations


class Ends:
    """
    The language model of one run, and the vision tower's features of one run, as a rule the same; of its first `pictures`
    (default: all that have features). Both ends have the values of half precision, as training/snapshots keeps them: from a
    run or from its snapshot they are the same ends, with the same hashes.
    """

    def __init__(self, vision, language, pictures=None):
        if (vision / 'tokenizer' / 'tokenizer.json').read_bytes() != (language / 'tokenizer' / 'tokenizer.json').read_bytes():
            raise SystemExit(f'{vision} and {language} have different tokenizers.')
        self.vision, self.text, self.pictures = vision, Text(language / 'tokenizer'), pictures
        self.state = torch.load(language / 'lm.pt', weights_only=False)['model']
        self.language = language_of(self.state, self.text)
        self.tags = torch.load(vision / 'vit.pt', weights_only=False)['facts'].get('tags')

    @cached_property
    def features(self):
        features = Features(self.vision)
        parts = parts_of(self.pictures) if self.pictures else len(features.parts)
        if parts > len(features.parts):
            raise SystemExit(f'{self.vision} has the features of {len(features)} pictures, and not of {self.pictures}.')
        features.parts, features.scenes = features.parts[:parts], features.scenes[: parts * data.PART]
        return features

    @cached_property
    def tower(self):
        return rounded(load_vision(self.vision))

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


class WrittenEnds:
    """The same pictures as written descriptions, int64 [pictures, CELLS + 1, 5], and the language model before it was adapted."""

    def __init__(self, ends):
        self.text, self.features = ends.text, WrittenScenes(ends.features.scenes)
        self.language = language_of(ends.state, ends.text)
        description = Description(WIDTH)
        name = 'description.'
        description.load_state_dict({key.removeprefix(name): value for key, value in ends.state.items() if key.startswith(name)})
        self.description = freeze(rounded(description))


class WrittenScenes:
    def __init__(self, scenes):
        self.scenes = scenes

    def __getitem__(self, rows):
        return torch.tensor([described(self.scenes[row]) for row in rows])


def language_of(state, text):
    """The frozen language model of a run, of as many layers as it was trained with."""
    names = [name.removeprefix('language.') for name in state if name.startswith('language.')]
    kind = 'opt' if any(name.startswith('model.decoder.') for name in names) else 'llama'
    layers = 1 + max(int(re.search(r'\.layers\.(\d+)\.', name)[1]) for name in names if '.layers.' in name)
    reader = nn.Module()
    reader.language = language_model(kind, text.newline, layers)
    reader.load_state_dict({name: value for name, value in state.items() if name.startswith('language.')})
    return freeze(rounded(reader.language))


@torch.no_grad()
def rounded(module):
    """With the nearest values of half precision, in fp32."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            tensor.copy_(tensor.half())
    return module


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def parts_of(pictures):
    """The files of `data.PART` pictures that hold so many."""
    return -(-pictures // data.PART)
