"""Which way a tile of accounts is counted: from the accounts themselves or from sums of cells.

Sums know territory, stage and category. All else is asked of each account, which takes as long as
there are accounts in a tile: where there are too many, the tile is rough, and says so.
"""

from typing import NamedTuple

import sqlalchemy as sa

from backend.accounts.filters import Filters, summable
from backend.geo.tiles import Tile, tile_range
from backend.maps.colouring import KEPT, LOOKED_UP, Lens, SizeBy
from backend.maps.repository import is_crowded
from backend.maps.schemas import Scope

MOST_COUNTED = 20_000
"""Accounts of a tile that are looked at one by one within the time that a tile may take."""
MOST_LOOKED_UP = 5_000
"""The same where each has to be looked up elsewhere as well."""
_FINE_FROM_ZOOM = 15
_FINE_CELL_BITS, _COARSE_CELL_BITS = 6, 5
"""Below zoom 15 a tile has 32 x 32 cells: the dots of 64 x 64 overlap and weigh four times."""
_COUNTED_FROM_ZOOM, _LOOKED_UP_FROM_ZOOM = 14, 16


class _Kept(NamedTuple):
    """Sums that the database keeps: of cells that are tiles at `level`, used up to `max_zoom`."""

    max_zoom: int
    level: int


_PLAIN = (_Kept(9, 14), _Kept(13, 18))
_SLICED = (_Kept(6, 11), _Kept(7, 12), _Kept(10, 15), _Kept(11, 16))
"""By life stage and category as well; they have more rows, so they are coarser."""
_ROUGH_LEVEL = 18
_CROWDED_SLICED = _Kept(13, 16)
"""Coloured and crowded: with fewer and larger cells than elsewhere."""


class Way(NamedTuple):
    """How a tile is read: from accounts, or from the sums of a level."""

    filters: Filters
    lens: Lens
    cell_bits: int
    level: int | None = None
    is_sliced: bool = False
    is_rough: bool = False


def choose_way(
    connection: sa.Connection, scope: Scope, tile: Tile, filters: Filters, lens: Lens
) -> Way:
    """Return the way that answers all that is asked, or the rough one where it takes too long."""
    bits = _FINE_CELL_BITS if tile.z >= _FINE_FROM_ZOOM else _COARSE_CELL_BITS
    each = Way(filters, lens, bits)
    if filters.asks_each or lens.asks_each:
        return _rough(each, tile) if _is_too_full(connection, scope, tile, each) else each
    is_sliced = filters.is_sliced or lens.colour_by in KEPT
    for one in _SLICED if is_sliced else _PLAIN:
        if tile.z <= one.max_zoom:
            return each._replace(level=one.level, is_sliced=is_sliced)
    is_coloured = lens.colour_by in KEPT and tile.z <= _CROWDED_SLICED.max_zoom
    if is_coloured and _is_too_full(connection, scope, tile, each):
        level = _CROWDED_SLICED.level
        return each._replace(level=level, is_sliced=True, cell_bits=min(bits, level - tile.z))
    return each


def _is_too_full(connection: sa.Connection, scope: Scope, tile: Tile, way: Way) -> bool:
    is_looked_up = way.filters.is_looked_up or way.lens.colour_by in LOOKED_UP
    if tile.z >= (_LOOKED_UP_FROM_ZOOM if is_looked_up else _COUNTED_FROM_ZOOM):
        return False
    bounds = tile_range(*tile)
    most = MOST_LOOKED_UP if is_looked_up else MOST_COUNTED
    return is_crowded(connection, scope.org_id, bounds.lo, bounds.hi, most=most)


def _rough(way: Way, tile: Tile) -> Way:
    """Return the way without what asks each account; single ones keep their shapes."""
    filters = summable(way.filters)
    kept = _SLICED if filters.is_sliced else _PLAIN
    level = next((one.level for one in kept if tile.z <= one.max_zoom), None)
    if level is None:
        level = _CROWDED_SLICED.level if filters.is_sliced else _ROUGH_LEVEL
    bits = max(0, min(way.cell_bits, level - tile.z))
    lens = way.lens._replace(colour_by=None, size_by=SizeBy.ACCOUNTS)
    return Way(filters, lens, bits, level, filters.is_sliced, is_rough=True)
