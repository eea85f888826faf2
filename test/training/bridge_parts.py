"""
What training/bridge has that no run on a CPU shows:

    python test/training/bridge_parts.py        # with training/requirements.txt; seconds
"""

import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import toys  # noqa: F401: it puts the repository on the path
import torch
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


if __name__ == '__main__':
    unittest.main()
