"""The SQL of context layers and their hexagons."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import shapely
import sqlalchemy as sa

from backend.context.schemas import LayerMade, StoredLayer
from backend.db.tenancy import driver_cursor
from backend.geo.hexagons import Cells, Floats
from backend.ids import OrgId, new_id

_BATCH = 5_000
_COLUMNS = """id, name, kind, source, licence, vintage, resolution, columns, measures, bounds,
  cells, made_at"""
_KEEP = """
INSERT INTO context_layer AS l (org_id, id, name, kind, source, licence, vintage, resolution,
    columns, measures, bounds, cells)
VALUES (:org_id, :id, :name, :kind, :source, :licence, :vintage, :resolution, :columns,
    cast(:measures AS jsonb), :bounds, :cells)
ON CONFLICT ON CONSTRAINT context_layer_name_unique DO UPDATE SET source = excluded.source,
    licence = excluded.licence, vintage = excluded.vintage, resolution = excluded.resolution,
    columns = excluded.columns, measures = excluded.measures, bounds = excluded.bounds,
    cells = excluded.cells, made_at = now()
  WHERE l.kind = excluded.kind
RETURNING id
"""
_ADD_CELLS = """
INSERT INTO context_cell (org_id, layer_id, cell, amounts)
SELECT %(org)s, %(layer)s, u.cell, u.amounts::float8[]
  FROM unnest(%(cells)s::bigint[], %(amounts)s::text[]) u (cell, amounts)
"""
# OFFSET 0 keeps the planner from joining all cells with a guess of how many a range has.
_IN_RANGE = """LATERAL (SELECT c.cell, c.amounts FROM context_cell c
   WHERE c.org_id = :org_id AND c.layer_id = :layer_id
     AND c.cell BETWEEN r.lo AND r.hi OFFSET 0) c"""


class Sums(NamedTuple):
    """The weighted sums of a layer's columns, and of how much ground anything is known."""

    amounts: dict[str, float]
    known_km2: float


def select_layers(connection: sa.Connection, org_id: OrgId) -> list[StoredLayer]:
    """Return all layers: those of OpenStreetMap first, by name."""
    statement = sa.text(
        f"SELECT {_COLUMNS} FROM context_layer WHERE org_id = :org_id"  # noqa: S608  # constants
        " ORDER BY kind DESC, name, id"
    )
    rows = connection.execute(statement, {"org_id": org_id}).mappings()
    return [msgspec.convert(dict(row), StoredLayer) for row in rows]


def find_layer(connection: sa.Connection, org_id: OrgId, layer_id: UUID) -> StoredLayer | None:
    """Return a layer of the organisation."""
    statement = sa.text(
        f"SELECT {_COLUMNS} FROM context_layer"  # noqa: S608  # constants
        " WHERE org_id = :org_id AND id = :id"
    )
    row = connection.execute(statement, {"org_id": org_id, "id": layer_id}).mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), StoredLayer)


def keep_layer(connection: sa.Connection, org_id: OrgId, made: LayerMade) -> UUID | None:
    """Insert a layer, or replace the one of its name without its cells; return its id.

    None when a layer of another kind has the name.
    """
    values = msgspec.structs.asdict(made) | {
        "org_id": org_id, "id": new_id(), "columns": list(made.columns),
        "bounds": list(made.bounds), "measures": msgspec.json.encode(made.measures).decode(),
    }  # fmt: skip
    found: UUID | None = connection.scalar(sa.text(_KEEP), values)
    if found is not None:
        _delete_cells(connection, org_id, found)
    return found


def add_cells(
    connection: sa.Connection, org_id: OrgId, layer_id: UUID, cells: Cells, values: Floats
) -> None:
    """Insert a layer's cells with a row of its columns each."""
    with driver_cursor(connection) as cursor:
        for start in range(0, len(cells), _BATCH):
            rows = values[start : start + _BATCH].tolist()
            told = {
                "org": org_id, "layer": layer_id, "cells": cells[start : start + _BATCH].tolist(),
                "amounts": [f"{{{','.join(map(repr, row))}}}" for row in rows],
            }  # fmt: skip
            cursor.execute(_ADD_CELLS, told)


