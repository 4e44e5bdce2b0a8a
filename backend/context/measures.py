"""What the ground's sums show, and how far that can be trusted."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from backend.context.footfall import ENOUGH_PLACES, FULL, POINTS
from backend.context.schemas import AmountUnit, Confidence, Measure, Reason
from backend.geo.ground.tags import DISTANCE, MEASURED, PLACES, ROADS
from backend.geo.hexagons import COARSEST, Cells, Floats, measure_km2, parents
from backend.maps.palette import STEPS

_SHARE = 100.0
_M2_OF_KM2 = 1e-6
_WELL_TAGGED = 0.5
_FIGURES = 2
_MEASURED_IN: tuple[AmountUnit, ...] = ("m2", "km2", "km")
"""As the names of columns end."""


def _sum(*columns: str) -> dict[str, float]:
    return dict.fromkeys(columns, 1.0)


_HOMES = ("houses", "apartments")
_STREETS = tuple(dict.fromkeys(one for one in ROADS.values() if one != "path_km"))
OSM_MEASURES = (
    Measure(key="buildings", unit="per_km2", top=_sum("buildings"), amount="buildings"),
    Measure(
        key="built_share", unit="percent", top=_sum("footprint_m2"), factor=_SHARE * _M2_OF_KM2,
        most=_SHARE,
    ),
    Measure(key="floor_ratio", unit="ratio", top=_sum("floor_m2"), factor=_M2_OF_KM2),
    Measure(
        key="residential_share", unit="percent", top=_sum("residential_km2"), factor=_SHARE,
        most=_SHARE,
    ),
    Measure(
        key="apartments_share", unit="percent", top=_sum("apartments"), bottom=_sum(*_HOMES),
        factor=_SHARE,
    ),
    Measure(
        key="tag_coverage", unit="percent", top=_sum("typed_buildings"), bottom=_sum("buildings"),
        factor=_SHARE,
    ),
    Measure(key="roads", unit="km_per_km2", top=_sum(*_STREETS)),
    Measure(key="main_roads", unit="km_per_km2", top=_sum("motorway_km", "primary_km")),
    Measure(
        key="intersections", unit="per_km2", top=_sum("intersections"), amount="intersections"
    ),
    Measure(key="primary_m", unit="metres", top=_sum(DISTANCE), bottom=_sum(MEASURED)),
    Measure(key="places", unit="per_km2", top=_sum(*PLACES)),
    Measure(key="shops", unit="per_km2", top=_sum("poi_shop", "poi_magnet", "poi_market")),
    Measure(key="food", unit="per_km2", top=_sum("poi_food"), amount="poi_food"),
    Measure(key="stops", unit="per_km2", top=_sum("stops", "stations")),
    Measure(key="footfall", unit="index", top=POINTS, most=_SHARE, log_of=FULL),
)  # fmt: skip


def values_of(measure: Measure, amounts: Mapping[str, Floats], km2: Floats) -> Floats:
    """Return the measure of places with such sums and so much ground; NaN where it has none."""
    top = _weighted(measure.top, amounts, len(km2))
    below = km2 if measure.bottom is None else _weighted(measure.bottom, amounts, len(km2))
    found = np.full(len(km2), np.nan)
    np.divide(top * measure.factor, below, out=found, where=below > 0)
    if measure.log_of is not None:
        found = _SHARE * np.log1p(found) / np.log1p(measure.log_of)
    return found if measure.most is None else np.minimum(found, measure.most)


def columns_of(measure: Measure) -> tuple[str, ...]:
    """Return the columns that a measure is made of."""
    extra = [measure.amount] if measure.amount else []
    return tuple(dict.fromkeys([*measure.top, *(measure.bottom or ()), *extra]))


def amount_unit_of(measure: Measure) -> AmountUnit | None:
    """Return what a measure's sum is counted in; None for a rate, whose sum means nothing."""
    if measure.bottom is not None:
        return None
    if measure.log_of is not None:
        return "points"
    # Own columns are called as people like.
    ends = {one.rpartition("_")[2] for one in measure.top} if measure.label is None else set()
    for unit in _MEASURED_IN:
        if ends == {unit}:
            return unit
    return "count"


