"""How soon a bridge comes near its final accuracy."""

SHARES = (0.9, 0.95)
FEWEST = 20  # questions of a category on the way; fewer say too little


def reached(curve, final, asked):
    """
    Samples and seconds after which a share of the final accuracy was reached, by category: the first of the measurements that
    reach it twice in a row, as one alone may be lucky (the last has none after it). None: not on the way, or asked too seldom.
    """
    result = {}
    for category, accuracy in final.items():
        places = {f'{share:g}': first(curve, category, share * accuracy) for share in SHARES}
        enough = asked.get(category, 0) >= FEWEST
        result[category] = {share: place if enough else None for share, place in places.items()}
    return result


def first(curve, category, wanted):
    holds = [row['answers'].get(category, 0) >= wanted for row in curve]
    for row, *two in zip(curve, holds, [*holds[1:], True]):
        if all(two):
            return {'samples': row['samples'], 'seconds': row['seconds']}
    return None
