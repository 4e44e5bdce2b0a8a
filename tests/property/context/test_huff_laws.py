"""Stores share a place's demand whole, the nearer and the larger more of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.context.huff import metres_between, shares_of
from backend.geo.vocabulary import LonLat, great_circle_m

_SIZES = st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=8)
_COST = st.one_of(st.just(float("nan")), st.floats(0, 1e7))


@given(sizes=_SIZES, data=st.data(), decay=st.floats(0.1, 10))
def test_every_places_shares_sum_to_one(
    sizes: list[float], data: st.DataObject, decay: float
) -> None:
    row = st.lists(_COST, min_size=len(sizes), max_size=len(sizes))
    costs = np.array(data.draw(st.lists(row, min_size=1, max_size=6)))
    shares = shares_of(np.array(sizes), costs, decay, least=100.0)
    for told, cost in zip(shares, costs, strict=True):
        in_reach = np.isfinite(cost)
        assert told.sum() == pytest.approx(1.0 if in_reach.any() else 0.0)
        assert (told[~in_reach] == 0).all()
        assert ((told >= 0) & (told <= 1)).all()


@given(size=st.floats(1, 1e6), near=st.floats(200, 5e3), far=st.floats(1.1, 10))
def test_the_nearer_of_two_alike_draws_more_and_the_larger_of_two_as_far(
    size: float, near: float, far: float
) -> None:
    by_distance = shares_of(np.array([size, size]), np.array([[near, near * far]]), 2, least=100)
    assert by_distance[0, 0] / by_distance[0, 1] == pytest.approx(far**2)
    by_size = shares_of(np.array([size * far, size]), np.array([[near, near]]), 2, least=100)
    assert by_size[0, 0] / by_size[0, 1] == pytest.approx(far)


@given(
    a=st.tuples(st.floats(-179, 179), st.floats(-85, 85)),
    b=st.tuples(st.floats(-179, 179), st.floats(-85, 85)),
)
def test_metres_are_those_of_the_great_circle(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    found = metres_between(np.array([a]), np.array([b]))[0, 0]
    assert found == pytest.approx(great_circle_m(LonLat(*a), LonLat(*b)), rel=1e-6, abs=1e-2)
