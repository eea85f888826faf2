"""Colors over the whole range of each name: random ones that nobody would hesitate to call so."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex

sys.path.insert(0, str(Path(__file__).parents[1]))
from colors import lab, votes  # noqa: E402

SAMPLES = 40000
LEAST_SHARE = 0.7
WEIGHTS = {
    'red': 14, 'blue': 14, 'green': 12, 'yellow': 11, 'orange': 9, 'purple': 9, 'pink': 9, 'brown': 8,
    'black': 8, 'white': 7, 'gray': 7, 'turquoise': 8,
}  # fmt: skip


# In CIELAB: hue in degrees, least chroma, lightness. The survey alone also calls olive green, beige
# brown and cyan blue.
LIMITS = {
    'red': ((20, 39), 62, (30, 56)),
    'orange': ((53, 72), 62, (60, 78)),
    'yellow': ((88, 107), 60, (83, 98)),
    'green': ((128, 150), 44, (32, 82)),
    'blue': ((256, 303), 38, (22, 74)),
    'purple': ((310, 327), 40, (27, 52)),
    'pink': ((342, 374), 27, (64, 88)),
    'brown': ((52, 70), 26, (25, 43)),
}


def within(color, limits):
    (low, high), chroma, (darkest, lightest) = limits
    lightness, a, b = lab(color)
    hue = np.degrees(np.arctan2(b, a)) % 360
    is_hue = low <= hue <= high or low <= hue + 360 <= high
    return is_hue and np.hypot(a, b) >= chroma and darkest <= lightness <= lightest


def palette(rng):
    """{name: [hex]}; as many as the samples gave."""
    colors = {name: [] for name in WEIGHTS}
    for channels in rng.random((SAMPLES, 3)):
        color = to_hex(channels)
        for name, limits in LIMITS.items():
            if within(color, limits) and votes(color)[name] >= LEAST_SHARE:
                colors[name].append(color)
    for name, make in NEUTRAL.items():
        colors[name] = [make(rng) for _ in range(60)]
    return colors


def around(center, spread):
    def make(rng):
        channels = np.array(center) + rng.uniform(-spread, spread, 3)
        return to_hex(np.clip(channels, 0, 255) / 255)

    return make


def gray(rng):
    return to_hex(np.clip(rng.uniform(108, 168) + rng.uniform(-3, 3, 3), 0, 255) / 255)


# Few names of the survey lie near these.
NEUTRAL = {
    'black': around((6, 6, 6), 6),
    'white': around((254, 254, 254), 2),
    'gray': gray,
    'turquoise': around((44, 208, 184), 9),
}
