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
MEETS = .7  # of the parts beside say that the center is in their own cell, as near as it can be


def spread(description, rows):
    """
    The vectors [B, CELLS, width] of the descriptions rows, int64 [B, CELLS + 1, 5], whose objects are spread at random: what stays
    in an object's slot, and what a slot beside it gets, are independent.
    """
    rows = rows[:, :CELLS]
    blank = rows[..., 0] == ATTRIBUTES['noun']
    ground = description.cells(rows[blank][0])

    def objects(grid):
        return (description.cells(grid.reshape(rows.shape)) - ground).mul(~blank[..., None]).view(*grid.shape[:3], -1)

    grid = rows.reshape(-1, CELL_ROWS, CELL_COLUMNS, rows.shape[-1])
    kept = LEAST + (1 - LEAST) * torch.rand(grid.shape[:3])
    result = kept[..., None] * objects(grid)
    for dim, count, attribute in ((2, CELL_COLUMNS, 3), (1, CELL_ROWS, 4)):
        ways = nearest(grid[..., attribute], dim, count)
        share = torch.rand(ways.shape) * (torch.rand(ways.shape) < BESIDE)
        part = share[..., None] * objects(meeting(grid, ways, dim, count, attribute))
        for way in (-1, 1):
            result = result + moved(part * (ways == way)[..., None], dim, way)
    return ground + result.flatten(1, 2)


def meeting(grid, ways, dim, count, attribute):
    """`grid`, rows of CELL_ROWS x CELL_COLUMNS, with most objects' centers moved `ways` (-1 or 1), to the bin where the next cell begins."""
    own = along(torch.arange(count), dim)
    border = BINS * (own + (ways > 0)) / count
    bins = grid[..., attribute]
    across = torch.where(ways > 0, torch.maximum(bins, border.floor().long()), torch.minimum(bins, border.ceil().long() - 1))
    result = grid.clone()
    result[..., attribute] = torch.where((torch.rand(bins.shape) < MEETS) & (bins < BINS), across.clamp(0, BINS - 1), bins)
    return result


def nearest(bins, dim, count):
    """-1 or 1 for each cell: on which side of the cell's middle the center is, mostly."""
    own = along(torch.arange(count), dim)
    ways = torch.where((bins + .5) / BINS * count > own + .5, 1, -1)
    return torch.where(torch.rand(ways.shape) < ASTRAY, -ways, ways)


def along(values, dim):
    """[count] as [1, count, 1] or [1, 1, count]."""
    return values.view([len(values) if axis == dim else 1 for axis in range(3)])


def moved(grid, dim, way):
    """One cell on; what leaves the picture is lost."""
    result, size = torch.zeros_like(grid), grid.shape[dim] - 1
    start, end = (0, 1) if way > 0 else (1, 0)
    result.narrow(dim, end, size).copy_(grid.narrow(dim, start, size))
    return result
