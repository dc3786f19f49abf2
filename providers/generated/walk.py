"""Prices that wander: a random path that can be asked for at any minute, so that today and a year ago agree.

A path is a sum of noises of growing period and, like a random walk, of an amplitude that grows with the square root of
the period. Each noise is a line between random values at the multiples of its period. The same seed gives the same
paths for ever.
"""

from collections.abc import Sequence
from math import sqrt
from random import Random

DAY = 1440
TABLE_BITS = 16
MASK = (1 << TABLE_BITS) - 1
SHIFTS = (0, 3, 6, 9, 12, 15, 18)
"""Periods of the noises in minutes, as powers of two: from one minute to half a year."""

OCTAVES = tuple((shift, (1 << shift) - 1, 1 / (1 << shift), sqrt((1 << shift) / DAY)) for shift in SHIFTS)


class Walk:
    """Random paths in log price. A path is known by a whole number, its key."""

    def __init__(self, seed: int) -> None:
        chance = Random(f"walk/{seed}")
        self._table: Sequence[float] = [chance.gauss() for _ in range(MASK + 1)]

    def at(self, key: int, minute: int) -> float:
        """The path's height at a minute since the epoch, in units of its own daily volatility."""
        table = self._table
        height = 0.0
        for shift, mask, scale, amplitude in OCTAVES:
            place = (minute >> shift) * 40503 + key * 48271 + shift * 7919
            left = table[(place ^ place >> TABLE_BITS) & MASK]
            place += 40503
            right = table[(place ^ place >> TABLE_BITS) & MASK]
            height += amplitude * (left + (right - left) * (minute & mask) * scale)
        return height
