"""How the training's hands fill and outline what they draw: `python test/training/drawings.py`."""

import random
import sys
import unittest
from pathlib import Path
from unittest.mock import patch

import cairocffi as cairo
import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[2]))

from training.world import colors, sprites  # noqa: E402
from training.world.cairo import hand as cairo_hand  # noqa: E402
from training.world.cairo.shapes import outline  # noqa: E402
from training.world.pillow.strokes import runs, scribbled  # noqa: E402

RED, WHITE = (200, 20, 20), (255, 255, 255)
SIDE = 224


class Drawings(unittest.TestCase):
    def test_scribbles_over_all_of_a_mask_and_nothing_else(self):
        for size in ((40, 160), (160, 40), (120, 120)):
            mask = Image.new('L', size)
            ImageDraw.Draw(mask).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=255)
            inside = np.asarray(mask) > 127
            shares = []
            for seed in range(12):
                fill = np.asarray(scribbled(random.Random(seed), mask, 2)) > 127
                self.assertLess((fill & ~inside).sum(), 0.08 * inside.sum(), (size, seed))
                shares.append([part.sum() / whole.sum() for part, whole in zip(thirds(fill & inside), thirds(inside))])
            self.assertGreater(np.min(shares), 0.25)
            self.assertLess(np.mean(shares), 0.9)

    def test_finds_runs(self):
        self.assertEqual(runs(np.array([1, 1, 0, 1, 0, 0, 1], bool)), [(0, 1), (3, 3), (6, 6)])
        self.assertEqual(runs(np.zeros(4, bool)), [])

    def test_scrawls_over_a_path_and_nothing_else(self):
        for seed in range(12):
            drawn, filled = self.cairo('scrawl', seed), self.cairo('fill', seed)
            self.assertLess((drawn & ~filled).sum(), 0.02 * filled.sum(), seed)
            self.assertTrue(0.3 < drawn.sum() / filled.sum() < 0.98, (seed, drawn.sum() / filled.sum()))

    def test_hatches_and_outlines_what_it_fills(self):
        for seed in range(12):
            hatched, filled = self.cairo('hatch', seed), self.cairo('fill', seed)
            self.assertTrue(0.3 < (hatched & filled).sum() / filled.sum() < 0.95, seed)

    def test_draws_thin_lines_of_colors_that_stand_out(self):
        seed = next(seed for seed in range(99) if self.cairo_picture('line', seed)[0].is_thin)
        self.assertLess(self.cairo('line', seed).sum(), 0.12 * self.cairo('fill', seed).sum())
        with patch.object(cairo_hand, 'THIN_GAP', 1000):
            self.assertGreater(self.cairo('line', seed).sum(), 0.12 * self.cairo('fill', seed).sum())

    def test_tints_icons_of_one_color_so_that_they_show(self):
        icon = Image.new('RGBA', (3, 2), (0, 0, 0, 90))
        for page in (WHITE, (0, 0, 0), (128, 128, 128), RED):
            for seed in range(12):
                tinted = sprites.tinted(random.Random(seed), icon, page).getpixel((1, 1))
                self.assertGreaterEqual(colors.distance(tinted[:3], page), sprites.GAP, (page, seed))
                self.assertEqual(tinted[3], 90)

    def test_stretches_an_icon_and_cuts_nothing_off(self):
        icon = Image.new('RGBA', (80, 100), (*RED, 255))
        for seed in range(12):
            stretched = sprites.stretched(random.Random(seed), icon)
            # A slanted rectangle has the area of the upright one.
            area = (np.asarray(stretched.getchannel('A')) > 127).sum() / stretched.height / 80
            self.assertTrue(np.exp(-0.21) < area < np.exp(0.21), (seed, area))
            self.assertEqual(stretched.height, 100)
            self.assertLessEqual(stretched.width, 80 * np.exp(0.2) + 16)

    def cairo(self, style, seed):
        """bool [SIDE, SIDE]: where a heart of 150 pixels is red."""
        picture, data = self.cairo_picture(style, seed)
        shape = outline(random.Random(seed), 'heart')
        picture.extents(shape, 110, 110, 150)
        # No shadow: the hand draws one with the first number under .06.
        picture.rng = random.Random(next(s for s in range(seed * 100, seed * 100 + 99) if random.Random(s).random() > 0.06))
        picture.shape(shape, 110, 110, 150, RED, style, 'heart')
        picture.pen.get_target().flush()
        pixels = np.frombuffer(data, np.uint8).reshape(SIDE, SIDE, 4)[..., 2::-1].astype(int)
        return np.abs(pixels - RED).sum(-1) < 120

    def cairo_picture(self, style, seed):
        surface = cairo.ImageSurface(cairo.FORMAT_RGB24, SIDE, SIDE)
        pen = cairo.Context(surface)
        pen.set_source_rgb(1, 1, 1)
        pen.paint()
        return cairo_hand.Picture(random.Random(seed), pen, WHITE, (SIDE, SIDE)), surface.get_data()


def thirds(mask):
    return np.array_split(mask, 3, axis=int(mask.shape[1] > mask.shape[0]))


if __name__ == '__main__':
    unittest.main()