def is_drawn(measure: Measure, values: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which cells have a colour: where a share is of something, none of it is one, too."""
    return np.isfinite(values) & ((values > 0) | (measure.bottom is not None))


def roll_up(cells: Cells, values: Floats, resolution: int) -> tuple[Cells, Floats]:
    """Return the coarser cells in rising order with the sums of all their own."""
    coarse, inverse = np.unique(parents(cells, resolution), return_inverse=True)
    sums = np.zeros((len(coarse), values.shape[1]))
    np.add.at(sums, inverse, values)
    return coarse, sums


def with_limits(
    measures: Sequence[Measure],
    columns: Sequence[str],
    resolution: int,
    cells: Cells,
    values: Floats,
) -> tuple[Measure, ...]:
    """Return the measures with classes of as many cells each, of every resolution to be shown."""
    limits: dict[str, dict[str, tuple[float, ...]]] = {one.key: {} for one in measures}
    for level in range(resolution, COARSEST - 1, -1):
        cells, values = roll_up(cells, values, level)
        amounts = {name: values[:, at] for at, name in enumerate(columns)}
        km2 = measure_km2(cells.tolist())
        for one in measures:
            found = values_of(one, amounts, km2)
            limits[one.key][str(level)] = _quantiles(found[is_drawn(one, found)])
    return tuple(msgspec.structs.replace(one, limits=limits[one.key]) for one in measures)


def class_of(values: Floats, limits: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the class of each value; what lies below all is in the first."""
    return np.maximum(np.searchsorted(np.array(limits), values, side="right") - 1, 0)


def judge(measure: Measure, sums: Mapping[str, float]) -> tuple[Confidence, tuple[Reason, ...]]:
    """Return how far a measure of OpenStreetMap can be trusted where there is so much of it."""
    if measure.key not in _JUDGED:
        return measure.confidence, measure.reasons
    reasons = _JUDGED[measure.key]
    told: list[Reason] = [*reasons]
    buildings = sums.get("buildings", 0)
    is_mapped = buildings > 0 or any(sums.get(one, 0) > 0 for one in _STREETS)
    if not is_mapped:
        return "low", ("nothing_mapped",)
    if measure.key in _BY_TYPE and sums.get("typed_buildings", 0) < _WELL_TAGGED * buildings:
        return "low", (*told, "few_types")
    if measure.key == "floor_ratio" and sums.get("levelled_buildings", 0) < (
        _WELL_TAGGED * buildings
    ):
        return "low", (*told, "few_storeys")
    if measure.key == "footfall":
        return _judge_footfall(sums)
    is_plain = measure.key in _BY_TYPE or measure.key == "floor_ratio" or bool(told)
    return ("medium" if is_plain else "high"), tuple(told)


def _judge_footfall(sums: Mapping[str, float]) -> tuple[Confidence, tuple[Reason, ...]]:
    told: list[Reason] = ["never_counted"]
    if sum(sums.get(one, 0) for one in PLACES) < ENOUGH_PLACES:
        told.append("few_places")
    if not sums.get("stops", 0) + sums.get("stations", 0):
        told.append("no_stops")
    return ("medium" if len(told) == 1 else "low"), tuple(told)


_BY_TYPE = frozenset({"residential_share", "apartments_share"})
_DIFFERS: tuple[Reason, ...] = ("mapping_differs",)
_JUDGED: Mapping[str, tuple[Reason, ...]] = {
    "buildings": (), "built_share": (), "floor_ratio": (), "residential_share": (),
    "apartments_share": (), "tag_coverage": (), "roads": (), "main_roads": (),
    "intersections": (), "primary_m": ("straight_line",), "places": _DIFFERS, "shops": _DIFFERS,
    "food": _DIFFERS, "stops": _DIFFERS, "footfall": ("never_counted",),
}  # fmt: skip


def _weighted(weights: Mapping[str, float], amounts: Mapping[str, Floats], count: int) -> Floats:
    total = np.zeros(count)
    for name, weight in weights.items():
        total += weight * amounts[name]
    return total


def _quantiles(values: Floats) -> tuple[float, ...]:
    """Return the lower ends of classes of as many values each, in few digits, the first exact."""
    if not len(values):
        return ()
    ends = np.quantile(values, np.arange(1, len(STEPS)) / len(STEPS))
    rounded = [float(f"{one:.{_FIGURES}g}") for one in ends]
    first, last = float(values.min()), float(values.max())
    return tuple(dict.fromkeys([first, *(one for one in rounded if first < one <= last)]))
