"""The figures of an assignment."""

import math
from collections.abc import Sequence

import numpy as np

from backend.territories.design.ground import Floats, Ground, pieces_of
from backend.territories.design.objective import LIMIT_PRICE, Objective, shares_of
from backend.territories.design.plan import (
    BrokenRule,
    Figures,
    Split,
    TerritoryFigures,
)

_SLACK = 1e-9


def figures_of(objective: Objective, assignment: Sequence[int]) -> Figures:
    """Return all figures of a design."""
    ground = objective.ground
    labels = np.asarray(assignment)
    territories = tuple(_territories(ground, labels))
    counted = [index for index, one in enumerate(ground.problem.measures) if one.weight > 0]
    deviation = max(
        (abs(one.deviations[measure]) for one in territories for measure in counted), default=0.0
    )
    moved = np.zeros(ground.count, dtype=bool)
    for unit, had in enumerate(ground.problem.former or ()):
        moved[unit] = had is not None and had != labels[unit]
    return Figures(
        territories=territories,
        deviation=deviation,
        compactness=math.fsum(one.compactness for one in territories) / ground.size,
        least_compactness=min(one.compactness for one in territories),
        moved=tuple(ground.shares[moved].sum(axis=0).tolist()),
        moved_units=int(moved.sum()),
        travel=_mean_travel(ground, objective.travel, labels),
        cost=objective.value(assignment),
    )


def splits_of(ground: Ground, assignment: Sequence[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Return the pieces beside each territory's main one, which has most of its anchors."""
    found: list[tuple[int, tuple[int, ...]]] = []
    for territory in range(ground.size):
        units = {unit for unit, one in enumerate(assignment) if one == territory}
        anchors = set(ground.problem.anchors(territory))
        pieces = pieces_of(ground.ways, units)
        pieces.sort(
            key=lambda piece: (
                -len(anchors.intersection(piece)),
                -float(ground.weights[piece].sum()),
                piece[0],
            )
        )
        found += [(territory, tuple(piece)) for piece in pieces[1:]]
    return found


def told_splits(
    splits: Sequence[tuple[int, tuple[int, ...]]], *, is_proven: bool
) -> tuple[Split, ...]:
    """Return the splits as they are told."""
    return tuple(Split(territory, units, is_proven) for territory, units in splits)


def broken_rules(objective: Objective, assignment: Sequence[int]) -> tuple[BrokenRule, ...]:
    """Return the limits that an assignment does not keep."""
    ground = objective.ground
    shares = shares_of(ground, assignment)
    told: list[BrokenRule] = []
    for band in objective.bands:
        share = float(shares[band.territory, band.measure])
        if band.price != LIMIT_PRICE or band.cost(share) <= _SLACK * LIMIT_PRICE:
            continue
        total = ground.problem.total(band.measure)
        edge = band.least if share < band.least else band.most
        word = "at least" if share < band.least else "at most"
        told.append(
            BrokenRule(
                band.territory,
                band.measure,
                f"{ground.problem.territories[band.territory].key} has {share * total:g} of "
                f"{ground.problem.measures[band.measure].name}, and shall have {word} "
                f"{edge * total:g}.",
            )
        )
    return tuple(told)


def _territories(ground: Ground, labels: np.ndarray) -> list[TerritoryFigures]:
    problem = ground.problem
    areas, outlines = np.zeros(ground.size), np.zeros(ground.size)
    for unit, label in zip(problem.units, labels, strict=True):
        areas[label] += unit.area_m2
        outlines[label] += unit.perimeter_m
    for border in problem.borders:
        if labels[border.first] == labels[border.second]:
            outlines[labels[border.first]] -= 2 * border.length_m
    shares = shares_of(ground, labels)
    totals = np.array([problem.total(measure) for measure in range(len(problem.measures))])
    told: list[TerritoryFigures] = []
    for index in range(ground.size):
        units = set(np.flatnonzero(labels == index).tolist())
        deviations = np.where(totals > 0, shares[index] / ground.targets[index] - 1, 0.0)
        told.append(
            TerritoryFigures(
                units=len(units),
                loads=tuple((shares[index] * totals).tolist()),
                deviations=tuple(deviations.tolist()),
                compactness=_compactness(float(areas[index]), float(outlines[index])),
                pieces=len(pieces_of(ground.ways, units)),
            )
        )
    return told


def _compactness(area_m2: float, outline_m: float) -> float:
    """Return the area by that of a disc with the same outline (Polsby and Popper, 1991)."""
    return 4 * math.pi * area_m2 / outline_m**2 if outline_m > 0 else 0.0


def _mean_travel(ground: Ground, travel: Floats, labels: np.ndarray) -> float:
    weights = ground.base if ground.base.sum() > 0 else ground.weights
    own = travel[np.arange(ground.count), labels]
    return float((own * weights).sum() / weights.sum())
