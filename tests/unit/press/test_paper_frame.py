"""Places come to the right spot on paper, however near or far they are."""

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.vocabulary import LonLat, great_circle_m
from backend.press.frame import fit, spread

WIDTH, HEIGHT = 516.0, 260.0
PLACES = st.lists(
    st.builds(LonLat, st.floats(-179.9, 179.9), st.floats(-80, 80)), min_size=1, max_size=5
)


@given(PLACES)
def test_every_place_is_on_the_paper(places: list[LonLat]) -> None:
    frame = fit(places, WIDTH, HEIGHT)
    assert all(frame.holds(frame.place(one)) for one in places)
    assert 1 <= len(frame.tiles(frame.zoom(0, 14))) <= 24


@given(PLACES)
def test_the_scale_bar_is_a_round_number_and_fits(places: list[LonLat]) -> None:
    metres, length = fit(places, WIDTH, HEIGHT).scale_bar(WIDTH / 4)
    assert str(metres).rstrip("0") in {"1", "2", "5"}
    assert 0 < length <= WIDTH / 4


def test_the_scale_is_that_of_the_middle() -> None:
    a, b = LonLat(106.69, 10.77), LonLat(106.71, 10.77)
    frame = fit([a, b], WIDTH, HEIGHT)
    (x0, y0), (x1, y1) = frame.place(a), frame.place(b)
    assert y0 == pytest.approx(y1)
    assert (x1 - x0) * frame.metres_a_point == pytest.approx(great_circle_m(a, b), rel=1e-4)


def test_north_is_up_and_one_place_is_in_the_middle() -> None:
    frame = fit([LonLat(106.7, 10.77)], WIDTH, HEIGHT)
    assert frame.place(LonLat(106.7, 10.77)) == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert frame.place(LonLat(106.7, 10.771))[1] > HEIGHT / 2
    assert WIDTH * frame.metres_a_point == pytest.approx(800 / 0.86, rel=0.01)


def test_dots_that_would_cover_each_other_stand_side_by_side() -> None:
    spots = [(100.0, 100.0)] * 8 + [(200.0, 100.0)]
    dots = spread(spots, 12.0)
    assert dots[0] == spots[0]
    assert dots[-1] == spots[-1], "who stands alone stays"
    assert min(math.dist(a, b) for a, b in combinations(dots, 2)) >= 12.0 - 1e-6
    assert max(math.dist(dot, spot) for dot, spot in zip(dots, spots, strict=True)) < 12.0 * 3
    assert spread([(0.0, 0.0)] * 99, 12.0)[-1] == (0.0, 0.0), "there is no room for so many"
