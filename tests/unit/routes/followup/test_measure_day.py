"""Each measure of a day against figures reckoned by hand."""

from datetime import timedelta

import msgspec
import pytest

from backend.ids import new_id
from backend.routes.followup.facts import DrivenDay
from backend.routes.followup.measures import (
    DayResult,
    add_up,
    measure_day,
)
from backend.routes.followup.statistics import longest_in_order, percentile
from backend.routes.followup.telling import tell_measures
from backend.routes.schemas import Lunch
from tests.unit.routes.followup.followed_days import (
    DAY,
    EIGHT,
    HERE,
    NIGHT,
    REP,
    done,
    make_plan,
    make_visit,
)


def _ghosts(result: DayResult) -> list[tuple[str, ...]]:
    return [one.ghost for one in result.visits]


def test_a_day_that_kept_its_plan() -> None:
    plan = make_plan(4)
    visits = [
        done(stop, outcome=outcome)
        for stop, outcome in zip(plan.stops, ["met", "ordered", "refused", "ordered"], strict=True)
    ]

    tally = measure_day(REP, plan, visits, None, now=NIGHT).tally

    assert (tally.planned, tally.done, tally.missed, tally.open, tally.extra) == (4, 4, 0, 0, 0)
    assert (tally.in_order, tally.completed, tally.ordered, tally.ghosts) == (4, 4, 2, 0)
    assert tally.late_s == (0, 0, 0, 0)
    # Three ways of 45 minutes each between check-out and check-in, planned at 15.
    assert (tally.legs_planned_s, tally.legs_actual_s) == (3 * 900, 3 * 2700)
    # Refused visits time no presentation.
    assert (tally.stays, tally.stays_planned_s, tally.stays_actual_s) == (3, 2700, 2700)


def test_why_planned_visits_were_missed() -> None:
    plan = make_plan(6)
    one, two, three, four, five, six = plan.stops
    taken_out = {"status": "cancelled", "route_id": new_id()}
    kept = msgspec.structs.replace(plan, stops=plan.stops[:4], closed_ids=(five.account_id,))
    visits = [
        done(one),
        make_visit(two),
        make_visit(three, status="cancelled"),
        done(four, visited_on=DAY + timedelta(days=1)),
        make_visit(five, **taken_out, updated_at=EIGHT + timedelta(hours=3)),
        make_visit(six, **taken_out, updated_at=EIGHT + timedelta(hours=3)),
    ]

    result = measure_day(REP, kept, visits, None, now=NIGHT)

    assert [(one.verdict, one.reason) for one in result.visits] == [
        ("done", None),
        ("missed", "not_visited"),
        ("missed", "cancelled"),
        ("missed", "another_day"),
        ("missed", "closed"),
        ("missed", "replanned"),
    ]
    assert result.tally.planned == 6


def test_what_was_taken_out_before_the_day_began_was_never_planned() -> None:
    plan = make_plan(2)
    kept = msgspec.structs.replace(plan, stops=plan.stops[:1])
    early = make_visit(
        plan.stops[1],
        status="cancelled",
        route_id=new_id(),
        updated_at=EIGHT - timedelta(minutes=1),
    )

    result = measure_day(REP, kept, [done(plan.stops[0]), early], None, now=NIGHT)

    assert result.tally.planned == 1
    assert result.tally.missed == 0


def test_a_visit_of_ones_own_at_a_planned_account_stands_for_the_planned_one() -> None:
    plan = make_plan(2)
    planned = [make_visit(stop) for stop in plan.stops]
    own = done(plan.stops[0], visit_id=new_id(), late=5)

    result = measure_day(REP, plan, [*planned, own], None, now=NIGHT)

    assert [(one.verdict, one.visit.visit_id) for one in result.visits] == [
        ("done", own.visit_id),
        ("missed", planned[1].visit_id),
    ]
    assert result.tally.late_s == (300,)


def test_a_visit_is_open_until_the_planned_day_is_over() -> None:
    plan = make_plan(2)
    visits = [make_visit(stop) for stop in plan.stops]
    before, after = plan.ends_at - timedelta(seconds=1), plan.ends_at

    assert measure_day(REP, plan, visits, None, now=before).tally.open == 2
    assert measure_day(REP, plan, visits, None, now=after).tally.missed == 2


def test_a_day_without_a_plan_has_extra_visits_only() -> None:
    stops = make_plan(2).stops
    result = measure_day(REP, None, [done(stop) for stop in stops], None, now=NIGHT)

    assert [one.verdict for one in result.visits] == ["extra", "extra"]
    told = tell_measures(result.tally, due=0, covered=0)
    assert told.completion is None
    assert told.strike_rate == 0.0
    assert told.late_median_minutes is None


@pytest.mark.parametrize(
    ("sequences", "kept"),
    [([], 0), ([1, 2, 3], 3), ([3, 2, 1], 1), ([1, 4, 2, 3], 3), ([2, 1, 3, 5, 4, 6], 4)],
    ids=["none", "as planned", "backwards", "one early", "two pairs swapped"],
)
def test_the_order_kept_is_the_longest_rising_run(sequences: list[int], kept: int) -> None:
    assert longest_in_order(sequences) == kept


def test_a_visit_out_of_order_is_counted_by_time() -> None:
    plan = make_plan(3)
    visits = [done(plan.stops[0], late=200), done(plan.stops[1]), done(plan.stops[2])]

    assert measure_day(REP, plan, visits, None, now=NIGHT).tally.in_order == 2


