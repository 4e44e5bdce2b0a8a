"""What each visit of a day costs on the road, and how much longer it may take."""

from backend.routes.day.schedule import schedule_in_order
from tests.unit.routes.days import HOUR, MINUTE, NOON_LUNCH, between, street_day, visit


def _effects(*args: object, order: str, **kwargs: object) -> list[tuple[int, int, int]]:
    day = street_day(*args, **kwargs)  # type: ignore[arg-type]
    plan = schedule_in_order(day, list(order))
    return [(one.detour_s, one.detour_m, one.spare_s) for one in plan.stops]


def test_a_visit_costs_the_way_that_the_day_is_shorter_without_it() -> None:
    near, far = visit("a", 1), visit("b", 2)

    effects = _effects([0, 10, 30], near, far, order="ab", shift=(8, 10))

    # Sixty minutes of travel and twenty of visits leave forty of the two hours.
    assert effects == [(0, 0, 40 * MINUTE), (40 * MINUTE, 40_000, 40 * MINUTE)]


def test_the_only_visit_costs_the_whole_way() -> None:
    assert _effects([0, 10], visit("a", 1), order="a", shift=(8, 9)) == [
        (20 * MINUTE, 20_000, 30 * MINUTE)
    ]


def test_a_visit_may_last_until_the_next_one_must_begin() -> None:
    early, noon = visit("a", 1), visit("b", 2, windows=between(9, 9.5))

    spare = [one[2] for one in _effects([0, 10, 20], early, noon, order="ab")]

    # b has to begin by 9:20; the rep arrives for nine and would arrive from a at 9:20 as well.
    plan = schedule_in_order(street_day([0, 10, 20], early, noon), ["a", "b"])
    assert plan.stops[0].leave_s + spare[0] + 10 * MINUTE == 9 * HOUR + 20 * MINUTE


def test_lunch_still_to_come_is_kept_too() -> None:
    day = street_day([0, 10, 20], visit("a", 1), visit("b", 2, windows=between(14, 15)),
                     lunch=NOON_LUNCH)  # fmt: skip
    plan = schedule_in_order(day, ["a", "b"])

    # Lunch begins by one, wherever it is taken, and b is reached for ten to three at the latest.
    last_s = plan.stops[0].leave_s + plan.stops[0].spare_s
    assert last_s == 13 * HOUR
