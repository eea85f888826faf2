"""
What the soft words of pictures are to become for a language model that learned from text alone: the vectors of what is written. An
object is on the patch of its center, letters as in letters.py, and every other patch is blank.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from training.parts.letters import NONE, on_patches, patch_at
from training.parts.model import SIDE
from training.text import ATTRIBUTES, described

PATCHES = SIDE * SIDE
FULL, BLANK = 1., .02  # weights of patches with something and without, in `distance`
SHARP = 2.  # logits of a letter: the square of the distance from its vector, times -SHARP


@dataclass
class Aim:
    """Of one picture, whose soft words are `soft[document, first:first + PATCHES]`."""

    document: int
    first: int
    wanted: torch.Tensor  # [PATCHES, WIDTH]
    weights: torch.Tensor  # [PATCHES]
    letters: torch.Tensor | None  # int64 [n, ON_A_PATCH] of the patches `near`, where something is printed
    near: torch.Tensor | None  # bool [PATCHES]

    def of(self, soft):
        return soft[self.document, self.first:self.first + PATCHES].float()


def aims_of(reader, shown):
    """shown: [B][P] of (features, row). None for pictures that are no drawings."""
    return [aim_of(reader, features, row, document, place * PATCHES) for document, pictures in enumerate(shown)
            for place, (features, row) in enumerate(pictures) if features.scenes[row].kind != 'other']


@torch.no_grad()
def aim_of(reader, features, row, document=0, first=0):
    scene, (width, height) = features.scenes[row], features.seen[row]
    wanted = reader.description.cells(torch.tensor(list(ATTRIBUTES.values()))).repeat(PATCHES, 1)
    weights = torch.full((PATCHES,), BLANK)
    letters = near = None
    if features.letters[row]:
        letters, near = on_patches(features.printed[row], features.letters[row])
        letters = letters[near]
        wanted[near] = reader.letters(letters)
        weights[near] = FULL
    if scene.things:
        patches = torch.tensor([patch_at(thing.y * height) * SIDE + patch_at(thing.x * width) for thing in scene.things])
        rows = described(scene)
        wanted[patches] = reader.description.cells(torch.tensor([rows[thing.slot] for thing in scene.things]))
        weights[patches] = FULL
    return Aim(document, first, wanted, weights, letters, near)


def distance(soft, aims):
    """Mean square of the distance of the soft words [B, P * PATCHES, WIDTH] from what they aim at, as a share of its variance."""
    if not aims:
        return soft.new_zeros(())
    wanted, weights = torch.cat([aim.wanted for aim in aims]), torch.cat([aim.weights for aim in aims])
    error = (torch.cat([aim.of(soft) for aim in aims]) - wanted).square().mean(-1) * weights
    return error.sum() / weights.sum() / wanted[weights == FULL].var()


def letter_patches(features, rows):
    """The patches on and beside the letters of these pictures: (features float16 [N, WIDTH], letters int64 [N, ON_A_PATCH])."""
    every = []
    for row in rows:
        letters, near = on_patches(features.printed[row], features.letters[row])
        every.append((features[[row]][0, 1:][near].half(), letters[near]))
    return tuple(torch.cat(part) for part in zip(*every))


def letters_loss(reader, soft, letters):
    """Cross-entropy of the letters of soft words [N, WIDTH], and of there being none; letters [N, ON_A_PATCH]."""
    return sum(cross_entropy(logits, letters[:, index]) for index, logits in enumerate(letter_logits(reader, soft, letters)))


def letters_told(reader, soft, letters):
    """How many of the letters, places without one left out, are the most probable ones there: a share."""
    marks = [(logits.argmax(-1) == letters[:, index])[letters[:, index] != NONE] for index, logits in enumerate(letter_logits(reader, soft, letters))]
    return torch.cat(marks).float().mean().item()


def letter_logits(reader, soft, letters):
    """For each of a patch's letters, given the other: by how near its vector is. [N, len(LETTERS) + 1] each."""
    for index, table in enumerate(reader.letters.tables):
        other = 1 - index
        left = soft.float() - reader.letters.tables[other](letters[:, other])
        yield -SHARP * torch.cdist(left, table.weight).square()


def with_written_letters(rng, soft, aims, share):
    """The soft words with the letters' own vectors on that share of the pictures that have letters."""
    aims = [aim for aim in aims if aim.letters is not None and rng.random() < share]
    if not aims:
        return soft
    soft = soft.clone()
    for aim in aims:
        soft[aim.document, aim.first:aim.first + PATCHES][aim.near] = aim.wanted[aim.near].to(soft.dtype)
    return soft
