"""Medians pulled towards the plan: enough observations, outliers, what was forgotten."""

from datetime import timedelta

import msgspec
import pytest

from backend.ids import new_id
from backend.routes.followup.learning import (
    MIN_KIND_VISITS,
    MIN_LEGS,
    MIN_VISITS,
    LegSample,
    VisitSample,
    hour_key,
    learn_hours,
    learn_visits,
)
from backend.visits.kinds import VisitKind
from tests.unit.routes.followup.followed_days import EIGHT

SHOP = new_id()


def _visits(*minutes: float, planned: int = 15) -> list[VisitSample]:
    return [
        VisitSample(SHOP, "bakery", planned, one, EIGHT + timedelta(days=index))
        for index, one in enumerate(minutes)
    ]


def _legs(count: int, ratio: float, hour: int = 17) -> list[LegSample]:
    return [LegSample("car", hour, 600, 600 * ratio, EIGHT) for _ in range(count)]


def test_few_visits_teach_nothing() -> None:
    assert learn_visits(_visits(*[30] * (MIN_VISITS - 1)), {}) == []
    assert learn_hours(_legs(MIN_LEGS - 1, 2), {}) == []


def test_the_value_is_pulled_towards_the_plan_and_less_so_the_more_is_known() -> None:
    (few,) = learn_visits(_visits(*[30] * 5), {})
    (many,) = learn_visits(_visits(*[30] * 40), {})

    assert (few.subject, few.key, few.median) == ("account", str(SHOP), 30)
    assert few.value == 23  # (5 * 30 + 4 * 15) / 9
    assert many.value == 29  # (40 * 30 + 4 * 15) / 44


def test_a_broken_clock_moves_it_little() -> None:
    (usual,) = learn_visits(_visits(20, 20, 21, 20, 19, 20), {})
    (odd,) = learn_visits(_visits(20, 20, 21, 20, 19, 470), {})

    assert abs(odd.value - usual.value) <= 1


def test_a_category_moves_what_its_accounts_are_pulled_towards() -> None:
    others = [
        VisitSample(new_id(), "bakery", 10, 20, EIGHT) for _ in range(30)
    ]  # one visit each: known as a category, not as accounts
    learned = learn_visits([*others, *_visits(*[15] * 5)], {})

    category, account = learned
    assert (category.subject, category.key, category.observations) == ("category", "bakery", 35)
    assert category.value == 190  # (35 * 2.0 + 4) / 39
    assert account.value == 21  # (5 * 15 + 4 * 15 * 1.9) / 9


def test_visits_of_a_kind_teach_their_own_minutes_and_no_account_s() -> None:
    deliveries = [
        VisitSample(new_id(), "bakery", 10, 40, EIGHT, VisitKind.DELIVERY)
        for _ in range(MIN_KIND_VISITS)
    ]
    at_the_shop = [
        msgspec.structs.replace(one, kind=VisitKind.SERVICE) for one in _visits(*[90] * 20)
    ]

    learned = learn_visits([*deliveries, *at_the_shop, *_visits(*[15] * 5)], {})

    assert [(one.subject, one.key, one.value) for one in learned] == [
        ("account", str(SHOP), 15), ("kind", "delivery", 40),
    ]  # fmt: skip  # service cases at one shop only are that shop's
    since = {("kind", "delivery"): EIGHT + timedelta(seconds=1)}
    assert learn_visits(deliveries, since) == []


def test_what_somebody_made_forget_no_longer_counts() -> None:
    samples = _visits(*[30] * 8)
    since = {("account", str(SHOP)): EIGHT + timedelta(days=2)}

    (learned,) = learn_visits(samples, since)
    assert learned.observations == 6
    assert learn_visits(samples, {("account", str(SHOP)): EIGHT + timedelta(days=4)}) == []


def test_the_rush_hour_is_learned_and_the_morning_is_not_touched() -> None:
    learned = learn_hours([*_legs(36, 1.5), *_legs(36, 1.0, hour=9)], {})

    assert {one.key: one.value for one in learned} == {"car-17": 145, "car-9": 100}
    assert hour_key("car", 17) == "car-17"


@pytest.mark.parametrize(("ratio", "value"), [(50, 400), (0.01, 50)], ids=["slow", "fast"])
def test_values_stay_within_what_a_plan_takes(ratio: float, value: int) -> None:
    assert learn_hours(_legs(500, ratio), {})[0].value == value
