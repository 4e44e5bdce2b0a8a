"""Counts keep their sum, rates their range, and what is gathered upwards is the same."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from backend.context.measures import roll_up, values_of
from backend.context.own_schemas import How
from backend.context.spreading import Grid, columns_of_own, measures_of_own
from backend.geo.hexagons import cell_of, measure_km2

_MEASURES: dict[str, How] = {"people": "count", "income": "rate"}
_COLUMNS = columns_of_own(_MEASURES)
_AMOUNT = st.floats(0, 1e6)
_LON, _LAT = st.floats(108.1, 108.3), st.floats(15.95, 16.15)


@st.composite
def outlines(draw: st.DrawFn) -> shapely.MultiPolygon:
    west, south = draw(_LON), draw(_LAT)
    wide, high = draw(st.floats(1e-5, 0.08)), draw(st.floats(1e-5, 0.08))
    slanted = shapely.Polygon(
        [(west, south), (west + wide, south), (west + wide / 3, south + high)]
    )
    return shapely.MultiPolygon([slanted])


_PIECES = st.lists(st.tuples(outlines(), _AMOUNT, _AMOUNT), min_size=1, max_size=5)
_PLACES = st.lists(st.tuples(_LON, _LAT, _AMOUNT), max_size=5)


@given(pieces=_PIECES, places=_PLACES, resolution=st.integers(6, 9), coarse=st.integers(1, 6))
def test_a_count_keeps_its_sum_and_a_rate_its_range(
    pieces: list[tuple[shapely.MultiPolygon, float, float]],
    places: list[tuple[float, float, float]],
    resolution: int,
    coarse: int,
) -> None:
    grid = Grid(_MEASURES, resolution)
    for area, people, income in pieces:
        grid.add_area(area, {"people": people, "income": income})
    for lon, lat, people in places:
        grid.add_place(lon, lat, {"people": people})
    cells, values = grid.finish()
    total = sum(people for _, people, _ in pieces) + sum(people for _, _, people in places)
    at = _COLUMNS.index("people")
    assert values[:, at].sum() == pytest.approx(total)
    up, sums = roll_up(cells, values, coarse)
    assert sums[:, at].sum() == pytest.approx(total)
    rates = [income for _, _, income in pieces]
    for some, rows in ((cells, values), (up, sums)):
        amounts = {name: rows[:, place] for place, name in enumerate(_COLUMNS)}
        measure = measures_of_own(_MEASURES, is_spread=True)[1]
        shown = values_of(measure, amounts, measure_km2(some.tolist()))
        known = shown[np.isfinite(shown)]
        assert len(known)
        assert (known >= min(rates) * (1 - 1e-9) - 1e-9).all()
        assert (known <= max(rates) * (1 + 1e-9) + 1e-9).all()


@given(people=_AMOUNT, level=st.integers(4, 12), resolution=st.integers(6, 9))
def test_a_hexagons_count_goes_to_coarser_and_to_finer_ones_whole(
    people: float, level: int, resolution: int
) -> None:
    grid = Grid({"people": "count"}, resolution)
    grid.add_cell(cell_of(108.2, 16.05, level), {"people": people})
    cells, values = grid.finish()
    assert values.sum() == pytest.approx(people)
    assert len(cells) == 7 ** max(resolution - level, 0)
