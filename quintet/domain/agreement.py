"""How far two raters agree on levels: the share of equal ratings, and kappa. Plain Python, exact."""

from collections.abc import Iterable
from fractions import Fraction

from un20portal.lib.ratios import share

Pairs = Iterable[tuple[int, int]]  # the levels that the first and the second rater gave one item


def exact_match(pairs: Pairs) -> Fraction | None:
    """Return how many pairs are equal, in per cent; None for no pair."""
    pairs = list(pairs)
    return share(sum(first == second for first, second in pairs), len(pairs))


def quadratic_kappa(pairs: Pairs) -> Fraction | None:
    """Return Cohen's kappa with quadratic weights: 1 for full agreement, 0 for what chance alone gives.

    1 − observed / expected, both as the mean squared difference: of the pairs as they are, and of every
    first with every second rating (J. Cohen, Psychological Bulletin 70, 1968, 213-220). The number of
    levels of the scale cancels out. None where it is undefined: no pair, or all ratings one level.
    """
    pairs = list(pairs)
    if not pairs:
        return None
    observed = Fraction(sum((first - second) ** 2 for first, second in pairs), len(pairs))
    # every first with every second rating, without going through all of these pairs
    n, firsts, seconds = len(pairs), [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    squares = n * sum(level**2 for level in firsts + seconds) - 2 * sum(firsts) * sum(seconds)
    expected = Fraction(squares, len(pairs) ** 2)
    return 1 - observed / expected if expected else None
