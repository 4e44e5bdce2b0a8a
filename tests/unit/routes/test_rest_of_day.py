"""A day that is under way: what is done stays done, the rest is put in a better order."""

import random

import msgspec
import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.explain import find_hopeless
from backend.routes.day.plan import DayPlan, Reason
from backend.routes.day.problem import DayProblem, Lunch, ProblemError
from backend.routes.day.reorder import reorder_day, settle
from backend.routes.day.rest import Now, rest_of_day, with_place
from backend.routes.day.timetable import Timetable
from tests.unit.routes.days import HOUR, MINUTE, NOON_LUNCH, between, street_day, visit

STREET = street_day([0, 10, 20, 30], visit("a", 1), visit("b", 2), visit("c", 3), lunch=NOON_LUNCH)


def replanned(day: DayProblem, now: Now, *order: str) -> DayPlan:
    rest = rest_of_day(day, now)
    plan = reorder_day(rest, order)
    assert check_plan(rest, plan) == []
    return plan


def test_what_is_done_is_not_visited_again_and_the_rest_goes_on_from_here() -> None:
    now = Now(at_s=10 * HOUR, node=1, done=("a",))

    plan = replanned(STREET, now, "a", "b", "c")

    assert [stop.key for stop in plan.stops] in (["b", "c"], ["c", "b"])
    assert plan.start_s >= 10 * HOUR
    assert plan.travel_s == (20 + 30) * MINUTE


def test_a_closed_shop_is_told_and_left() -> None:
    plan = replanned(STREET, Now(at_s=10 * HOUR, node=1, closed=("b",)), "a", "b", "c")

    (dropped,) = plan.dropped
    assert (dropped.key, dropped.reason) == ("b", Reason.CLOSED_TODAY)


def test_traffic_lengthens_every_leg() -> None:
    usual = replanned(STREET, Now(at_s=9 * HOUR, node=0), "a", "b", "c")
    jam = replanned(STREET, Now(at_s=9 * HOUR, node=0, traffic=150), "a", "b", "c")

    assert jam.travel_s == usual.travel_s * 3 // 2


def test_lunch_that_was_had_is_not_had_again() -> None:
    plan = replanned(STREET, Now(at_s=12 * HOUR, node=0, had_lunch=True), "a", "b", "c")

    assert plan.lunch is None


def test_a_late_lunch_is_not_given_up() -> None:
    plan = replanned(STREET, Now(at_s=14 * HOUR, node=0), "a", "b", "c")

    assert plan.lunch is not None
    assert 14 * HOUR <= plan.lunch.start_s <= 15 * HOUR


def test_lunch_at_a_place_that_is_now_too_far_is_taken_where_the_rep_is() -> None:
    lunch = Lunch(earliest_s=12 * HOUR, latest_s=12 * HOUR, duration_s=1800, node=0)
    visits = [msgspec.structs.replace(stop, service_s=2400) for stop in STREET.stops]
    day = msgspec.structs.replace(STREET, lunch=lunch, stops=tuple(visits))

    plan = replanned(day, Now(at_s=12 * HOUR - 60, node=3), "a", "b")

    assert plan.lunch is not None
    assert plan.lunch.leg_distance_m == 0


def test_lunch_at_a_place_beyond_the_days_limits_is_taken_at_its_time_on_the_way() -> None:
    lunch = Lunch(earliest_s=12 * HOUR, latest_s=13 * HOUR, duration_s=1800, node=3)
    visits = [msgspec.structs.replace(stop, service_s=3600) for stop in STREET.stops]
    day = msgspec.structs.replace(STREET, lunch=lunch, stops=tuple(visits), max_distance_m=60_000)

    plan = replanned(day, Now(at_s=11 * HOUR, node=0, distance_m=20_000), "a", "b", "c")

    assert plan.lunch is not None
    assert 12 * HOUR <= plan.lunch.start_s <= 13 * HOUR
    assert plan.lunch.leg_distance_m == 0


def test_an_urgent_visit_moves_in_and_the_cheapest_one_gives_way() -> None:
    urgent = visit("urgent", 3, minutes=60, windows=between(15, 17), value_minutes=5000)
    day = msgspec.structs.replace(STREET, stops=(*STREET.stops, urgent), shift_end_s=17 * HOUR)

    plan = replanned(day, Now(at_s=15 * HOUR, node=1, had_lunch=True), "a", "b", "c")

    assert "urgent" in [stop.key for stop in plan.stops]