def delete_layer(connection: sa.Connection, org_id: OrgId, layer_id: UUID) -> bool:
    """Delete a layer with its cells; tell whether it was there."""
    _delete_cells(connection, org_id, layer_id)
    statement = sa.text("DELETE FROM context_layer WHERE org_id = :org_id AND id = :id")
    return connection.execute(statement, {"org_id": org_id, "id": layer_id}).rowcount == 1


def _delete_cells(connection: sa.Connection, org_id: OrgId, layer_id: UUID) -> None:
    statement = sa.text("DELETE FROM context_cell WHERE org_id = :org_id AND layer_id = :layer_id")
    connection.execute(statement, {"org_id": org_id, "layer_id": layer_id})


def sum_cells(
    connection: sa.Connection,
    org_id: OrgId,
    layer: StoredLayer,
    columns: Sequence[str],
    ranges: tuple[Cells, Cells],
    resolution: int,
) -> tuple[Cells, Floats]:
    """Return the cells of ranges that touch none another, gathered to a resolution, in order."""
    positions = [layer.columns.index(one) + 1 for one in columns]
    sums = ", ".join(f"sum(c.amounts[{at}])" for at in positions)
    statement = sa.text(f"""
SELECT c.cell & ~(15::bigint << 52) | :as_coarse, {sums}
  FROM unnest(cast(:lo AS bigint[]), cast(:hi AS bigint[])) r (lo, hi) CROSS JOIN {_IN_RANGE}
 GROUP BY 1 ORDER BY 1""")  # noqa: S608  # numbers of our own
    as_coarse = resolution << 52 | (1 << 3 * (15 - resolution)) - 1
    values = _bound(org_id, layer, ranges) | {"as_coarse": as_coarse}
    rows = connection.execute(statement, values).all()
    found = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, len(columns))
    return np.array([row[0] for row in rows], dtype=np.int64), found


def sum_area(
    connection: sa.Connection,
    org_id: OrgId,
    layer: StoredLayer,
    ranges: tuple[Cells, Cells],
    shares: Floats,
    km2: Floats,
) -> Sums:
    """Return the sums of ranges of cells, each counted by its share of `km2` of ground."""
    inner = ", ".join(f"sum(c.amounts[{at + 1}]) AS a{at}" for at in range(len(layer.columns)))
    outer = ", ".join(f"coalesce(sum(r.share * s.a{at}), 0)" for at in range(len(layer.columns)))
    statement = sa.text(f"""
SELECT coalesce(sum(r.share * r.km2) FILTER (WHERE s.n > 0), 0), {outer}
  FROM unnest(cast(:lo AS bigint[]), cast(:hi AS bigint[]), cast(:shares AS float8[]),
              cast(:km2 AS float8[])) r (lo, hi, share, km2)
 CROSS JOIN LATERAL (SELECT count(*) AS n, {inner} FROM context_cell c
   WHERE c.org_id = :org_id AND c.layer_id = :layer_id AND c.cell BETWEEN r.lo AND r.hi) s
""")  # noqa: S608  # numbers of our own
    values = _bound(org_id, layer, ranges) | {"shares": shares.tolist(), "km2": km2.tolist()}
    known, *sums = connection.execute(statement, values).one()
    return Sums(dict(zip(layer.columns, map(float, sums), strict=True)), float(known))


def select_unit_areas(
    connection: sa.Connection, org_id: OrgId, codes: Sequence[str]
) -> dict[str, shapely.MultiPolygon]:
    """Return the outlines of administrative units by code, those that hold before former ones."""
    statement = sa.text("""
SELECT DISTINCT ON (code) code, ST_AsBinary(area) FROM admin_unit
 WHERE org_id = :org_id AND code = ANY (cast(:codes AS text[])) AND area IS NOT NULL
 ORDER BY code, valid_to IS NOT NULL, level DESC, valid_from DESC""")
    rows = connection.execute(statement, {"org_id": org_id, "codes": list(set(codes))})
    return {
        code: shapely.MultiPolygon(shapely.get_parts(shapely.from_wkb(bytes(area))).tolist())
        for code, area in rows
    }


def _bound(org_id: OrgId, layer: StoredLayer, ranges: tuple[Cells, Cells]) -> dict[str, object]:
    lo, hi = ranges
    return {"org_id": org_id, "layer_id": layer.id, "lo": lo.tolist(), "hi": hi.tolist()}
