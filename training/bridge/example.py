"""
Draws pictures for the walk-through of README.md, as the miniature of models/demo knows them: `python -m training.bridge.example DIR`.
Each has one shape, a caption and two questions.
"""

import argparse
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw

SIDE = 224
COLORS = {'red': '#c62828', 'green': '#2e7d32', 'blue': '#1e50c8', 'yellow': '#f5d020', 'orange': '#ef7d1a', 'purple': '#7b2fa0'}
BACKGROUNDS = {'white': '#ffffff', 'black': '#101010', 'gray': '#8c8c8c', 'pink': '#f4b6cf', 'beige': '#ecdfc0'}
SIZES = {'small': 18, 'medium': 38}
PLACES = {
    'top left': (1, 1), 'top': (2, 1), 'top right': (3, 1), 'left': (1, 2), 'center': (2, 2), 'right': (3, 2),
    'bottom left': (1, 3), 'bottom': (2, 3), 'bottom right': (3, 3),
}


def triangle(draw, x, y, radius, fill):
    draw.polygon([(x, y - radius), (x + 0.87 * radius, y + 0.5 * radius), (x - 0.87 * radius, y + 0.5 * radius)], fill)


SHAPES = {
    'circle': lambda draw, x, y, radius, fill: draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill),
    'square': lambda draw, x, y, radius, fill: draw.rectangle((x - radius, y - radius, x + radius, y + radius), fill),
    'triangle': triangle,
}


def main():
    parser = argparse.ArgumentParser(prog='python -m training.bridge.example', description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--pictures', type=int, default=1500)
    args = parser.parse_args()
    args.folder.mkdir(parents=True)
    rng, rows = random.Random(1), []
    for i in range(args.pictures):
        shape, color, size = rng.choice([*SHAPES]), rng.choice([*COLORS]), rng.choice([*SIZES])
        place, background = rng.choice([*PLACES]), rng.choice([*BACKGROUNDS])
        picture = Image.new('RGB', (SIDE, SIDE), BACKGROUNDS[background])
        x, y = (SIDE * part / 4 + rng.randint(-9, 9) for part in PLACES[place])
        SHAPES[shape](ImageDraw.Draw(picture), x, y, SIZES[size], COLORS[color])
        picture.save(args.folder / f'{i}.png')
        where = 'in the center' if place == 'center' else f'{"on" if place in ("left", "right") else "at"} the {place}'
        rows += [
            {'file_name': f'{i}.png', 'text': f'a {size} {color} {shape} {where} on a {background} background'},
            {'file_name': f'{i}.png', 'question': f'what color is the {shape}?', 'answer': color},
            {'file_name': f'{i}.png', 'question': f'where is the {shape}?', 'answer': place},
        ]
    (args.folder / 'metadata.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))


if __name__ == '__main__':
    main()