def test_after_the_shift_there_is_only_the_way_home() -> None:
    plan = replanned(STREET, Now(at_s=18 * HOUR, node=1), "a", "b", "c")

    assert plan.stops == ()
    assert len(plan.dropped) == 3


def test_the_rep_may_be_at_a_place_that_the_day_did_not_know() -> None:
    legs = [(15 * MINUTE, 15_000), (5 * MINUTE, 5_000), (5 * MINUTE, 5_000), (15 * MINUTE, 15_000)]
    day = with_place(STREET, legs)

    plan = replanned(day, Now(at_s=9 * HOUR, node=4), "a", "b", "c")

    assert plan.travel_s == (5 + 10 + 20 + 10) * MINUTE


@pytest.mark.parametrize(
    ("way", "kept"),
    [
        ({}, "abc"),
        ({"travel_s": 20 * MINUTE}, "ab"),
        ({"distance_m": 40_000}, "a"),
        ({"travel_s": 90 * MINUTE}, ""),
    ],
)
def test_the_way_so_far_counts_for_the_limits_of_the_day(way: dict[str, int], kept: str) -> None:
    day = msgspec.structs.replace(STREET, max_travel_s=60 * MINUTE, max_distance_m=60_000)

    plan = replanned(day, Now(at_s=9 * HOUR, node=0, **way), "a", "b", "c")

    assert sorted(stop.key for stop in plan.stops) == sorted(kept)
    assert {one.reason for one in plan.dropped} <= {Reason.TOO_FAR}


def test_a_worse_order_is_put_right() -> None:
    keys = [f"s{place}" for place in range(1, 9)]
    day = street_day(
        [0, 1, 2, 3, 4, 5, 6, 7, 8],
        *(visit(key, place) for place, key in enumerate(keys, start=1)),
    )
    mixed = keys[::2] + keys[1::2]

    plan = reorder_day(day, mixed)

    assert plan.travel_s == 16 * MINUTE


@pytest.mark.parametrize(
    ("now", "field"),
    [
        (Now(at_s=-1, node=0), "at_s"),
        (Now(at_s=48 * HOUR, node=0), "at_s"),
        (Now(at_s=0, node=4), "node"),
        (Now(at_s=0, node=0, traffic=10), "traffic"),
        (Now(at_s=0, node=0, done=("x",)), "done"),
        (Now(at_s=0, node=0, closed=("x",)), "closed"),
    ],
)
def test_a_moment_that_is_none_of_this_day_is_refused(now: Now, field: str) -> None:
    with pytest.raises(ProblemError) as caught:
        rest_of_day(STREET, now)

    assert caught.value.field == field


def _crowded_day(seed: int) -> DayProblem:
    """Return a day of fourteen shops with short hours, more than there is time for."""
    draw = random.Random(seed)
    stops = [
        visit(
            f"s{number}",
            number,
            minutes=draw.choice((20, 40, 90)),
            windows=between(opens := draw.randint(8, 14), opens + draw.randint(2, 4)),
            value_minutes=draw.randint(20, 90),
        )
        for number in range(1, 15)
    ]
    return street_day([draw.randint(0, 60) for _ in range(15)], *stops, lunch=NOON_LUNCH)


@pytest.mark.parametrize("seed", [13, 26, 29, 44, 47])
def test_a_day_that_is_a_trap_in_its_own_order_is_begun_anew(seed: int) -> None:
    day = _crowded_day(seed)
    order = [stop.key for stop in day.stops]

    plan = reorder_day(day, order)

    assert check_plan(day, plan) == []
    assert plan.objective <= reorder_day(day, ()).objective


@pytest.mark.parametrize("seed", [41, 51])
def test_a_run_of_visits_gives_way_to_better_ones(seed: int) -> None:
    day = _crowded_day(seed)
    table, stops = Timetable(day), range(len(day.stops))
    hopeful = [stop for stop in stops if find_hopeless(table, stop) is None]
    descents = [settle(table, begin, hopeful) for begin in (hopeful, table.nothing)]

    plan = reorder_day(day, [stop.key for stop in day.stops])

    assert check_plan(day, plan) == []
    assert plan.objective < min(map(table.cost, descents))


def test_an_order_with_a_stop_twice_is_refused() -> None:
    with pytest.raises(ProblemError, match="twice"):
        reorder_day(STREET, ["a", "b", "a"])


def test_legs_from_a_new_place_must_lead_everywhere() -> None:
    with pytest.raises(ProblemError, match="one for each"):
        with_place(STREET, [(1, 1)])
