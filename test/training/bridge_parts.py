"""
What training/bridge has that no run on a CPU shows:

    python test/training/bridge_parts.py        # with training/requirements.txt; seconds
"""

import json
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import toys
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from safetensors.torch import load_file
from toy_case import Case
from torch.nn.functional import normalize

from training.bridge.contrast import similarity
from training.common import Progress


class Similarity(unittest.TestCase):
    def test_is_computed_in_float32_under_autocast(self):
        torch.manual_seed(1)
        pictures, texts = normalize(torch.randn(3, 4, 64), dim=-1), normalize(torch.randn(5, 64), dim=-1)
        with torch.autocast('cpu', torch.bfloat16):
            mixed = similarity(pictures, texts)
        self.assertEqual(mixed.dtype, torch.float32)
        torch.testing.assert_close(mixed, similarity(pictures, texts), rtol=0, atol=0)


class Resuming(unittest.TestCase):
    def test_reads_on_a_cpu_what_a_gpu_saved(self):
        with tempfile.TemporaryDirectory() as folder:
            layer = torch.nn.Linear(2, 2)
            with patch('torch.serialization.location_tag', lambda _: 'cuda:0'):
                Progress(Path(folder), 'stage', {'layer': layer}).save()
            other = torch.nn.Linear(2, 2)
            Progress(Path(folder), 'stage', {'layer': other})
            self.assertTrue(torch.equal(other.weight, layer.weight))


class MixedPrecision(Case):
    """As on a GPU, but for the device."""

    @classmethod
    def make_ends(cls):
        toys.eva(cls.folder / 'vision')
        toys.opt(cls.folder / 'opt')
        toys.llama(cls.folder / 'llama')

    def assert_trains(self, kind, language, log, **sizes):
        given = ['--kind', kind, '--steps', '3', '--settings', json.dumps(sizes)]
        self.train(f'{kind}-fp32', *given, language=language)
        AcceleratorState._reset_state(reset_partial_state=True)  # a process has one, of one precision
        self.addCleanup(AcceleratorState._reset_state, reset_partial_state=True)
        mixed = lambda mixed_precision: Accelerator(mixed_precision='bf16', cpu=True)  # noqa: E731
        with patch('training.bridge.__main__.Accelerator', mixed):
            self.train(f'{kind}-bf16', *given, language=language)
        usual, other = (toys.logged(self.folder / f'{kind}-{name}', log)[-1]['held_out_loss'] for name in ('fp32', 'bf16'))
        self.assertAlmostEqual(other / usual, 1, delta=0.05)
        usual, other = (load_file(self.folder / f'{kind}-{name}' / 'model.safetensors') for name in ('fp32', 'bf16'))
        self.assertEqual({tensor.dtype for tensor in other.values()}, {torch.float32})
        self.assertFalse(all(torch.equal(tensor, usual[name]) for name, tensor in other.items()))

    def test_trains_a_projector(self):
        self.assert_trains('projector', 'llama', 'projector')

    def test_trains_a_qformer(self):
        sizes = {'hidden_size': 24, 'num_hidden_layers': 2, 'num_attention_heads': 3, 'intermediate_size': 40, 'queries': 4, 'shared': 16}
        self.assert_trains('qformer', 'opt', 'stage2', **sizes)

    def test_trains_gated_layers(self):
        self.assert_trains('cross-attention', 'llama', 'cross-attention', use_resampler=True)


if __name__ == '__main__':
    unittest.main()
