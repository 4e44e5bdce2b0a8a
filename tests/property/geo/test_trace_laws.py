"""Whatever a receiver says, its trace is told in order, once, and without an error."""

from hypothesis import given
from hypothesis import strategies as st

from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.provider import PROFILES, Fix
from backend.geo.vocabulary import LonLat

fixes = st.builds(
    Fix,
    st.builds(LonLat, st.floats(105.8, 105.9), st.floats(21.0, 21.1)),
    st.integers(0, 1200).map(float),
    st.none() | st.floats(-1, 200),
)


@given(st.lists(fixes, max_size=40), st.sampled_from(PROFILES))
def test_every_fix_is_in_one_place_at_most(trace: list[Fix], profile: str) -> None:
    told = CrowFlyNetwork(profile).match(trace)
    times = [
        trace[index].at_s for part in told.parts for index in (part.first_index, part.last_index)
    ]
    assert times == sorted(times)
    ends = {index for part in told.parts for index in (part.first_index, part.last_index)}
    assert ends.isdisjoint(told.outliers)
    assert len(set(told.outliers)) == len(told.outliers)
    assert told.distance_m == sum(part.distance_m for part in told.parts) >= 0
    assert len(told.gaps) == max(0, len(told.parts) - 1)


@given(st.lists(fixes, max_size=20), st.randoms(use_true_random=False))
def test_the_order_that_fixes_come_in_does_not_matter(trace: list[Fix], numbers: object) -> None:
    distinct = list({fix.at_s: fix for fix in trace}.values())
    mixed = sorted(distinct, key=lambda _: numbers.random())  # type: ignore[attr-defined]
    one, other = CrowFlyNetwork().match(distinct), CrowFlyNetwork().match(mixed)
    assert one.distance_m == other.distance_m
    assert {distinct[index] for index in one.outliers} == {mixed[index] for index in other.outliers}
