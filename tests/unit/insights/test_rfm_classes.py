"""Classes follow from scores alone."""

import pytest

from backend.insights.classes import SCORES, all_classes, class_of


@pytest.mark.parametrize(
    ("scores", "named"),
    [
        ((5, 5, 5), "champion"),
        ((4, 3, 4), "champion"),
        ((4, 2, 3), "loyal"),
        ((3, 4, 4), "loyal"),
        ((5, 1, 2), "new"),
        ((5, 2, 2), "promising"),
        ((3, 1, 1), "promising"),
        ((2, 3, 3), "at_risk"),
        ((1, 1, 2), "asleep"),
    ],
)
def test_the_class_of_some_scores(scores: tuple[int, int, int], named: str) -> None:
    assert class_of(*scores) == named


def test_every_way_to_be_scored_has_one_class_and_every_class_is_used() -> None:
    every = list(all_classes())
    assert len({one[:3] for one in every}) == len(SCORES) ** 3 == len(every)
    assert {one.rfm_class for one in every} == {
        "champion", "loyal", "promising", "new", "at_risk", "asleep",
    }  # fmt: skip
