"""
Printed letters as vectors that a language model reads behind a written description, to learn reading from text alone, and where they
are on a picture, so that a projector can learn to give the same vectors there.

A vector stands for a patch and has up to two letters: the one whose center is on that patch, and the next one, where letters are
narrower than a patch.
"""

import torch
from torch import nn

from training.parts.model import PATCH, SIDE

LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'
NONE = len(LETTERS)
ON_A_PATCH = 2
ROW = SIDE  # patches of one row of the picture
NARROW = .3  # share of written words of whose letters two may share a patch
FARTHEST = 4  # patches from one letter to the next


class Letters(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(NONE + 1, width) for _ in range(ON_A_PATCH))
        for table in self.tables:
            nn.init.normal_(table.weight, std=.1)

    def forward(self, letters):
        """int64 [..., ON_A_PATCH] of LETTERS or NONE -> [..., width]"""
        return sum(table(letters[..., index]) for index, table in enumerate(self.tables))


def written(rng, word):
    """A row of patches with the letters of a word in order, [ROW][ON_A_PATCH]; `word`: None where nothing is printed."""
    row = [[NONE] * ON_A_PATCH for _ in range(ROW)]
    letters = [LETTERS.index(letter) for letter in word or '']
    share = .7 if rng.random() < NARROW else 0
    groups = []
    while letters:
        count = 2 if len(letters) > 1 and rng.random() < share else 1
        groups.append(letters[:count])
        letters = letters[count:]
    widest = rng.randint(1, FARTHEST)
    place, free = 0, ROW - len(groups)
    for index, group in enumerate(groups):
        gap = min(free, rng.randint(0, ROW) if index == 0 else rng.randint(0, widest - 1))
        place, free = place + gap, free - gap
        row[place][:len(group)] = group
        place += 1
    return row


def on_patches(word, boxes):
    """
    (the letters of each patch of a picture, int64 [SIDE * SIDE, ON_A_PATCH]; the patches between and beside them, bool [SIDE * SIDE],
    those with letters among them). boxes: [left, top, right, bottom] of each letter in pixels (training/world/printed.py).
    """
    letters = torch.full((SIDE * SIDE, ON_A_PATCH), NONE)
    near = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    for letter, (left, top, right, bottom) in zip(word, boxes):
        row, column = (patch_at((low + high) / 2) for low, high in ((top, bottom), (left, right)))
        near[row, max(0, column - 1) : column + 2] = True
        patch = row * SIDE + column
        free = (letters[patch] == NONE).nonzero().flatten()
        if len(free):
            letters[patch, free[0]] = LETTERS.index(letter)
    return letters, near.flatten()


def patch_at(pixel):
    """The row or column of patches."""
    return min(SIDE - 1, max(0, int(pixel // PATCH)))
