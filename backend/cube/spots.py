"""What stands out: penetration without the noise of small places, and hot and cold spots.

Pure arithmetic over places and cells.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import h3
import numpy as np

from backend.cube.columns import Real
from backend.cube.schemas import Correction, SpotClass

_LEVELS = ((0.01, "99"), (0.05, "95"), (0.1, "90"))
_CLASSES: dict[str, SpotClass] = {
    "hot_99": "hot_99", "hot_95": "hot_95", "hot_90": "hot_90",
    "cold_99": "cold_99", "cold_95": "cold_95", "cold_90": "cold_90",
}  # fmt: skip


class Smoothed(NamedTuple):
    """Rates drawn to the mean of all, and how much places differ by more than chance."""

    rates: Real
    mean: float
    spread: float


def smooth(hits: Real, tries: Real) -> Smoothed:
    """Return rates by Marshall's empirical Bayes estimate (1991), with a binomial's variance.

    `tries` are all above 0. The prior's mean is the rate of all; its variance is that of the
    places' rates, weighed by their size, less what chance makes of it.
    """
    mean = float(hits.sum() / tries.sum())
    rates = hits / tries
    chance = mean * (1 - mean)
    seen = float((tries * (rates - mean) ** 2).sum() / tries.sum())
    spread = max(0.0, seen - chance / float(tries.mean()))
    kept = np.zeros(len(tries)) if spread == 0 else spread / (spread + chance / tries)
    return Smoothed(mean + kept * (rates - mean), mean, spread)


class Spots(NamedTuple):
    """For each cell its z-score, the p-values, and how many neighbours it has."""

    z: Real
    p: Real
    corrected: Real
    neighbours: list[int]


def find_spots(cells: Sequence[str], values: Real, *, rings: int, correction: Correction) -> Spots:
    """Return Getis and Ord's Gi* (1995) with weights of 1.

    A cell is its own neighbour. Only cells that are given count as neighbours. Where all values
    are alike, or all cells neighbours, nothing stands out: z is 0.
    """
    index = {cell: at for at, cell in enumerate(cells)}
    count = len(cells)
    near = [[index[one] for one in h3.grid_disk(cell, rings) if one in index] for cell in cells]
    weights = np.array([len(one) for one in near], np.float64)
    mean = float(values.mean()) if count else 0.0
    deviation = math.sqrt(float(((values - mean) ** 2).mean())) if count else 0.0
    sums = np.array([float((values[one] - mean).sum()) for one in near])
    below = deviation * np.sqrt(np.maximum(count * weights - weights**2, 0.0) / max(count - 1, 1))
    z = np.divide(sums, below, out=np.zeros(count), where=below > 0)
    p = np.array([math.erfc(abs(one) / math.sqrt(2)) for one in z.tolist()])
    return Spots(z, p, _corrected(p, correction), [len(one) - 1 for one in near])


def _corrected(p: Real, correction: Correction) -> Real:
    """Return p-values for tests made at once: Bonferroni's, or Benjamini and Hochberg's (1995)."""
    count = len(p)
    if correction == "bonferroni":
        return np.minimum(p * count, 1.0)
    if correction == "none" or not count:
        return p
    order = np.argsort(p)
    scaled = p[order] * count / np.arange(1, count + 1)
    found = np.empty(count)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def class_of(z: float, corrected: float) -> SpotClass:
    """Return what a z-score comes to: hot or cold, at which certainty."""
    side = "hot" if z > 0 else "cold"
    for level, name in _LEVELS:
        if corrected <= level:
            return _CLASSES[f"{side}_{name}"]
    return "none"
