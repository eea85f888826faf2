"""
What the image encoder learns about every patch: which object is there, and where that object is.
"""

import torch

from training.parts.model import IMAGE_SIDE
from training.world.vocabulary import BACKGROUNDS, COLORS, NOUNS, size_bin

NOTHING = len(NOUNS)  # the tag of a patch without an object
COLORLESS = len(COLORS)  # of things
OUTSIDE = -100  # of padding
ELSE = len(BACKGROUNDS)  # the background of a picture that is no drawing


def targets_of(scenes, grid, flips=None):
    """
    {'noun', 'color', 'size': int64 [B, grid * grid]; 'place': float [B, grid * grid, 5]: x, y of the object's center in the
    picture, the same of the patch, log of the object's size; 'weight': float [B, grid * grid]; 'background': int64 [B]}.
    A patch belongs to the foremost object whose ellipse in its box covers the patch's center, or whose center lies in it.
    """
    count = len(scenes)
    result = {key: torch.full((count, grid, grid), OUTSIDE) for key in ('noun', 'color', 'size')}
    place, weight = torch.zeros(count, grid, grid, 5), torch.zeros(count, grid, grid)
    background = torch.empty(count, dtype=torch.long)
    centers = (torch.arange(grid) + .5) / grid
    for row, scene in enumerate(scenes):
        right, bottom = scene['seen'][0] / IMAGE_SIDE, scene['seen'][1] / IMAGE_SIDE
        x, y = centers / right, centers / bottom
        inside = (y < 1)[:, None] & (x < 1)[None, :]
        result['noun'][row][inside] = NOTHING
        weight[row][inside] = .4
        place[row, :, :, 2], place[row, :, :, 3] = x[None, :], y[:, None]
        background[row] = ELSE if scene['kind'] == 'other' else BACKGROUNDS.index(scene['background'])
        for thing in scene['objects']:
            left, top, far, low = thing['box']
            w, h = (far - left) / scene['width'], (low - top) / scene['height']
            mask = (((x[None, :] - thing['x']) / (.47 * w)) ** 2 + ((y[:, None] - thing['y']) / (.47 * h)) ** 2 < 1) & inside
            mask[min(grid - 1, int(thing['y'] * bottom * grid)), min(grid - 1, int(thing['x'] * right * grid))] = True
            result['noun'][row][mask] = NOUNS.index(thing['shape'])
            result['color'][row][mask] = COLORLESS if thing['color'] is None else COLORS.index(thing['color'])
            result['size'][row][mask] = size_bin(thing['size'])
            place[row, :, :, 0][mask], place[row, :, :, 1][mask], place[row, :, :, 4][mask] = thing['x'], thing['y'], float(torch.tensor(thing['size']).log())
            weight[row][mask] = 2 / float(mask.sum()) ** .5
    values = {**{key: tags.flatten(1) for key, tags in result.items()}, 'place': place.flatten(1, 2), 'weight': weight.flatten(1), 'background': background}
    return values


def mirrored(scene):
    turned = [{**thing, 'x': 1 - thing['x'], 'box': [scene['width'] - thing['box'][2], thing['box'][1], scene['width'] - thing['box'][0], thing['box'][3]]}
              for thing in scene['objects']]
    return {**scene, 'objects': turned}