def test_lateness_has_a_median_and_a_90th_percentile_between_neighbours() -> None:
    plan = make_plan(5)
    lates = [-5, 0, 10, 20, 60]
    visits = [done(stop, late=late) for stop, late in zip(plan.stops, lates, strict=True)]
    told = tell_measures(measure_day(REP, plan, visits, None, now=NIGHT).tally, due=0, covered=0)

    assert told.late_median_minutes == 10
    assert told.late_p90_minutes == 44  # 20 + 0.6 * (60 - 20)
    assert percentile([], 0.5) is None


@pytest.mark.parametrize(
    ("changes", "ghost"),
    [
        ({"distance_m": 170.0, "accuracy_m": 30.0}, ()),
        ({"distance_m": 170.0, "accuracy_m": 10.0}, ("far_away",)),
        ({"distance_m": 9000.0, "accuracy_m": 2000.0}, ()),
        ({"distance_m": 5000.0, "accuracy_m": None}, ("far_away",)),
        ({"is_mock": True}, ("mock_position",)),
        ({"distance_m": None, "place": None}, ()),
        ({"distance_m": 5000.0, "is_mock": True, "is_excused": True}, ()),
    ],
    ids=["near", "far", "useless fix", "no accuracy", "mock", "no position", "excused"],
)
def test_what_a_check_in_proves(changes: dict[str, object], ghost: tuple[str, ...]) -> None:
    plan = make_plan(1)
    result = measure_day(REP, plan, [done(plan.stops[0], **changes)], None, now=NIGHT)

    assert _ghosts(result) == [ghost]


def test_an_imprecise_position_is_no_proof_and_no_reproach() -> None:
    plan = make_plan(2)
    visits = [
        done(plan.stops[0], accuracy_m=2000.0),
        done(plan.stops[1], place=None, distance_m=None, accuracy_m=None),
    ]

    tally = measure_day(REP, plan, visits, None, now=NIGHT).tally

    assert (tally.unproven, tally.ghosts) == (2, 0)


@pytest.mark.parametrize(
    ("stay", "outcome", "ghost"),
    [
        (0.5, "ordered", ("too_short",)),
        (0.5, "not_in", ()),
        (1.0, "met", ()),
        (0.0, "met", ()),
    ],
    ids=["half a minute", "nobody in", "a minute", "reported in one go"],
)
def test_a_presentation_takes_a_minute(stay: float, outcome: str, ghost: tuple[str, ...]) -> None:
    plan = make_plan(1)
    visit = done(plan.stops[0], stay=stay, outcome=outcome)

    assert _ghosts(measure_day(REP, plan, [visit], None, now=NIGHT)) == [ghost]


def test_two_places_at_a_speed_that_nobody_rides_at() -> None:
    plan = make_plan(2)
    soon = {"checked_in_at": plan.stops[0].leave_at + timedelta(seconds=60), "distance_m": 0.0}
    fast = done(plan.stops[1], place=(HERE[0] + 0.2, HERE[1]), **soon)
    near = done(plan.stops[1], place=(HERE[0] + 0.011, HERE[1]), **soon)

    for visit, ghost in ((fast, ("too_fast",)), (near, ())):
        result = measure_day(REP, plan, [done(plan.stops[0]), visit], None, now=NIGHT)
        assert _ghosts(result) == [(), ghost]


def test_ways_with_lunch_or_waiting_or_untimed_ends_teach_nothing() -> None:
    plan = make_plan(5)
    two, four = plan.stops[1], plan.stops[3]
    waited = msgspec.structs.replace(two, arrive_at=two.arrive_at - timedelta(minutes=20))
    plan = msgspec.structs.replace(
        plan,
        stops=(plan.stops[0], waited, *plan.stops[2:]),
        lunch=Lunch(EIGHT + timedelta(hours=3), 45, 2),
    )
    visits = [done(stop) for stop in plan.stops]
    visits[4] = done(plan.stops[4], stay=0)

    legs = measure_day(REP, plan, visits, None, now=NIGHT).legs

    # One waits at stop 2, lunches after it, and does not know when it came to stop 5.
    assert [leg.at for leg in legs] == [four.start_at - timedelta(minutes=45)]


def test_kilometres_are_compared_on_days_that_have_both() -> None:
    plan = make_plan(2)
    driven = DrivenDay(REP, DAY, "trace", False, 7000, 400, 3, 900, 120, "b", [])  # noqa: FBT003
    planned = measure_day(REP, plan, [done(plan.stops[0])], driven, now=NIGHT).tally
    without = measure_day(REP, None, [done(plan.stops[0])], driven, now=NIGHT).tally

    total = add_up([planned, without])

    assert (total.mileage_m, total.planned_m, total.driven_m) == (14000, 6000, 7000)
    assert (total.unmatched_m, total.traced_days, total.off_route_m) == (800, 2, 1800)
    assert total.days == 2


def test_a_plan_that_begins_later_takes_no_misses_away() -> None:
    plan = make_plan(2)
    cancelled_at = EIGHT + timedelta(hours=4)
    late = msgspec.structs.replace(plan, stops=(), starts_at=EIGHT + timedelta(hours=9))
    visits = [
        make_visit(stop, status="cancelled", route_id=new_id(), updated_at=cancelled_at)
        for stop in plan.stops
    ]

    results = measure_day(REP, late, visits, None, now=NIGHT).visits

    assert [(one.verdict, one.reason) for one in results] == [("missed", "replanned")] * 2


def test_ways_from_before_the_rest_of_a_day_are_not_measured() -> None:
    plan = make_plan(5, frozen_count=2)

    day = measure_day(REP, plan, [done(stop) for stop in plan.stops], None, now=NIGHT)

    assert [one.at for one in day.legs] == [stop.leave_at for stop in plan.stops[2:4]]
