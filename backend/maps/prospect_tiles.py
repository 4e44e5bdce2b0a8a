"""The SQL of the tiles of prospects: accounts counted in the cells of a tile.

Near by, a tile's accounts are counted one by one: one index-only range scan over their Morton keys,
and no spatial operator, which row-level security would keep off the index. Far out a tile holds too
many of them; there sums are read that the database keeps for the cells of some levels, and beside
them what changed since (`account_cell_change`), so that a tile is exact at every moment.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from backend.geo.tiles import WORLD_BITS, Tile, tile_range
from backend.maps.schemas import Scope, TileFilter

_FINE_FROM_ZOOM = 15
_FINE_CELL_BITS, _COARSE_CELL_BITS = 6, 5
"""Below zoom 15 a tile has 32 x 32 cells: the dots of 64 x 64 overlap and weigh four times."""


class _Kept(NamedTuple):
    """Sums that the database keeps: of cells that are tiles at `level`, used up to `max_zoom`."""

    max_zoom: int
    level: int


_PLAIN = (_Kept(9, 14), _Kept(13, 18))
_SLICED = (_Kept(7, 12), _Kept(10, 15), _Kept(11, 16))
"""By life stage and category as well; they have more rows, so they are coarser."""

# `n = 1` features are the account itself.
_TILE = """
WITH cell AS ({cells})
SELECT ST_AsMVT(t, 'prospects', 4096, 'g') FROM (
  SELECT ST_MakePoint((x - :x0)::bigint * 4096 >> :shift, (y - :y0)::bigint * 4096 >> :shift) AS g,
         n, customers, CASE WHEN n = 1 THEN id END AS id, CASE WHEN n = 1 THEN life_stage END
           AS life_stage
    FROM cell) t
"""
_COUNTED = """
SELECT count(*)::int AS n, avg(m.wx)::int AS x, avg(m.wy)::int AS y,
       min(m.account_id::text COLLATE "C") AS id, min(m.life_stage COLLATE "C") AS life_stage,
       (count(*) FILTER (WHERE m.life_stage = 'customer'))::int AS customers
  FROM account_map m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi {conditions}
 GROUP BY m.qk >> :cell_shift
"""
# Of one account the exclusive or is its id, and the sum of stages its stage.
_ADDED = """
SELECT n, customers, x, y, CASE WHEN n = 1 THEN tuyen_uuid_of(id_high, id_low)::text END AS id,
       CASE WHEN n = 1 THEN (ARRAY['prospect', 'customer', 'lapsed', 'lost'])[stages] END
         AS life_stage
  FROM (
  SELECT sum(n)::int AS n, sum(customers)::int AS customers, sum(stages)::int AS stages,
         (sum(wx) / sum(n))::int AS x, (sum(wy) / sum(n))::int AS y,
         bit_xor(id_high) AS id_high, bit_xor(id_low) AS id_low
    FROM ({parts}) part GROUP BY cell HAVING sum(n) > 0) added
"""
_SUMS = """
SELECT m.cell >> :fold AS cell, m.n, m.customers, m.stages, m.wx, m.wy, m.id_high, m.id_low
  FROM account_cell m
 WHERE m.org_id = :org_id AND m.level = :level AND m.is_sliced = :is_sliced
   AND m.cell >= :first_cell AND m.cell < :end_cell
"""
_CHANGES = """
SELECT m.qk >> :cell_shift AS cell, m.n, m.n * (m.life_stage = 'customer')::int AS customers,
       m.n * tuyen_stage_number(m.life_stage) AS stages, m.n * m.wx::float8 AS wx,
       m.n * m.wy::float8 AS wy, m.id_high, m.id_low
  FROM account_cell_change m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi
"""
_ACCOUNTS = """
SELECT m.qk >> :cell_shift AS cell, 1 AS n, (m.life_stage = 'customer')::int AS customers,
       tuyen_stage_number(m.life_stage) AS stages, m.wx::float8 AS wx, m.wy::float8 AS wy,
       tuyen_uuid_high(m.account_id) AS id_high, tuyen_uuid_low(m.account_id) AS id_low
  FROM account_map m
 WHERE m.org_id = :org_id AND m.qk >= :lo AND m.qk < :hi
"""
_IN_TERRITORIES = "AND m.territory_id = ANY (:scope)"
_OWN = "AND m.owner_id = :user_id AND m.territory_id IS NULL"
_IN_SCOPE = """
AND (m.territory_id = ANY (:scope) OR m.owner_id = :user_id AND m.territory_id IS NULL
     OR m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id))))
"""
_HELD_OVER = """
AND m.account_id = ANY (ARRAY (SELECT tuyen_held_over(:org_id, :user_id)))
AND (m.territory_id = ANY (:scope)) IS NOT TRUE
AND (m.territory_id IS NULL AND m.owner_id = :user_id) IS NOT TRUE
"""


def read_prospects(
    connection: sa.Connection, scope: Scope, tile: Tile, wanted: TileFilter
) -> bytes:
    """Return a tile of account counts: n, customers; id and life_stage where n is 1."""
    bits = _FINE_CELL_BITS if tile.z >= _FINE_FROM_ZOOM else _COARSE_CELL_BITS
    bounds = tile_range(*tile, cell_bits=bits)
    values: dict[str, Any] = {**bounds._asdict(), "org_id": scope.org_id}
    filters: list[str] = []
    for column, chosen in _chosen(wanted).items():
        filters.append(f"AND m.{column} = ANY (:{column})")
        values[column] = list(chosen)
    is_sliced = bool(wanted.life_stages or wanted.categories)
    kept = next((one for one in (_SLICED if is_sliced else _PLAIN) if tile.z <= one.max_zoom), None)
    if kept is not None:
        to_level = 2 * (WORLD_BITS - kept.level)
        values |= {
            "level": kept.level,
            "is_sliced": is_sliced,
            "first_cell": bounds.lo >> to_level,
            "end_cell": bounds.hi >> to_level,
            "fold": bounds.cell_shift - to_level,
        }
    if scope.territory_ids is not None:
        values |= {"scope": list(scope.territory_ids), "user_id": scope.user_id}
    cells = _added(scope, filters) if kept is not None else _counted(scope, filters)
    statement = _TILE.format(cells=cells)
    data = connection.scalar(sa.text(statement), values)
    return bytes(data) if data is not None else b""


def _chosen(wanted: TileFilter) -> Mapping[str, tuple[Any, ...]]:
    columns = {
        "life_stage": wanted.life_stages,
        "category": wanted.categories,
        "territory_id": wanted.territory_ids,
    }
    return {column: chosen for column, chosen in columns.items() if chosen}


def _counted(scope: Scope, filters: Sequence[str]) -> str:
    in_scope = [] if scope.territory_ids is None else [_IN_SCOPE]
    return _COUNTED.format(conditions=" ".join([*in_scope, *filters]))


def _added(scope: Scope, filters: Sequence[str]) -> str:
    """Return the cells of sums, changes and, for a rep, accounts that no territory brings.

    Nobody's account is in two of these parts.
    """
    parts = [_SUMS, _CHANGES]
    if scope.territory_ids is not None:
        inside = [part + _IN_TERRITORIES for part in parts]
        parts = [*inside, _ACCOUNTS + _OWN, _ACCOUNTS + _HELD_OVER]
    return _ADDED.format(parts=" UNION ALL ".join(" ".join((part, *filters)) for part in parts))
