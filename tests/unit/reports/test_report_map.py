"""A report's map draws every account once, however many lie together."""

from hypothesis import given
from hypothesis import strategies as st

from backend.geo.vocabulary import LonLat
from backend.press.frame import fit
from backend.reports.map_figure import apart, heaps_of
from backend.reports.schemas import Spot

FRAME = fit([LonLat(105.7, 20.9), LonLat(105.9, 21.1)], 515, 290)
SIDE = 2**24
STAGES = ("prospect", "customer", "lapsed", "lost")
SPOTS = st.lists(
    st.builds(
        Spot,
        st.integers(0, 40),
        st.sampled_from(STAGES),
        st.integers(1, 5000),
        st.floats(FRAME.west * SIDE, (FRAME.west + FRAME.width / FRAME.scale) * SIDE),
        st.floats((FRAME.south - FRAME.height / FRAME.scale) * SIDE, FRAME.south * SIDE),
    ),
    max_size=60,
    unique_by=lambda one: (one.cell, one.life_stage),
)


@given(SPOTS)
def test_what_is_drawn_together_adds_up_to_all(spots: list[Spot]) -> None:
    drawn = apart(heaps_of(spots, FRAME))
    for stage in STAGES:
        told = sum(stages.get(stage, 0) for _, stages in drawn)
        assert told == sum(one.accounts for one in spots if one.life_stage == stage)
    for (x, y), _ in drawn:
        assert -1 <= x <= FRAME.width + 1
        assert -1 <= y <= FRAME.height + 1


@given(SPOTS)
def test_drawing_apart_what_is_apart_changes_nothing(spots: list[Spot]) -> None:
    drawn = apart(heaps_of(spots, FRAME))
    assert {place for place, _ in drawn} <= {place for place, _ in heaps_of(spots, FRAME)}
