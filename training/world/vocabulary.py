"""
The words of the demo's world: what a picture can hold, and the names that people would give it.
"""

SHAPES = ('circle', 'oval', 'square', 'rectangle', 'triangle', 'pentagon', 'hexagon', 'star', 'heart', 'cross',
          'diamond', 'arrow', 'crescent', 'ring')
DIGITS = tuple('0123456789')
THINGS = ('cat', 'dog', 'fish', 'bird', 'butterfly', 'apple', 'banana', 'strawberry', 'grapes', 'watermelon', 'carrot',
          'mushroom', 'sunflower', 'cactus', 'tree', 'umbrella', 'plane', 'rocket', 'bike', 'car', 'bus', 'boat', 'cloud',
          'snowman', 'rainbow', 'fire', 'crown', 'key', 'guitar', 'ball', 'balloon', 'cake', 'pizza', 'burger', 'egg', 'frog',
          'pig', 'cow', 'rabbit', 'panda', 'penguin', 'duck', 'turtle', 'octopus', 'snail', 'ghost', 'robot', 'hammer',
          'scissors', 'pencil', 'bell', 'candle', 'bulb', 'chair', 'train', 'house', 'sun', 'cup', 'book', 'glasses', 'gift')
NOUNS = SHAPES + DIGITS + THINGS

COLORS = ('red', 'orange', 'yellow', 'green', 'turquoise', 'blue', 'purple', 'pink', 'brown', 'black', 'gray', 'white')
BACKGROUNDS = COLORS + ('beige',)

# The longer side of an object's box as a part of the picture's shorter side. Between two sizes
# people would not agree, so no question asks for it and no caption names it.
SMALL_TO, MEDIUM, LARGE_FROM = .20, (.26, .42), .50
SIZES = ('small', 'medium', 'large')
SIZE_EDGES = (.13, .165, .20, .23, .26, .335, .42, .46, .50, .65)  # bins of the written description

PLACES = ('top left', 'top', 'top right', 'left', 'center', 'right', 'bottom left', 'bottom', 'bottom right')
BINS = 12  # of either coordinate of a center, in the written description; four to a third of the side
PLACE_MARGIN = .04  # a center this close to a border between thirds is in doubt

# What the picture is: `drawing` also without any object; `other`: a photograph, a screenshot, noise.
KINDS = ('drawing', 'other')
MOST_OBJECTS = 6


def size_word(size):
    """`small`, `medium`, `large`, or None where people would not agree."""
    if size <= SMALL_TO:
        return 'small'
    if MEDIUM[0] <= size <= MEDIUM[1]:
        return 'medium'
    return 'large' if size >= LARGE_FROM else None


def size_bin(size):
    return sum(size > edge for edge in SIZE_EDGES)


def coordinate_bin(value):
    return min(BINS - 1, max(0, int(value * BINS)))


def place(x, y):
    """The number of the third-by-third cell of a center, 0 (top left) to 8."""
    return 3 * (coordinate_bin(y) * 3 // BINS) + coordinate_bin(x) * 3 // BINS


def is_place_sure(x, y):
    return all(abs(value - border) >= PLACE_MARGIN for value in (x, y) for border in (1 / 3, 2 / 3))


def nearest_size_word(bin_number):
    """What a person says who has to choose: the bins between two sizes are split in the middle."""
    return SIZES[(bin_number > 3) + (bin_number > 7)]
