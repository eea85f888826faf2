"""How a shape looks in a plot: its face, edge, hatching, shadow and hand."""

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import PathPatch

POINTS_PER_PIXEL = 0.72  # at 100 dots per inch
# A circle of a thick line would be a ring.
THIN = {'circle', 'oval'}
EASILY_BENT = {'circle', 'oval', 'hexagon', 'pentagon'}


def mixed(color, other, share):
    return to_hex(np.array(to_rgb(color)) * (1 - share) + np.array(to_rgb(other)) * share)


def look_of(shape, radius, everyday, rng):
    """The style of a shape, as words.

    radius : pixels
    """
    if shape == 'ring':
        return ['filled', 'gradient'] if not everyday and rng.random() < 0.25 else ['filled']
    if everyday:
        looks = {'filled': 40, 'outlined': 28, 'edged': 14, 'sketched': 10, 'sketched outlined': 12}
    else:
        looks = {
            'filled': 14, 'outlined': 12, 'edged': 12, 'thick edged': 9, 'dashed outlined': 10,
            'sketched': 10, 'sketched outlined': 8, 'rounded': 7, 'gradient': 10, 'shadow': 9,
            'hatched': 9, 'jagged': 5,
        }  # fmt: skip
    if radius < 14:
        looks = {'filled': 1}
    names = list(looks)
    weights = np.array([looks[name] for name in names], dtype=float)
    return str(names[rng.choice(len(names), p=weights / weights.sum())]).split()


def draw(axes, path, shape, color, look, radius, rng):
    """Adds one shape to the axes. Returns the artists that are the shape itself."""
    thickest = 0.07 if shape in THIN else 0.14
    line = max(1.5, radius * rng.uniform(0.04, thickest)) * POINTS_PER_PIXEL
    options = {'facecolor': color, 'edgecolor': 'none', 'linewidth': 0, 'joinstyle': 'miter'}
    if 'outlined' in look:
        options.update(facecolor='none', edgecolor=color, linewidth=line)
        if 'dashed' in look:
            style = rng.choice(['--', (0, (2, 1.2)), (0, (4, 1.5))][:1]) if rng.random() < 0.5 else (0, (2, 1.2))
            options.update(linestyle=style, linewidth=max(2.2, radius * 0.05) * POINTS_PER_PIXEL)
    if 'edged' in look:
        dark = mixed(color, 'black', 0.55)
        edge = 'black' if rng.random() < 0.5 and sum(to_rgb(color)) > 0.6 else dark
        width = radius * rng.uniform(0.14, 0.2) * POINTS_PER_PIXEL if 'thick' in look else line
        options.update(edgecolor=edge, linewidth=width)
    if 'rounded' in look:
        options.update(edgecolor=color, linewidth=radius * 0.2 * POINTS_PER_PIXEL, joinstyle='round')
    if 'hatched' in look:
        other = mixed(color, 'black', 0.45) if sum(to_rgb(color)) > 1 else mixed(color, 'white', 0.5)
        hatch = rng.choice(['//', '\\\\', '||', '--', 'xx', '..', 'oo'])
        options.update(hatch=str(hatch), edgecolor=other, linewidth=1)
    if 'jagged' in look:
        options.update(antialiased=False)
    if 'sketched' in look:
        options.update(joinstyle='round')
    patch = PathPatch(path, **options)
    if 'sketched' in look:
        strength = rng.uniform(0.012, 0.024) * (0.5 if shape in EASILY_BENT else 1)
        patch.set_sketch_params(radius * strength, max(20, radius * 0.9), 3)
    if 'shadow' in look:
        offset = max(2, radius * 0.11) * POINTS_PER_PIXEL
        shadow = effects.SimplePatchShadow((offset, -offset), 'black', alpha=0.35)
        patch.set_path_effects([shadow, effects.Normal()])
    axes.add_patch(patch)
    if 'gradient' in look:
        return [patch, gradient(axes, patch, path, color, rng)]
    return [patch]


def gradient(axes, patch, path, color, rng):
    """A picture of two shades of the color, within the shape."""
    box = path.get_extents()
    light, dark = mixed(color, 'white', 0.22), mixed(color, 'black', 0.12)
    steps = np.linspace(0, 1, 64)
    shares = steps[:, None] * np.ones(64) if rng.random() < 0.5 else np.add.outer(steps, steps) / 2
    colors = np.array(to_rgb(light)) * (1 - shares[..., None]) + np.array(to_rgb(dark)) * shares[..., None]
    extent = (box.x0, box.x1, box.y1, box.y0)
    image = axes.imshow(colors, extent=extent, interpolation='bilinear', aspect='auto', zorder=patch.zorder)
    image.set_clip_path(patch)
    return image
