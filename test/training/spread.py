"""Written descriptions as a Q-Former gives them (training/parts/spread.py): `python test/training/spread.py`."""

import random
import sys
import unittest
from pathlib import Path
from unittest.mock import patch

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from training.language import scene as scenes  # noqa: E402
from training.language.scene import CELL_COLUMNS, CELL_ROWS, Scene, Thing  # noqa: E402
from training.parts import spread as module  # noqa: E402
from training.parts.spread import LEAST, spread  # noqa: E402
from training.stages.lm import Reader, blurred  # noqa: E402
from training.text import CELLS, Description, described  # noqa: E402

WIDTH = 8
MANY = 400


class Spread(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        torch.set_grad_enabled(False)
        self.addCleanup(torch.set_grad_enabled, True)
        self.description = Description(WIDTH)

    def shares(self, things):
        """[MANY, CELLS]: how much of the last one's vector is in each slot; negative: something else is there."""
        scene = Scene('drawing', 'white', things)
        rows = torch.tensor([described(scene)] * MANY)
        cells = self.description.cells(rows[0, :CELLS])
        ground, own = cells[0], cells[things[-1].slot] - cells[0]
        with patch.object(module, 'MEETS', 0):
            parts = spread(self.description, rows) - ground
        shares = parts @ own / own.square().sum()
        rest = (parts - shares[..., None] * own).norm(dim=-1)
        return torch.where(rest < 1e-4, shares, torch.tensor(-1.0))

    def test_gives_a_part_of_an_object_to_the_nearest_slots(self):
        thing = Thing('star', 'red', 2.9 / 6, 2.2 / 5, 0.3)  # right of its cell's middle, and above
        shares = self.shares([thing])
        row, column = divmod(thing.slot, CELL_COLUMNS)
        self.assertEqual((row, column), (2, 2))
        beside = {(2, 2), (2, 3), (1, 2), (2, 1), (3, 2)}
        there = {divmod(cell, CELL_COLUMNS) for cell in (shares > 0).any(0).nonzero()[:, 0].tolist()}
        self.assertEqual(there, beside)
        self.assertTrue((shares >= 0).all())
        own = shares[:, thing.slot]
        self.assertTrue(LEAST <= own.min() < LEAST + 0.1 and 0.9 < own.max() <= 1)
        right, left, above, below = ((shares[:, thing.slot + step] > 0).float().mean() for step in (1, -1, -CELL_COLUMNS, CELL_COLUMNS))
        self.assertGreater(right, 3 * left)
        self.assertGreater(above, 3 * below)

    def test_loses_what_leaves_the_picture(self):
        thing = Thing('star', 'red', 5.9 / 6, 0.1 / 5, 0.1)  # in the corner
        shares = self.shares([thing])
        there = {divmod(cell, CELL_COLUMNS) for cell in (shares > 0).any(0).nonzero()[:, 0].tolist()}
        self.assertEqual(there, {(0, 5), (0, 4), (1, 5)})

    def test_adds_to_what_is_in_a_slot(self):
        left, right = Thing('star', 'red', 2.9 / 6, 0.5, 0.2), Thing('heart', 'blue', 3.9 / 6, 0.5, 0.2)
        shares = self.shares([right, left])
        self.assertTrue((shares[:, right.slot] == -1).all())

    def test_says_beside_that_the_center_is_just_there(self):
        # Two bins a column; a row's border may be in the middle of a bin.
        thing = Thing('star', 'red', 2.2 / 6, 2.2 / 5, 0.3)
        grid = torch.tensor(described(Scene('drawing', 'white', [thing])))[None, :CELLS].view(1, CELL_ROWS, CELL_COLUMNS, -1)
        for dim, count, attribute, bins in ((2, CELL_COLUMNS, 3, {-1: 3, 1: 6}), (1, CELL_ROWS, 4, {-1: 4, 1: 7})):
            for way, expected in bins.items():
                ways = torch.full(grid.shape[:3], way)
                for meets, result in ((1, expected), (0, grid[0, 2, 2, attribute])):
                    with patch.object(module, 'MEETS', meets):
                        there = module.meeting(grid, ways, dim, count, attribute)
                    self.assertEqual(there[0, 2, 2, attribute], result, (dim, way, meets))
                    there[0, 2, 2, attribute] = grid[0, 2, 2, attribute]
                    self.assertTrue(torch.equal(there, grid))

    def test_spreads_every_second_description(self):
        reader = Reader(3)
        rows = torch.tensor([described(scenes.sample(random.Random(i), 3)) for i in range(4)])
        clean, slots = reader.slots(rows), blurred(reader, rows, None)
        torch.testing.assert_close(slots[::2], clean[::2])
        self.assertFalse(any(torch.equal(slots[i], clean[i]) for i in (1, 3)))


if __name__ == '__main__':
    unittest.main()
