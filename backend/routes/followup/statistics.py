"""What is made of many: how much of an order was kept, a percentile, groups. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence


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


def grouped[K: Hashable, S](items: Iterable[S], key: Callable[[S], K]) -> dict[K, list[S]]:
    """Return the items by their key, in their order."""
    groups: dict[K, list[S]] = {}
    for one in items:
        groups.setdefault(key(one), []).append(one)
    return groups
