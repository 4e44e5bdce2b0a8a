"""Laws of the borders that a scenario draws, whatever its cells and the areas that were before."""

import h3
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, box

from backend.territories.design.cells import CellMap
from backend.territories.design.outlines import Land, dissolve, draw_outlines

_MIDDLES = [(21.03, 105.85), (10.78, 106.70), (60.17, 24.95), (-33.9, 151.2), (0.0, 0.0)]
_NOTHING = MultiPolygon()
_DUST = 1e-13
"""In square degrees: less than a thousandth of a square metre."""
_SLOW = settings(deadline=None, max_examples=40)


@st.composite
def _scenarios(draw: st.DrawFn) -> tuple[list[str], list[int], int]:
    """Some cells around a place, a few divided once or twice, each of some territory."""
    middle = draw(st.sampled_from(_MIDDLES))
    resolution = draw(st.integers(6, 9))
    keys = h3.grid_disk(h3.latlng_to_cell(*middle, resolution), draw(st.integers(0, 3)))
    for level in (resolution, resolution + 1):
        for cell in draw(st.lists(st.sampled_from(sorted(keys)), max_size=3, unique=True)):
            if h3.get_resolution(cell) == level:
                keys = [*(one for one in keys if one != cell), *h3.cell_to_children(cell)]
    count = draw(st.integers(1, 4))
    assignment = draw(st.lists(st.integers(0, count - 1), min_size=len(keys), max_size=len(keys)))
    return sorted(keys), assignment, count


@_SLOW
@given(_scenarios(), st.data())
def test_outlines_partition_the_cells(
    scenario: tuple[list[str], list[int], int], data: st.DataObject
) -> None:
    keys, assignment, count = scenario
    drawn = draw_outlines(keys, assignment, count, Land(_NOTHING, _NOTHING, frozenset()))
    assert all(one.is_valid for one in drawn)
    # No overlap, no gap, and borders that are shared corner by corner.
    assert shapely.coverage_is_valid([one for one in drawn if not one.is_empty])
    finest = CellMap(keys)
    whole = _whole(keys, CellMap(keys).resolution)
    assert shapely.symmetric_difference(whole, shapely.union_all(drawn)).area < _DUST
    # Whatever place a cell is said to hold lies in the outline of its territory.
    west, south, east, north = whole.bounds
    lon, lat = data.draw(st.floats(west, east)), data.draw(st.floats(south, north))
    at = finest.find(lon, lat)
    if at is not None:
        assert drawn[assignment[at]].distance(shapely.Point(lon, lat)) < 1e-7


@_SLOW
@given(_scenarios(), st.floats(0.2, 1.5), st.floats(-1, 1), st.data())
def test_outlines_cover_what_was_covered_and_leave_others_alone(
    scenario: tuple[list[str], list[int], int], size: float, shift: float, data: st.DataObject
) -> None:
    keys, assignment, count = scenario
    whole = _whole(keys, CellMap(keys).resolution)
    west, south, east, north = whole.bounds
    width, height = east - west, north - south
    former = box(west + shift * width / 4, south, west + shift * width / 4 + size * width, north)
    others = box(west - width, south + height / 2, east + width, north + height).difference(former)
    beyond = data.draw(st.frozensets(st.integers(0, len(keys) - 1)))
    land = Land(MultiPolygon([former]), _parts(others), beyond)
    drawn = draw_outlines(keys, assignment, count, land)
    assert all(one.is_valid for one in drawn)
    for at, one in enumerate(drawn):
        assert shapely.intersection(one, land.others).area < _thread(land.others)
        for other in drawn[:at]:
            assert shapely.intersection(one, other).area < _DUST
    together = shapely.union_all(drawn)
    own = _whole([keys[at] for at in sorted(beyond)], CellMap(keys).resolution)
    wanted = shapely.union(shapely.difference(own, land.others), former)
    assert shapely.difference(wanted, together).area < _thread(wanted)


def _thread(shape: shapely.Geometry) -> float:
    """Return the area of a line around a shape that is two millimetres wide."""
    return 2e-8 * float(shape.length)


def _whole(keys: list[str], finest: int) -> MultiPolygon:
    return dissolve([[part for one in keys for part in h3.cell_to_children(one, finest)]])[0]


def _parts(shape: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon([one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"])
