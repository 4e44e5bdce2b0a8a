"""Laws of covers: every place is inside, at the edge or outside, as the area itself says."""

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.geo.cover import Cover, KeyRange, cover, settle
from backend.geo.tiles import lonlat_to_key

LON = st.floats(-179.5, 179.5)
LAT = st.floats(-84, 84)


@st.composite
def areas(draw: st.DrawFn) -> shapely.MultiPolygon:
    """Draw one or two stars, often with a hole, from a few metres to a few thousand kilometres."""
    parts: list[shapely.Geometry] = []
    for _ in range(draw(st.integers(1, 2))):
        size = draw(st.sampled_from([1e-4, 0.01, 1.0, 30.0]))
        lon, lat = draw(LON), draw(LAT)
        away = draw(st.lists(st.floats(0.2, 1), min_size=3, max_size=20))
        turn = np.linspace(0, 2 * np.pi, len(away), endpoint=False)
        ring = np.column_stack((lon + size * np.cos(turn) * away, lat + size * np.sin(turn) * away))
        star = shapely.make_valid(shapely.Polygon(ring))
        parts.append(star.difference(shapely.box(lon, lat, lon + size / 9, lat + size / 9)))
    joined = shapely.intersection(shapely.union_all(parts), shapely.box(-180, -85, 180, 85))
    found = [one for one in shapely.get_parts(joined) if isinstance(one, shapely.Polygon)]
    return shapely.MultiPolygon(found)


def _holds(ranges: list[KeyRange], key: int) -> bool:
    return any(one.lo <= key < one.hi for one in ranges)


def _places(area: shapely.MultiPolygon, seed: int) -> list[tuple[float, float]]:
    """Return places on the border, beside it, and all over the area's box."""
    chance = np.random.default_rng(seed)
    west, south, east, north = area.bounds
    corners = shapely.get_coordinates(area)
    near = corners[chance.integers(0, len(corners), 40)]
    spread = np.array((east - west, north - south)) * 10.0 ** chance.uniform(-9, 0, (40, 1))
    places = np.concatenate([
        corners[:40],
        near + chance.normal(0, 1, (40, 2)) * spread,
        chance.uniform((west, south), (east, north), (60, 2)),
    ])  # fmt: skip
    return [(lon, lat) for lon, lat in places.tolist() if abs(lon) < 180 and abs(lat) < 85]


def _check_order(found: Cover) -> None:
    for ranges in (found.inner, found.edge):
        assert ranges == sorted(ranges)
    together = sorted(found.inner + found.edge)
    assert all(one.lo < one.hi for one in together)
    assert all(one.hi <= other.lo for one, other in pairwise(together))


@settings(deadline=None, max_examples=80)
@given(area=areas().filter(lambda one: not one.is_empty), seed=st.integers(0, 99))
def test_a_cover_says_what_the_area_says(area: shapely.MultiPolygon, seed: int) -> None:
    rough = cover(area, edge_cells=60)
    _check_order(rough)
    places = _places(area, seed)
    keys = [lonlat_to_key(*place) for place in places]
    at_edge = [key for key in keys if _holds(rough.edge, key)]
    fine = settle(rough, area, np.array(at_edge, np.int64))
    _check_order(fine)
    for place, key in zip(places, keys, strict=True):
        is_inside = shapely.covers(area, shapely.Point(place))
        for found in (rough, fine):
            if _holds(found.inner, key):
                assert is_inside
            elif not _holds(found.edge, key):
                assert not is_inside


@settings(deadline=None, max_examples=40)
@given(area=areas().filter(lambda one: not one.is_empty), seed=st.integers(0, 99))
def test_settled_little_is_left_at_the_edge(area: shapely.MultiPolygon, seed: int) -> None:
    rough = cover(area, edge_cells=60)
    keys = [lonlat_to_key(*place) for place in _places(area, seed)]
    at_edge = [key for key in keys if _holds(rough.edge, key)]
    fine = settle(rough, area, np.array(at_edge, np.int64))
    border = area.boundary
    for place in _places(area, seed):
        if _holds(fine.edge, lonlat_to_key(*place)):
            assert shapely.distance(border, shapely.Point(place)) < 6e-5
