"""Two numbers of many: how much of an order was kept, and a percentile. Pure."""

from bisect import bisect_left
from collections.abc import Sequence


def longest_in_order(sequences: Sequence[int]) -> int:
    """Return how many visits kept to the planned order: the longest rising run, gaps allowed."""
    ends: list[int] = []
    for one in sequences:
        at = bisect_left(ends, one)
        ends[at : at + 1] = [one]
    return len(ends)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share lies at or below, between neighbours by line."""
    if not values:
        return None
    ranked = sorted(values)
    at = share * (len(ranked) - 1)
    low = int(at)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (at - low)
