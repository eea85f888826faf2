"""
Written descriptions as a Q-Former gives them: it is never sure in which cell an object's center lies, and a part of the object's
vector stands in the slots beside its own. A language model that learned from clean descriptions alone takes each for an object more.
"""

import torch

from training.language.scene import CELL_COLUMNS, CELL_ROWS
from training.text import ATTRIBUTES, CELLS
from training.world.vocabulary import BINS

BESIDE = .6  # of the objects spread to the nearest column, and as many to the nearest row
ASTRAY = .15  # of these spread to the other side
LEAST = .4  # of an object's vector stays in its own slot


def spread(cells, rows):
    """
    cells: the vectors [B, CELLS, width] of the descriptions rows, int64 [B, CELLS + 1, 5]. Each object's is spread at random: what
    stays in its slot, and what a slot beside it gets, are independent.
    """
    blank = rows[:, :CELLS, 0] == ATTRIBUTES['noun']
    grid = rows[:, :CELLS].view(-1, CELL_ROWS, CELL_COLUMNS, rows.shape[-1])
    ground = cells[blank][0]
    objects = ((cells - ground) * ~blank[..., None]).view(*grid.shape[:3], -1)
    kept = LEAST + (1 - LEAST) * torch.rand(grid.shape[:3])
    result = kept[..., None] * objects
    for dim, count, attribute in ((2, CELL_COLUMNS, 3), (1, CELL_ROWS, 4)):
        ways = nearest(grid[..., attribute], dim, count)
        share = torch.rand(ways.shape) * (torch.rand(ways.shape) < BESIDE)
        for way in (-1, 1):
            result = result + moved((share * (ways == way))[..., None] * objects, dim, way)
    return ground + result.flatten(1, 2)


def nearest(bins, dim, count):
    """-1 or 1 for each cell: on which side of the cell's middle the center is, mostly."""
    own = torch.arange(count).view([count if axis == dim else 1 for axis in range(3)])
    ways = torch.where((bins + .5) / BINS * count > own + .5, 1, -1)
    return torch.where(torch.rand(ways.shape) < ASTRAY, -ways, ways)


def moved(grid, dim, way):
    """One cell on; what leaves the picture is lost."""
    result, size = torch.zeros_like(grid), grid.shape[dim] - 1
    start, end = (0, 1) if way > 0 else (1, 0)
    result.narrow(dim, end, size).copy_(grid.narrow(dim, start, size))
    return result
