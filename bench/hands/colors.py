"""Compares the colors of the test pictures with those that people named in the xkcd survey.

    python bench/hands/colors.py    # with matplotlib, which has the survey's colors (CC0)

Prints each color whose neighbors in CIELAB mostly have another name; exits with 1 if there are any.
"""

import json
import math
import sys
from pathlib import Path

from matplotlib.colors import XKCD_COLORS

TRUTH = Path(__file__).parents[2] / 'test' / 'fixtures' / 'hands' / 'truth.json'
NAMES = 'red orange yellow green blue purple pink brown black white gray turquoise'.split()
SAME = {
    'grey': 'gray', 'violet': 'purple', 'lavender': 'purple', 'lilac': 'purple', 'navy': 'blue',
    'azure': 'blue', 'cerulean': 'blue', 'aqua': 'turquoise', 'aquamarine': 'turquoise',
    'crimson': 'red', 'scarlet': 'red', 'emerald': 'green', 'shamrock': 'green', 'lime': 'green',
    'chocolate': 'brown', 'tangerine': 'orange', 'pumpkin': 'orange', 'sunflower': 'yellow',
}  # fmt: skip
NEIGHBORS = 12
# Of the neighbors' votes. Few names of the survey are near black, white and turquoise.
LEAST_SHARE = {'black': 0.4, 'white': 0.25, 'turquoise': 0.4}


def lab(color):
    """CIELAB, D65, of '#rrggbb'."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    x, y, z = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def names_of(survey_name):
    """The names in 'greenish blue' and the like, the main one last."""
    names = []
    for word in survey_name.replace('/', ' ').split():
        word = SAME.get(word, word)
        for ending in ('', 'ish', 'y'):
            if word.endswith(ending) and word.removesuffix(ending) in NAMES:
                names.append(word.removesuffix(ending))
                break
    return names


SURVEY = [(lab(value), names_of(name.removeprefix('xkcd:'))) for name, value in XKCD_COLORS.items()]


def votes(color):
    """The share of each name among the nearest colors of the survey, by name."""
    here = lab(color)
    shares = dict.fromkeys(NAMES, 0.0)
    for there, names in sorted(SURVEY, key=lambda one: math.dist(one[0], here))[:NEIGHBORS]:
        weight = 1 / (4 + math.dist(there, here))
        for i, name in enumerate(names[-2:]):
            shares[name] += weight * (1 if len(names) == 1 else (0.4, 0.6)[i])
    total = sum(shares.values()) or 1  # none of them has one of our names
    return {name: share / total for name, share in shares.items()}


def main():
    doubtful = 0
    for picture in json.loads(TRUTH.read_text())['drawings']:
        for thing in picture['objects']:
            if 'hex' in thing:
                name = thing['colors'][0]
                shares = votes(thing['hex'])
                if shares[name] < LEAST_SHARE.get(name, 0.65):
                    doubtful += 1
                    likeliest = max(shares, key=shares.get)
                    print(f'{picture["name"]} {name} {thing["hex"]}: {shares[name]:.2f}, {likeliest}')
    return int(doubtful > 0)


if __name__ == '__main__':
    sys.exit(main())
