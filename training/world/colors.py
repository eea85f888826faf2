"""
Colors as people name them: how each name of the vocabulary is mixed, and when two can be told apart.

The ranges are boxes of CIELAB's hue, chroma and lightness, drawn inside what the xkcd color survey
(https://xkcd.com/color/rgb/, CC0) and the CSS and paint palettes call by that name without a second
word of color; colors between two names are left out.
"""

import math

# name: hue (degrees of CIELAB, from, to), chroma (from, to), lightness (from, to); several boxes each
BOXES = {
    'red': [((22, 44), (58, 106), (32, 58)), ((18, 40), (45, 75), (26, 40))],
    'orange': [((55, 74), (62, 106), (60, 78))],
    'yellow': [((86, 106), (55, 100), (82, 98)), ((86, 100), (38, 60), (88, 97))],
    'green': [((125, 162), (32, 110), (30, 88)), ((118, 145), (30, 60), (25, 50)), ((125, 150), (22, 45), (75, 92))],
    'turquoise': [((178, 208), (28, 56), (62, 92))],
    'blue': [((250, 306), (45, 130), (22, 52)), ((245, 285), (30, 62), (42, 70)), ((235, 275), (22, 42), (66, 84)), ((265, 300), (28, 60), (14, 30))],
    'purple': [((308, 328), (38, 100), (24, 52)), ((303, 322), (26, 60), (48, 76))],
    'pink': [((335, 372), (26, 78), (66, 86)), ((340, 365), (50, 85), (55, 68)), ((345, 380), (14, 30), (80, 91))],
    'brown': [((48, 72), (20, 44), (24, 44)), ((52, 70), (24, 42), (42, 52))],
    'black': [((0, 360), (0, 5), (0, 14))],
    'gray': [((0, 360), (0, 4), (38, 76))],
    'white': [((0, 360), (0, 2), (96, 100))],
    'beige': [((75, 98), (9, 20), (86, 94))],
}

# What paint programs, style sheets and crayons offer under these names.
USUAL = {
    'red': 'ff0000 ed1c24 e53935 f44336 dc143c d32f2f ee2222 cc0000 b22222 e6194b c0392b e74c3c',
    'orange': 'ff7f27 ffa500 ff8c00 f57c00 ff9800 f58231 e67e22 fb8c00',
    'yellow': 'ffff00 fff200 ffeb3b fdd835 ffe119 f1c40f fff176 ffd700',
    'green': '008000 00ff00 22b14c 4caf50 2e7d32 3cb44b 27ae60 228b22 b5e61d 7cb342 006400 90ee90 66bb6a',
    'turquoise': '40e0d0 00ced1 1abc9c 48d1cc 26c6da 00e5ee',
    'blue': '0000ff 3f48cc 2196f3 1565c0 4363d8 2980b9 000080 1e90ff 87cefa 64b5f6 00a2e8 4169e1 303f9f',
    'purple': '800080 a349a4 9c27b0 7b1fa2 911eb4 8e44ad 6a1b9a 9b59b6 8a2be2 b39ddb',
    'pink': 'ffc0cb ffaec9 ff69b4 f48fb1 ec407a ff85c0 fabed4 f06292',
    'brown': '8b4513 795548 a0522d 5d4037 6d4c41 9a6324 7b3f00 964b00',
    'black': '000000 111111 1a1a1a 0a0a0a 212121',
    'gray': '808080 7f7f7f 9e9e9e 757575 a9a9a9 bdbdbd 616161 c3c3c3 696969',
    'white': 'ffffff ffffff fafafa fffafa',
    'beige': 'f5f5dc f5deb3 efe4b0 faebd7 ede0c8',
}
USUAL = {name: [tuple(bytes.fromhex(code)) for code in codes.split()] for name, codes in USUAL.items()}
USUAL_SHARE = .45
WHITE_POINT = (.95047, 1.0, 1.08883)


def sample(rng, name):
    """(r, g, b), 0 to 255, of a color of that name."""
    if rng.random() < USUAL_SHARE:
        base = rng.choice(USUAL[name])
        return tuple(min(255, max(0, channel + rng.randint(-4, 4))) for channel in base)
    for _ in range(200):
        hue, chroma, light = (rng.uniform(*span) for span in rng.choice(BOXES[name]))
        rgb = rgb_of(light, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue)))
        if rgb:
            return rgb
    return rng.choice(USUAL[name])


def distance(one, other):
    """Euclidean distance in CIELAB of two (r, g, b): 2.3 is just noticed, black and white are 100 apart."""
    return math.dist(lab_of(one), lab_of(other))


def lab_of(rgb):
    linear = [value / 12.92 if value <= .04045 else ((value + .055) / 1.055) ** 2.4 for value in (channel / 255 for channel in rgb)]
    r, g, b = linear
    xyz = (.4124564 * r + .3575761 * g + .1804375 * b, .2126729 * r + .7151522 * g + .0721750 * b, .0193339 * r + .1191920 * g + .9503041 * b)
    fx, fy, fz = (value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116 for value in (v / w for v, w in zip(xyz, WHITE_POINT)))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def rgb_of(light, a, b):
    """(r, g, b) of a CIELAB color; None outside of sRGB."""
    fy = (light + 16) / 116
    f = (fy + a / 500, fy, fy - b / 200)
    x, y, z = (w * (v ** 3 if v ** 3 > 216 / 24389 else (116 * v - 16) * 27 / 24389) for v, w in zip(f, WHITE_POINT))
    linear = (3.2404542 * x - 1.5371385 * y - .4985314 * z, -.9692660 * x + 1.8760108 * y + .0415560 * z, .0556434 * x - .2040259 * y + 1.0572252 * z)
    if any(value < -.002 or value > 1.002 for value in linear):
        return None
    return tuple(round(255 * min(1, max(0, 12.92 * v if v <= .0031308 else 1.055 * max(v, 0) ** (1 / 2.4) - .055))) for v in linear)
