import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.geo.tiles import (
    MAX_MERCATOR_LAT,
    MAX_ZOOM,
    WORLD_BITS,
    WORLD_SIZE,
    lonlat_to_key,
    lonlat_to_world24,
    morton,
    tile_bounds,
    tile_range,
    tiles_covering,
    world24_to_lonlat,
)
from backend.geo.vocabulary import Bounds

cells = st.integers(0, WORLD_SIZE - 1)
longitudes = st.floats(-180, 180)
latitudes = st.floats(-MAX_MERCATOR_LAT, MAX_MERCATOR_LAT)


@st.composite
def tiles(draw: st.DrawFn, max_zoom: int = MAX_ZOOM) -> tuple[int, int, int]:
    zoom = draw(st.integers(0, max_zoom))
    side = st.integers(0, (1 << zoom) - 1)
    return zoom, draw(side), draw(side)


@given(tiles(max_zoom=MAX_ZOOM - 1))
def test_four_children_partition_their_parents_range(tile: tuple[int, int, int]) -> None:
    z, x, y = tile
    children = sorted(
        tile_range(z + 1, 2 * x + right, 2 * y + down) for right in (0, 1) for down in (0, 1)
    )
    parent = tile_range(z, x, y)
    assert children[0].lo == parent.lo
    assert children[-1].hi == parent.hi
    assert all(a.hi == b.lo for a, b in pairwise(children))


@given(longitudes, latitudes, st.integers(0, MAX_ZOOM))
def test_a_points_key_lies_in_its_tiles_range_at_every_zoom(
    lon: float, lat: float, zoom: int
) -> None:
    world = lonlat_to_world24(lon, lat)
    shift = WORLD_BITS - zoom
    own = tile_range(zoom, world.x >> shift, world.y >> shift)
    assert own.lo <= lonlat_to_key(lon, lat) < own.hi
    assert 0 <= (world.x - own.x0) * 4096 >> own.shift < 4096
    assert 0 <= (world.y - own.y0) * 4096 >> own.shift < 4096


@given(longitudes, latitudes, st.integers(0, MAX_ZOOM))
def test_the_tile_covering_a_point_is_the_one_with_its_key(
    lon: float, lat: float, zoom: int
) -> None:
    (tile,) = tiles_covering(Bounds(lon, lat, lon, lat), zoom)
    own = tile_range(*tile)
    assert own.lo <= lonlat_to_key(lon, lat) < own.hi
    box, slack = tile_bounds(*tile), 1e-9
    assert box.west - slack <= lon <= box.east + slack
    assert box.south - slack <= lat <= box.north + slack


@given(cells, cells, cells, cells)
def test_keys_tell_every_cell_apart(x1: int, y1: int, x2: int, y2: int) -> None:
    assert (morton(x1, y1) == morton(x2, y2)) == ((x1, y1) == (x2, y2))


@given(cells, cells)
def test_a_cells_middle_lies_in_the_cell(x: int, y: int) -> None:
    middle = world24_to_lonlat(x + 0.5, y + 0.5)
    assert lonlat_to_world24(*middle) == (x, y)


@given(tiles(), st.integers(0, 8), cells, cells)
def test_cells_of_a_tile_number_at_most_the_square_of_their_side(
    tile: tuple[int, int, int], cell_bits: int, dx: int, dy: int
) -> None:
    own = tile_range(*tile, cell_bits=cell_bits)
    size = 1 << own.shift
    key = morton(own.x0 + dx % size, own.y0 + dy % size)
    first, last = own.lo >> own.cell_shift, (own.hi - 1) >> own.cell_shift
    assert first <= key >> own.cell_shift <= last
    assert last - first + 1 <= 4**cell_bits
    assert math.log2(last - first + 1).is_integer()
