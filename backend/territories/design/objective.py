"""What a scenario minimises: spread, changes, and what goes beyond tolerances and limits.

Everything is in shares of a whole: the objective of discs that keep their tolerances is 1.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from backend.territories.design.ground import Floats, Ground
from backend.territories.design.plan import Effort, Prices

UNEVEN_PRICE = 200.0
"""For all of the load, where it goes beyond the tolerances of the territories."""

LIMIT_PRICE = 1000.0
"""The same beyond limits, which are to hold before anything else."""


class Band(msgspec.Struct, frozen=True):
    """A convex price of a territory's share of a measure: free from `least` to `most`."""

    measure: int
    territory: int
    least: float
    most: float
    price: float

    def cost(self, share: float) -> float:
        """Return what a share costs."""
        return self.price * max(self.least - share, share - self.most, 0.0)


class Objective:
    """A scenario's objective over a ground."""

    def __init__(self, ground: Ground, effort: Effort) -> None:
        self.ground = ground
        self.effort = effort
        self.travel = ground.travel_from(effort.centres)
        self.costs = self._costs()
        self.bands = tuple(_bands(ground, effort.tolerances))

    def _costs(self) -> Floats:
        """Return what each unit costs in each territory, inf where it may not be."""
        ground = self.ground
        costs = ground.spread(self.travel)
        former = ground.problem.former
        if former is not None and self.effort.change_price > 0:
            for unit, territory in enumerate(former):
                if territory is not None:
                    changed = self.effort.change_price * ground.base[unit]
                    costs[unit] += changed
                    costs[unit, territory] -= changed
        for index, one in enumerate(ground.problem.territories):
            costs[list(one.forbidden), index] = np.inf
        for index in range(ground.size):
            for unit in ground.problem.anchors(index):
                kept = costs[unit, index]
                costs[unit] = np.inf
                costs[unit, index] = kept
        return costs

    def value(self, assignment: Sequence[int]) -> float:
        """Return the objective of an assignment."""
        labels = np.asarray(assignment)
        own = self.costs[np.arange(self.ground.count), labels]
        shares = shares_of(self.ground, labels)
        uneven = (band.cost(float(shares[band.territory, band.measure])) for band in self.bands)
        return float(own.sum()) + math.fsum(uneven)

    def bound(self, prices: Prices) -> float:
        """Return what no assignment costs less than, contiguous or not (Lagrangian duality).

        With the loads charged by prices, each unit may go where it is cheapest by itself, and each
        band may be filled as is best for it: neither can be dearer than in any real assignment.
        """
        charges, ground = np.array(prices.charges), self.ground
        dearer = self.costs + ground.shares @ charges
        total = float(dearer.min(axis=1).sum())
        for territory in range(ground.size):
            for measure in range(charges.shape[0]):
                bands = [
                    one
                    for one in self.bands
                    if (one.territory, one.measure) == (territory, measure)
                ]
                total += _cheapest(bands, float(charges[measure, territory]))
        return total


def shares_of(ground: Ground, labels: Sequence[int] | np.ndarray) -> Floats:
    """Return each territory's share of each measure, (territories, measures)."""
    shares = np.zeros((ground.size, ground.shares.shape[1]))
    np.add.at(shares, np.asarray(labels), ground.shares)
    return shares


def _bands(ground: Ground, tolerances: Sequence[float]) -> list[Band]:
    bands: list[Band] = []
    measures = ground.problem.measures
    heaviest = max(one.weight for one in measures)
    for index, territory in enumerate(ground.problem.territories):
        target = float(ground.targets[index])
        for measure, (named, tolerance) in enumerate(zip(measures, tolerances, strict=True)):
            if named.weight > 0 and ground.problem.total(measure) > 0:
                least, most = target * (1 - tolerance), target * (1 + tolerance)
                price = UNEVEN_PRICE * named.weight / heaviest
                bands.append(Band(measure, index, least, most, price))
        for limit in territory.limits:
            total = ground.problem.total(limit.measure)
            if total > 0:
                most = math.inf if limit.most is None else limit.most / total
                bands.append(Band(limit.measure, index, limit.least / total, most, LIMIT_PRICE))
    return bands


def _cheapest(bands: Sequence[Band], charge: float) -> float:
    """Return the least of what the bands cost less the charge, over all shares from 0 to 1."""
    corners = {0.0, 1.0}
    for one in bands:
        corners |= {edge for edge in (one.least, one.most) if edge < 1}
    return min(math.fsum(one.cost(at) for one in bands) - charge * at for at in corners)
