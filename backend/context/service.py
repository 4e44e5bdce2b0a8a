"""Context layers kept, listed, drawn as hexagons and summed over an area."""

import math
from uuid import UUID

import numpy as np
import shapely
import sqlalchemy as sa

from backend.api.problems import Conflict, NotFound, malformed_field
from backend.context import repository
from backend.context.measures import (
    amount_unit_of,
    class_of,
    columns_of,
    is_drawn,
    judge,
    values_of,
    with_limits,
)
from backend.context.schemas import (
    CellRead,
    CellsRead,
    Figure,
    GroundRead,
    LayerMade,
    LayerRead,
    Measure,
    MeasureRead,
    StoredLayer,
)
from backend.geo.hexagons import (
    COARSEST,
    Cells,
    Floats,
    boundary,
    box_cells,
    cover_cells,
    descendants,
    finest_for,
    measure_km2,
    name_of,
    shapes,
)
from backend.geo.vocabulary import EARTH_RADIUS_M, Bounds
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.maps.palette import STEPS
from backend.maps.schemas import LegendClass

MOST_CELLS = 2_000
"""On a map at once: a screen's hexagons of a thumbnail's size each."""
_BOX_CELLS = 60
_AREA_CELLS = 5_000


def keep(
    connection: sa.Connection,
    org_id: OrgId,
    made: LayerMade,
    cells: Cells,
    values: Floats,
    *,
    actor: Actor | None,
) -> LayerRead:
    """Keep a layer with its cells in the caller's transaction; one of its name is replaced.

    Raise Conflict where a layer of another kind has the name.
    """
    told = with_limits(made.measures, made.columns, made.resolution, cells, values)
    ready = _described(made, told, cells)
    layer_id = repository.keep_layer(connection, org_id, ready)
    if layer_id is None:
        raise Conflict(
            f"A layer of another kind is called “{made.name}”: choose another name, or delete it.",
            code="context_name_taken",
        )
    repository.add_cells(connection, org_id, layer_id, cells, values)
    audit.record_event(
        connection, org_id, "context_layer.keep", by=actor, subject="context_layer",
        subject_id=layer_id,
        detail={"name": made.name, "source": made.source, "vintage": made.vintage,
                "cells": len(cells)},
    )  # fmt: skip
    return _told(get_layer(connection, org_id, layer_id))


def _described(made: LayerMade, measures: tuple[Measure, ...], cells: Cells) -> LayerMade:
    if len(cells) == 0:
        raise malformed_field("file", "There is nothing in it to count.", code="context_empty")
    box = shapely.total_bounds(shapes([int(one) for one in cells]))
    west, south, east, north = (round(float(one), 6) for one in box)
    return LayerMade(
        name=made.name, kind=made.kind, source=made.source, licence=made.licence,
        vintage=made.vintage, resolution=made.resolution, columns=made.columns, measures=measures,
        bounds=(west, south, east, north), cells=len(cells),
    )  # fmt: skip


def list_layers(connection: sa.Connection, org_id: OrgId) -> list[LayerRead]:
    """Return all layers of the organisation, what OpenStreetMap tells first."""
    return [_told(one) for one in repository.select_layers(connection, org_id)]


def get_layer(connection: sa.Connection, org_id: OrgId, layer_id: UUID) -> StoredLayer:
    """Return one layer; raise NotFound."""
    layer = repository.find_layer(connection, org_id, layer_id)
    if layer is None:
        raise NotFound(f"There is no context layer {layer_id}.")
    return layer


def drop_layer(connection: sa.Connection, actor: Actor, layer_id: UUID) -> None:
    """Delete a layer with its cells; raise NotFound."""
    layer = get_layer(connection, actor.org_id, layer_id)
    repository.delete_layer(connection, actor.org_id, layer_id)
    audit.record(
        connection, actor, "context_layer.delete", subject="context_layer", subject_id=layer_id,
        detail={"name": layer.name},
    )  # fmt: skip


def draw_cells(
    connection: sa.Connection,
    org_id: OrgId,
    layer_id: UUID,
    key: str,
    box: Bounds,
    *,
    resolution: int | None = None,
) -> CellsRead:
    """Return the hexagons of a box by one measure, as fine as the map can hold.

    Raise NotFound for no such layer, Malformed for a measure or a resolution that it has not.
    """
    layer = get_layer(connection, org_id, layer_id)
    measure = find_measure(layer, key)
    level = _level(layer, box, resolution)
    rough = min(level, finest_for(box_km2(box), _BOX_CELLS))
    ranges = descendants(box_cells(box, rough), layer.resolution)
    columns = columns_of(measure)
    cells, sums = repository.sum_cells(connection, org_id, layer, columns, ranges, level)
    amounts = {name: sums[:, at] for at, name in enumerate(columns)}
    values = values_of(measure, amounts, measure_km2(cells.tolist()))
    seen = is_drawn(measure, values) & _in_box(cells, box)
    told = amounts[measure.amount] if measure.amount else None
    limits = measure.limits.get(str(level), ())
    classes = class_of(values, limits or (0.0,))
    return CellsRead(
        layer_id=layer.id,
        measure=measure_told(measure),
        resolution=level,
        source=layer.source,
        licence=layer.licence,
        vintage=layer.vintage,
        classes=_legend(limits, classes[seen]),
        cells=[
            CellRead(
                name_of(int(cells[at])), float(values[at]),
                None if told is None else float(told[at]),
                int(classes[at]), boundary(int(cells[at])),
            )
            for at in np.flatnonzero(seen)
        ],
    )  # fmt: skip


