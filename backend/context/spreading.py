"""Figures of outlines, places and hexagons spread over one grid of hexagons; counts lose nothing.

A count (people, households) is shared out by how much of an outline lies in each hexagon. A rate
(a mean income, a share) holds wherever its outline is: a hexagon has the mean of the rates that
reach into it, each weighted by how much of it it covers. Both are kept as sums.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import h3.api.basic_int as h3
import numpy as np
import shapely

from backend.context.own_schemas import How
from backend.context.schemas import Measure, Reason
from backend.geo.hexagons import Cells, Floats, cell_of, cover_cells, resolution_of, spread_area

_WEIGHT = " #weight"


def columns_of_own(measures: Mapping[str, How]) -> tuple[str, ...]:
    """Return a column each, and one more for what a rate is weighted by."""
    columns: list[str] = []
    for name, how in measures.items():
        columns += [name] if how == "count" else [name, name + _WEIGHT]
    return tuple(columns)


def measures_of_own(measures: Mapping[str, How], *, is_spread: bool) -> tuple[Measure, ...]:
    """Return what the columns show: counts by km², rates as they are."""
    reasons: tuple[Reason, ...] = (
        ("as_uploaded", "spread_evenly") if is_spread else ("as_uploaded",)
    )
    return tuple(
        Measure(key=name, label=name, unit="per_km2", top={name: 1.0}, amount=name, reasons=reasons)
        if how == "count"
        else Measure(
            key=name, label=name, unit="as_told", top={name: 1.0}, bottom={name + _WEIGHT: 1.0},
            reasons=reasons,
        )
        for name, how in measures.items()
    )  # fmt: skip


class Grid:
    """Sums of hexagons while a file is spread over them."""

    def __init__(self, measures: Mapping[str, How], resolution: int) -> None:
        self.resolution = resolution
        self._measures = measures
        self._columns = columns_of_own(measures)
        self._rows: dict[int, list[float]] = defaultdict(lambda: [0.0] * len(self._columns))

    def add_area(self, area: shapely.MultiPolygon, values: Mapping[str, float]) -> None:
        """Spread an outline's figures over the hexagons that it touches."""
        parts, covered = spread_area(area, self.resolution), cover_cells(area, self.resolution)
        self._add(parts.cells.tolist(), parts.shares.tolist(), values, "count")
        self._add(covered.cells.tolist(), covered.shares.tolist(), values, "rate")

    def add_place(self, lon: float, lat: float, values: Mapping[str, float]) -> None:
        """Add a place's figures to its hexagon; a rate is a mean of places."""
        self._add_whole([cell_of(lon, lat, self.resolution)], values)

    def add_cell(self, cell: int, values: Mapping[str, float]) -> None:
        """Add a hexagon's figures: to its coarser one, or shared out among its finer ones."""
        level = resolution_of(cell)
        if level >= self.resolution:
            self._add_whole([int(h3.cell_to_parent(cell, self.resolution))], values)
        else:
            self._add_whole(
                [int(one) for one in h3.cell_to_children(cell, self.resolution)], values
            )

    def finish(self) -> tuple[Cells, Floats]:
        """Return the hexagons in rising order with their sums."""
        cells = np.array(sorted(self._rows), dtype=np.int64)
        values = np.array([self._rows[one] for one in cells.tolist()], dtype=np.float64)
        return cells, values.reshape(len(cells), len(self._columns))

    def _add_whole(self, cells: Sequence[int], values: Mapping[str, float]) -> None:
        self._add(cells, [1 / len(cells)] * len(cells), values, "count")
        self._add(cells, [1.0] * len(cells), values, "rate")

    def _add(
        self, cells: Sequence[int], shares: Sequence[float], values: Mapping[str, float], how: How
    ) -> None:
        at = 0
        for name, kind in self._measures.items():
            value = values.get(name, math.nan)
            if kind == how and math.isfinite(value):
                for cell, share in zip(cells, shares, strict=True):
                    row = self._rows[cell]
                    row[at] += value * share
                    if kind == "rate":
                        row[at + 1] += share
            at += 1 if kind == "count" else 2
