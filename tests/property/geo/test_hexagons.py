"""Nothing is lost or doubled when lines and areas are dealt out among hexagons."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from backend.geo.ground.lines import split_line
from backend.geo.hexagons import (
    cell_of,
    cover_cells,
    descendants,
    finest_for,
    parents,
    resolution_of,
    spread_area,
)

_GEOD = Geod(ellps="WGS84")
# Towns at several latitudes, and a place on the line where longitudes end.
_TOWNS = st.sampled_from([(14.5, 35.9), (-8.6, 41.1), (108.2, 16.0), (24.9, 60.2), (0.0, 0.0)])
_STEP = st.floats(-0.02, 0.02)
_RESOLUTIONS = st.integers(6, 9)


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[float, float]]:
    lon, lat = draw(_TOWNS)
    steps = draw(st.lists(st.tuples(_STEP, _STEP), min_size=1, max_size=12))
    points = [(lon, lat)]
    for east, north in steps:
        points.append((points[-1][0] + east, points[-1][1] + north))
    return points


@st.composite
def areas(draw: st.DrawFn) -> shapely.MultiPolygon:
    lon, lat = draw(_TOWNS)
    corners = draw(st.lists(st.tuples(_STEP, _STEP), min_size=3, max_size=8))
    hull = shapely.MultiPoint([(lon + east, lat + north) for east, north in corners]).convex_hull
    grown = hull if isinstance(hull, shapely.Polygon) else hull.buffer(1e-4)
    return shapely.MultiPolygon([grown])


@given(line=lines(), resolution=_RESOLUTIONS)
def test_the_cells_of_a_line_have_its_whole_length(
    line: list[tuple[float, float]], resolution: int
) -> None:
    metres = split_line(line, resolution)
    length = _GEOD.line_length([lon for lon, _ in line], [lat for _, lat in line])
    assert sum(metres.values()) == pytest.approx(length, rel=1e-9, abs=1e-6)
    assert cell_of(*line[0], resolution) in metres
    assert cell_of(*line[-1], resolution) in metres


@given(line=lines(), resolution=st.integers(5, 8))
def test_a_line_has_in_a_coarser_cell_what_it_has_in_the_finer_ones(
    line: list[tuple[float, float]], resolution: int
) -> None:
    fine = split_line(line, 9)
    up = parents(np.array(list(fine), dtype=np.int64), resolution)
    assert {resolution_of(int(one)) for one in up} == {resolution}
    assert sum(fine.values()) == pytest.approx(
        sum(split_line(line, resolution).values()), rel=1e-9, abs=1e-6
    )


@given(area=areas(), resolution=_RESOLUTIONS)
def test_an_area_is_dealt_out_whole(area: shapely.MultiPolygon, resolution: int) -> None:
    spread = spread_area(area, resolution)
    assert spread.shares.sum() == pytest.approx(1.0)
    assert (spread.shares > 0).all()
    assert len(set(spread.cells.tolist())) == len(spread.cells)


@given(area=areas(), resolution=_RESOLUTIONS, at=st.floats(0.1, 0.9))
def test_two_halves_of_an_area_cover_what_the_whole_covers(
    area: shapely.MultiPolygon, resolution: int, at: float
) -> None:
    west, south, east, north = area.bounds
    middle = west + at * (east - west)
    whole = cover_cells(area, resolution)
    halves = dict.fromkeys(whole.cells.tolist(), 0.0)
    for half in (shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)):
        part = cover_cells(shapely.intersection(area, half), resolution)
        for cell, share in zip(part.cells.tolist(), part.shares.tolist(), strict=True):
            halves[cell] = halves.get(cell, 0.0) + share
    told = dict(zip(whole.cells.tolist(), whole.shares.tolist(), strict=True))
    for cell, share in halves.items():
        assert share == pytest.approx(told.get(cell, 0.0), abs=1e-6)


@given(place=_TOWNS, coarse=st.integers(1, 9), fine=st.integers(1, 9))
def test_a_cells_own_cells_are_one_range(
    place: tuple[float, float], coarse: int, fine: int
) -> None:
    coarse, fine = sorted((coarse, fine))
    cell, parent = cell_of(*place, fine), None
    parent = parents(np.array([cell]), coarse)
    lo, hi = descendants(parent, fine)
    assert lo[0] <= cell <= hi[0]
    other = cell_of(place[0] + 40, place[1] / 2, fine)
    assert not lo[0] <= other <= hi[0]


@given(km2=st.floats(0.001, 5e8), most=st.integers(60, 5000))
def test_more_ground_is_never_told_more_finely(km2: float, most: int) -> None:
    assert 1 <= finest_for(km2 * 2, most) <= finest_for(km2, most) <= 9
