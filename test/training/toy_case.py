"""What the tests of training/bridge share: a folder with pictures and ends, and what is said of a checkpoint."""

import json
import tempfile
import unittest
from pathlib import Path

import torch
import toys
from safetensors.torch import load_file
from transformers import Blip2VisionModel

from training.bridge.__main__ import main

PICTURE = '1.png'
TOWER = (
    'model_type', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'image_size', 'patch_size', 'hidden_act',
    'layer_norm_eps', 'qkv_bias',
)


class Case(unittest.TestCase):
    """A folder with pictures and ends."""

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)  # such small ends are not faster with more
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        toys.draw(cls.folder / 'data', 30)
        cls.make_ends()

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def arguments(cls, out, *more, vision='vision', language='language'):
        folders = {'vision': vision, 'language': language, 'data': 'data', 'out': out}
        named = [part for name, folder in folders.items() for part in (f'--{name}', str(cls.folder / folder))]
        return [*named, '--batch', '6', '--held-out', '3', '--rate', '0.01', '--workers', '0', *more]

    def train(self, out, *more, **ends):
        main(self.arguments(out, *more, **ends))

    def assert_falls(self, rows, name='loss'):
        losses = [row[name] for row in rows if name in row]
        self.assertLess(sum(losses[-5:]), 0.9 * sum(losses[:5]), name)

    def assert_same_ends(self, out, ends):
        """ends: folder, what its tensors' names begin with, and what they begin with in the checkpoint."""
        written = load_file(self.folder / out / 'model.safetensors')
        for end, old, new in ends:
            for name, tensor in load_file(self.folder / end / 'model.safetensors').items():
                if name.startswith(old):
                    other = written[new + name.removeprefix(old)]
                    # A vocabulary may have got the place of a picture.
                    self.assertTrue(torch.equal(tensor, other[: len(tensor)] if tensor.ndim > 0 else other), name)

    def assert_same_tower(self, out, end):
        """Whether the checkpoint says of a BLIP-2's tower what its own folder says."""
        told = json.loads((self.folder / out / 'config.json').read_text())['vision_config']
        own = Blip2VisionModel.from_pretrained(self.folder / end).config.to_dict()
        for name in TOWER:
            self.assertEqual(told[name], own[name], name)

    def assert_converts(self, out, ids):
        """ids: what transformers answers, with the end."""
        picture = self.folder / 'data' / PICTURE
        self.assertEqual(toys.converted(self.folder / out, self.folder / f'{out}-package', picture), ids)
