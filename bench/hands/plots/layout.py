"""Where the shapes of a plot go. All lengths are shares of the picture's shorter side."""

import math


class NoRoom(Exception):
    """The shapes do not fit as they were to lie."""


def place(halves, habit, size, least, rng):
    """Places shapes.

    halves : [(half width, half height)] of each shape, for a radius of 1
    size : (width, height) of the area
    least : smaller radii become this one
    returns : [(x, y, radius)]
    """
    for _ in range(80 if halves else 0):
        spots = HABITS[habit](halves, size, rng)
        spots = [(x, y, max(radius, least)) for x, y, radius in spots]
        if is_clear(spots, halves, size, habit):
            return spots
    if halves:
        raise NoRoom(habit)
    return []


def radii_of(count, rng):
    if count == 1:
        return [rng.uniform(0.05, 0.4)]
    common = rng.uniform(0.07, {2: 0.26, 3: 0.2, 4: 0.17, 5: 0.14, 6: 0.12}[count])
    return [max(0.05, common * rng.uniform(0.55, 1.35)) for _ in range(count)]


def loose(halves, size, rng):
    """Anywhere, then pushed apart and off the edges."""
    radii = radii_of(len(halves), rng)
    spots = [[rng.uniform(0, size[0]), rng.uniform(0, size[1]), radius] for radius in radii]
    for _ in range(40):
        for i, one in enumerate(spots):
            for other in spots[:i]:
                dx, dy = one[0] - other[0], one[1] - other[1]
                distance = math.hypot(dx, dy) or 1e-6
                push = (one[2] + other[2]) * 1.25 - distance
                if push > 0:
                    for spot, sign in ((one, 1), (other, -1)):
                        spot[0] += sign * push * dx / distance / 2
                        spot[1] += sign * push * dy / distance / 2
            for axis in (0, 1):
                margin = one[2] * halves[i][axis] * 1.06 + 0.01
                one[axis] = min(max(one[axis], margin), size[axis] - margin)
    return [tuple(spot) for spot in spots]


def around(halves, size, rng):
    """On a circle about the middle, or one in the middle and the others around it."""
    count = len(halves)
    radii = radii_of(count, rng)
    start = rng.uniform(0, 2 * math.pi)
    reach = rng.uniform(0.26, 0.36)
    middle = count > 3
    spots = []
    for i, radius in enumerate(radii):
        angle = start + 2 * math.pi * i / max(1, count - middle)
        far = 0 if middle and i == count - 1 else reach
        x = size[0] / 2 + far * math.cos(angle) * min(size[0], 1.6)
        spots.append((x, size[1] / 2 + far * math.sin(angle) * min(size[1], 1.6), radius))
    return spots


def stairs(halves, size, rng):
    count = len(halves)
    radii = radii_of(count, rng)
    up = rng.random() < 0.5
    spots = []
    for i, radius in enumerate(radii):
        share = (i + 0.6) / (count + 0.2)
        spots.append((share * size[0], (share if up else 1 - share) * size[1], radius))
    return spots


def shelf(halves, size, rng):
    """Side by side on one line that they stand on."""
    count = len(halves)
    radii = radii_of(count, rng)
    ground = rng.uniform(0.35, 0.9) * size[1]
    x = rng.uniform(0.02, 0.25) * size[0]
    gap = rng.uniform(0.04, 0.15) * size[0]
    spots = []
    for (half_width, half_height), radius in zip(halves, radii):
        spots.append((x + half_width * radius, ground - half_height * radius, radius))
        x += 2 * half_width * radius + gap
    return spots


def tower(halves, size, rng):
    """One upon the other."""
    radii = radii_of(len(halves), rng)
    x = rng.uniform(0.25, 0.75) * size[0]
    y = size[1] * rng.uniform(0.8, 0.95)
    spots = []
    for (_, half_height), radius in zip(halves, radii):
        spots.append((x, y - half_height * radius, radius))
        y -= 2 * half_height * radius + 0.004
    return spots


def layered(halves, size, rng):
    """The second over an edge of the first, the others apart."""
    spots = loose(halves, size, rng)
    if len(spots) > 1:
        (x, y, radius), (_, _, other) = spots[0], spots[1]
        angle = rng.uniform(0, 2 * math.pi)
        inner = [h * radius + k * other for h, k in zip(halves[0], halves[1])]
        x += inner[0] * rng.uniform(0.84, 0.94) * math.cos(angle)
        y += inner[1] * rng.uniform(0.84, 0.94) * math.sin(angle)
        spots[1] = (x, y, other)
    return spots


def cut(halves, size, rng):
    """The first a little over an edge of the picture."""
    spots = loose(halves, size, rng)
    x, y, radius = spots[0]
    side = rng.integers(4)
    inside = [half * radius * rng.uniform(0.72, 0.85) for half in halves[0]]
    x = {0: inside[0], 1: size[0] - inside[0]}.get(side, x)
    y = {2: inside[1], 3: size[1] - inside[1]}.get(side, y)
    return [(x, y, radius), *spots[1:]]


HABITS = {
    habit.__name__: habit for habit in (loose, around, stairs, shelf, tower, layered, cut)
}  # fmt: skip


def is_clear(spots, halves, size, habit):
    for i, ((x, y, radius), (half_width, half_height)) in enumerate(zip(spots, halves)):
        over = 0.32 if habit == 'cut' and i == 0 else 0
        inside = [half * radius * (1 - over) for half in (half_width, half_height)]
        if not inside[0] <= x <= size[0] - inside[0] or not inside[1] <= y <= size[1] - inside[1]:
            return False
        for k, (other_x, other_y, other) in enumerate(spots[:i]):
            gap = 0.004 if habit == 'tower' else 0.025
            if habit == 'layered' and (k, i) == (0, 1):
                if radius > 1.1 * other:
                    return False  # it would cover too much
                continue
            reach = half_width * radius + halves[k][0] * other + gap
            height = half_height * radius + halves[k][1] * other + gap * 0.9
            if abs(x - other_x) < reach and abs(y - other_y) < height:
                return False
    return True
