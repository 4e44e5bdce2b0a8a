"""Laws of plan against actual, on random days: shares are shares, sums are sums, order is none."""

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.ids import new_id
from backend.routes.followup.facts import DrivenDay, PlanFact, VisitFact
from backend.routes.followup.learning import (
    LEAST_MINUTES,
    LEAST_PERCENT,
    MOST_MINUTES,
    MOST_PERCENT,
    LegSample,
    VisitSample,
    learn_hours,
    learn_visits,
)
from backend.routes.followup.measures import DayResult, add_up, measure_day
from backend.routes.followup.statistics import longest_in_order
from backend.routes.followup.telling import tell_measures
from backend.routes.followup.traces import StoredFix, merge_fixes
from tests.unit.routes.followup.followed_days import DAY, EIGHT, REP, make_plan, make_visit

_SHARES = ("completion", "order_kept", "strike_rate", "coverage")
_STATUSES = ("planned", "checked_in", "done", "cancelled")
_OUTCOMES = ("met", "ordered", "not_in", "refused")


@st.composite
def _visit(draw: st.DrawFn, plan: PlanFact, index: int) -> VisitFact:
    """Any visit that the database can hold, of a stop of the plan or of none."""
    stop = plan.stops[index % len(plan.stops)]
    came = draw(st.none() | st.integers(-600, 900).map(lambda m: EIGHT + timedelta(minutes=m)))
    left = draw(st.none() | st.integers(-60, 600).map(lambda m: EIGHT + timedelta(minutes=m)))
    status = draw(st.sampled_from(_STATUSES))
    shift = draw(st.sampled_from([0, 0, 0, 1]))
    place = draw(st.none() | st.tuples(st.floats(106, 107), st.floats(10, 11)))
    return make_visit(
        stop,
        visit_id=stop.visit_id if index < len(plan.stops) else new_id(),
        status=status,
        outcome=draw(st.sampled_from(_OUTCOMES)) if status == "done" else None,
        route_id=draw(st.sampled_from([None, plan.id])),
        checked_in_at=came,
        done_at=left if status == "done" else None,
        visited_on=None if came is None and left is None else DAY + timedelta(days=shift),
        updated_at=EIGHT + timedelta(hours=draw(st.integers(-9, 9))),
        place=place,
        accuracy_m=draw(st.none() | st.floats(0, 5000)),
        distance_m=None if place is None else draw(st.none() | st.floats(0, 1e6)),
        is_mock=draw(st.booleans()),
        is_excused=draw(st.booleans()),
    )


@st.composite
def _days(draw: st.DrawFn) -> tuple[PlanFact | None, list[VisitFact], DrivenDay | None]:
    plan = make_plan(draw(st.integers(1, 6)))
    count = draw(st.integers(0, 9))
    visits = [draw(_visit(plan, index)) for index in range(count)]
    metres = st.integers(0, 10**6)
    driven = draw(
        st.none()
        | st.builds(
            DrivenDay,
            rep_id=st.just(REP),
            on_date=st.just(DAY),
            source=st.sampled_from(["trace", "check_ins"]),
            is_estimate=st.booleans(),
            distance_m=metres,
            unmatched_m=metres,
            outlier_count=metres,
            off_route_m=st.none() | metres,
            off_route_s=st.none() | metres,
            basis=st.just(""),
            lines=st.just([]),
        )
    )
    return draw(st.sampled_from([plan, plan, plan, None])), visits, driven


def _measure(
    day: tuple[PlanFact | None, list[VisitFact], DrivenDay | None], hours: int
) -> DayResult:
    plan, visits, driven = day
    return measure_day(REP, plan, visits, driven, now=EIGHT + timedelta(hours=hours))


