"""Classes of buyers by their scores of recency, frequency and monetary value (RFM), 1 to 5 each.

Worth is the mean of frequency and monetary value, rounded up at a half:

| recency   | worth 1, 2                  | worth 3   | worth 4, 5 |
|-----------|-----------------------------|-----------|------------|
| 4, 5      | new (frequency 1), promising | loyal     | champion   |
| 3         | promising                   | promising | loyal      |
| 1, 2      | asleep                      | at_risk   | at_risk    |
"""

from collections.abc import Iterator
from itertools import product
from typing import Literal, NamedTuple

type RfmClass = Literal["champion", "loyal", "promising", "new", "at_risk", "asleep"]

SCORES = range(1, 6)
"""Fifths of the buyers: 5 is the best."""
_RECENT, _MIDDLE = 4, 3
_WORTHY, _FAIR = 4, 3


class Scored(NamedTuple):
    """One way to be scored, with the class that follows."""

    recency: int
    frequency: int
    monetary: int
    rfm_class: RfmClass


def class_of(recency: int, frequency: int, monetary: int) -> RfmClass:
    """Return the class of a buyer's scores."""
    worth = (frequency + monetary + 1) // 2
    if recency < _MIDDLE:
        return "at_risk" if worth >= _FAIR else "asleep"
    if recency < _RECENT:
        return "loyal" if worth >= _WORTHY else "promising"
    if worth >= _WORTHY:
        return "champion"
    if worth >= _FAIR:
        return "loyal"
    return "new" if frequency == 1 else "promising"


def all_classes() -> Iterator[Scored]:
    """Yield every way to be scored."""
    for scores in product(SCORES, SCORES, SCORES):
        yield Scored(*scores, class_of(*scores))