def find_measure(layer: StoredLayer, key: str) -> Measure:
    """Return a layer's measure; raise Malformed for one that it has not."""
    for one in layer.measures:
        if one.key == key:
            return one
    known = ", ".join(one.key for one in layer.measures)
    raise malformed_field(
        "measure",
        f"“{layer.name}” has no measure “{key[:80]}”. It has: {known}.",
        code="unknown_measure",
    )


def _level(layer: StoredLayer, box: Bounds, resolution: int | None) -> int:
    if resolution is not None and not COARSEST <= resolution <= layer.resolution:
        raise malformed_field(
            "resolution",
            f"“{layer.name}” has resolutions {COARSEST} to {layer.resolution}.",
            code="unknown_resolution",
        )
    wanted = layer.resolution if resolution is None else resolution
    return finest_for(box_km2(box), MOST_CELLS, finest=wanted)


def box_km2(box: Bounds) -> float:
    """Return how much ground a box has."""
    height = math.sin(math.radians(box.north)) - math.sin(math.radians(box.south))
    return (EARTH_RADIUS_M / 1e3) ** 2 * math.radians(box.east - box.west) * height


def _in_box(cells: Cells, box: Bounds) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = shapely.intersects(
        shapely.box(*box), shapes([int(one) for one in cells])
    )
    return found


def _legend(limits: tuple[float, ...], classes: Cells) -> list[LegendClass]:
    # Few classes take the steps at even distances, the strongest for the most.
    steps = np.linspace(0, len(STEPS) - 1, len(limits)).round().astype(np.int64).tolist()
    return [
        LegendClass(
            str(at), None, low, limits[at + 1] if at + 1 < len(limits) else None,
            STEPS[steps[at]].light, STEPS[steps[at]].dark, int((classes == at).sum()),
        )
        for at, low in enumerate(limits)
    ]  # fmt: skip


def read_ground(
    connection: sa.Connection, org_id: OrgId, area: shapely.MultiPolygon, km2: float
) -> list[GroundRead]:
    """Return what each layer tells of an area of so many km²; a layer far away tells nothing."""
    found = []
    for layer in repository.select_layers(connection, org_id):
        if shapely.intersects(shapely.box(*layer.bounds), area):
            ground = _read_layer(connection, org_id, layer, area, km2)
            if ground is not None:
                found.append(ground)
    return found


def _read_layer(
    connection: sa.Connection,
    org_id: OrgId,
    layer: StoredLayer,
    area: shapely.MultiPolygon,
    km2: float,
) -> GroundRead | None:
    level = finest_for(km2, _AREA_CELLS, finest=layer.resolution)
    covered = cover_cells(area, level)
    if not len(covered.cells):
        return None
    sizes = measure_km2(covered.cells.tolist())
    ranges = descendants(covered.cells, layer.resolution)
    sums = repository.sum_area(connection, org_id, layer, ranges, covered.shares, sizes)
    if not sums.known_km2:
        return None
    ground_km2 = float((covered.shares * sizes).sum())
    return GroundRead(
        layer_id=layer.id, name=layer.name, kind=layer.kind, source=layer.source,
        licence=layer.licence, vintage=layer.vintage, resolution=level, area_km2=ground_km2,
        known_share=min(sums.known_km2 / ground_km2, 1.0),
        figures=[_figure(one, sums.amounts, ground_km2) for one in layer.measures],
        amounts=sums.amounts,
    )  # fmt: skip


def _figure(measure: Measure, sums: dict[str, float], km2: float) -> Figure:
    amounts = {name: np.array([value]) for name, value in sums.items()}
    value = float(values_of(measure, amounts, np.array([km2]))[0])
    confidence, reasons = judge(measure, sums)
    return Figure(
        measure.key, measure.label, measure.unit, value if math.isfinite(value) else None,
        sums[measure.amount] if measure.amount else None, confidence, list(reasons),
    )  # fmt: skip


def measure_told(one: Measure) -> MeasureRead:
    """Return a measure as it is told."""
    return MeasureRead(
        one.key, one.label, one.unit, amount_unit_of(one), one.confidence, list(one.reasons)
    )


def _told(layer: StoredLayer) -> LayerRead:
    return LayerRead(
        id=layer.id, name=layer.name, kind=layer.kind, source=layer.source, licence=layer.licence,
        vintage=layer.vintage, resolution=layer.resolution, cells=layer.cells,
        bounds=list(layer.bounds), made_at=layer.made_at,
        measures=[measure_told(one) for one in layer.measures],
    )  # fmt: skip
