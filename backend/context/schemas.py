"""What is kept and told of the ground."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.maps.schemas import LegendClass

type Kind = Literal["osm", "own"]
type Confidence = Literal["high", "medium", "low", "source"]
"""How far a number can be trusted; `source`: as far as who made the file."""
type Reason = Literal[
    "few_types", "few_storeys", "mapping_differs", "straight_line", "never_counted", "few_places",
    "no_stops", "nothing_mapped", "as_uploaded", "spread_evenly",
]  # fmt: skip
"""Why a number is not to be trusted more."""
type AmountUnit = Literal["count", "m2", "km2", "km", "points"]
"""What a sum is counted in."""
type Unit = Literal["per_km2", "percent", "ratio", "km_per_km2", "metres", "index", "as_told"]


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How a layer's sums become a number that is shown: weighted sums by sums, or by km².

    `limits` are the lower ends of the classes by resolution: as many cells in each.
    """

    key: str
    label: str | None = None
    """A name as somebody gave it; None for what the page has words for."""
    unit: Unit
    top: Mapping[str, float]
    bottom: Mapping[str, float] | None = None
    """None: by km²."""
    factor: float = 1.0
    most: float | None = None
    log_of: float | None = None
    """An index: 0 where there is nothing, 100 from this many points a km² on."""
    amount: str | None = None
    """The column that is told beside it, where the number is of one."""
    confidence: Confidence = "source"
    reasons: tuple[Reason, ...] = ()
    limits: Mapping[str, tuple[float, ...]] = {}


class LayerMade(msgspec.Struct, frozen=True, kw_only=True):
    """Where a layer comes from and what it has, without its cells."""

    name: str
    kind: Kind
    source: str
    licence: str
    vintage: str
    resolution: int
    columns: tuple[str, ...]
    measures: tuple[Measure, ...]
    bounds: tuple[float, float, float, float]
    cells: int


class StoredLayer(LayerMade, frozen=True, kw_only=True):
    """A layer that is kept."""

    id: UUID
    made_at: datetime


class MeasureRead(msgspec.Struct, frozen=True):
    """What a layer can show: `label` is a name to show as it is, None for one of the page's."""

    key: str
    label: str | None
    unit: Unit
    amount_unit: AmountUnit | None
    """Of the sum behind it, which stores can share as demand; None for a rate, which has none."""
    confidence: Confidence
    reasons: list[Reason]


class LayerRead(msgspec.Struct, frozen=True):
    """A context layer: what it shows, and who made it of what age under which licence."""

    id: UUID
    name: str
    kind: Kind
    source: str
    licence: str
    vintage: str
    resolution: int
    """Of its hexagons, as H3 counts: 9 has 0.1 km², each coarser one seven times as much."""
    cells: int
    bounds: list[float]
    made_at: datetime
    measures: list[MeasureRead]


class CellRead(msgspec.Struct, frozen=True):
    """A hexagon: its number, the sum behind it where there is one, and which class it is in."""

    cell: str
    value: float
    amount: float | None
    class_index: int
    boundary: list[list[float]]


class CellsRead(msgspec.Struct, frozen=True):
    """A part of the map by one measure of a layer, with the legend."""

    layer_id: UUID
    measure: MeasureRead
    resolution: int
    source: str
    licence: str
    vintage: str
    classes: list[LegendClass]
    cells: list[CellRead]


class Figure(msgspec.Struct, frozen=True):
    """A measure of an area; None where the ground tells nothing of it."""

    key: str
    label: str | None
    unit: Unit
    value: float | None
    amount: float | None
    confidence: Confidence
    reasons: list[Reason]


class GroundRead(msgspec.Struct, frozen=True):
    """What one layer tells of an area.

    Hexagons at the area's edge count by the share of them that lies in it, as if all that they
    hold were spread evenly.
    """

    layer_id: UUID
    name: str
    kind: Kind
    source: str
    licence: str
    vintage: str
    resolution: int
    """Of the hexagons that were summed."""
    area_km2: float
    known_share: float
    """Of the area, how much lies in hexagons in which there is anything."""
    figures: list[Figure]
    amounts: dict[str, float]
    """The sums of all columns: buildings, m², km of roads by class, places by group."""