@given(_days(), st.integers(0, 24))
def test_every_visit_has_one_verdict_and_sums_are_sums(
    day: tuple[PlanFact | None, list[VisitFact], DrivenDay | None], hours: int
) -> None:
    result = _measure(day, hours)
    tally = result.tally

    told = [one.visit.visit_id for one in result.visits]
    assert len(told) == len(set(told))
    assert tally.planned == tally.done + tally.missed + tally.open
    assert len(result.visits) == tally.planned + tally.extra
    assert tally.in_order <= tally.done
    assert tally.ordered <= tally.completed <= tally.done + tally.extra
    assert tally.ghosts <= tally.done + tally.extra
    assert tally.unproven <= tally.done + tally.extra
    assert all((one.reason is not None) == (one.verdict == "missed") for one in result.visits)
    assert not any(one.ghost for one in result.visits if one.visit.is_excused)
    assert all(leg.planned_s > 0 and leg.actual_s >= 0 for leg in result.legs)


@given(st.lists(st.tuples(_days(), st.integers(0, 24)), max_size=3))
@settings(max_examples=50)
def test_shares_are_from_0_to_1_over_any_days(
    days: list[tuple[tuple[PlanFact | None, list[VisitFact], DrivenDay | None], int]],
) -> None:
    tallies = [_measure(day, hours).tally for day, hours in days]
    total = add_up(tallies)
    told = tell_measures(total, due=7, covered=3)

    for name in _SHARES:
        share = getattr(told, name)
        assert share is None or 0 <= share <= 1
    assert total.planned == sum(one.planned for one in tallies)
    assert sorted(total.late_s) == sorted(late for one in tallies for late in one.late_s)
    if told.late_median_minutes is not None and told.late_p90_minutes is not None:
        assert told.late_median_minutes <= told.late_p90_minutes


@given(_days(), st.randoms(use_true_random=False))
def test_the_order_in_which_visits_are_told_does_not_matter(
    day: tuple[PlanFact | None, list[VisitFact], DrivenDay | None], chance: object
) -> None:
    plan, visits, driven = day
    shuffled = list(visits)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    first, second = _measure((plan, visits, driven), 24), _measure((plan, shuffled, driven), 24)

    assert first.tally == second.tally
    assert {(one.visit.visit_id, one.verdict, one.ghost) for one in first.visits} == {
        (one.visit.visit_id, one.verdict, one.ghost) for one in second.visits
    }


@given(st.lists(st.integers(1, 30), max_size=20))
def test_a_sorted_order_is_kept_whole_and_a_reversed_one_by_one(sequences: list[int]) -> None:
    distinct = sorted(set(sequences))

    assert longest_in_order(distinct) == len(distinct)
    assert longest_in_order(distinct[::-1]) == min(len(distinct), 1)
    assert longest_in_order(sequences) <= len(distinct)


_fixes = st.lists(
    st.tuples(
        st.integers(0, 50).map(float),
        st.floats(-180, 180),
        st.floats(-90, 90),
        st.none() | st.floats(0, 100),
    ),
    max_size=30,
)


@given(_fixes, _fixes)
def test_a_trace_holds_each_time_once_and_a_repeat_changes_nothing(
    first: list[StoredFix], second: list[StoredFix]
) -> None:
    kept = merge_fixes([], first)
    both = merge_fixes(kept, second)

    times = [one[0] for one in both]
    assert times == sorted(set(times))
    assert set(kept) <= set(both)
    assert merge_fixes(both, first) == merge_fixes(both, second) == both
    assert merge_fixes([], first[::-1]) == kept


_ratios = st.floats(0.001, 1000, allow_nan=False)


@given(st.lists(_ratios, max_size=60), st.integers(1, 480))
def test_what_is_learned_stays_between_the_plan_and_the_median(
    ratios: list[float], planned: int
) -> None:
    shop = new_id()
    visits = [VisitSample(shop, None, planned, planned * one, EIGHT) for one in ratios]
    for learned in learn_visits(visits, {}):
        assert LEAST_MINUTES <= learned.value <= MOST_MINUTES
        low, high = sorted([planned, learned.median])
        assert min(low, MOST_MINUTES) - 1 <= learned.value <= max(high, LEAST_MINUTES) + 1
    for hour in learn_hours([LegSample("car", 8, 600, 600 * one, EIGHT) for one in ratios], {}):
        assert LEAST_PERCENT <= hour.value <= MOST_PERCENT
    assert msgspec.json.encode(learn_visits(visits, {})) == msgspec.json.encode(
        learn_visits(visits[::-1], {})
    )
