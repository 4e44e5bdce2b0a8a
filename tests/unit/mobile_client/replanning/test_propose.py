"""The rest of a day as the rep wants it: each word does what it says, and says what it costs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.routes.day.pack import pack_day
from backend.routes.day.problem import DayProblem
from backend.routes.day.reach import crow_m, pace_of
from backend.routes.day.reorder import reorder_day
from mobile_client.proposals import MARKS, Mark, OpenDay, OpenStop, Proposal, ProposedDrop, Wish
from mobile_client.replanning.proposing import propose
from tests.unit.routes.days import NOON_LUNCH, between, street_day, visit

MIDNIGHT = datetime(2026, 11, 22, 17, tzinfo=UTC)
EAST = 0.0093
"""A step on the street, a kilometre apart at the latitude of Hanoi."""


def point(place: float) -> tuple[float, float]:
    return 105.8 + EAST * place, 21.0


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def stop(key: str, place: float | None, *, start: float | None = None) -> OpenStop:
    lon, lat = (None, None) if place is None else point(place)
    return OpenStop(key, f"v-{key}", key.upper(), lon, lat, start and at(start), 10)  # type: ignore[arg-type]  # a time or None


def open_day(problem: DayProblem, order: str, **more: object) -> OpenDay:
    """Return a day with these visits to come; the places are the street's."""
    plan = reorder_day(problem, [])
    points = [point(problem.durations_s[0][row] / 60) for row in range(len(problem.durations_s))]  # type: ignore[operator]  # no gaps
    pack = pack_day(problem, plan, points, MIDNIGHT)
    nodes = {one.key: one.node for one in problem.stops}
    stops = tuple(stop(key, nodes[key], start=9 + place) for place, key in enumerate(order))
    others = {key: stop(key, nodes[key]) for key in nodes if key not in order}
    return replace(OpenDay("route", pack, stops, others=others), **more)  # type: ignore[arg-type]  # its fields


STREET = street_day(range(6), *(visit(key, node) for node, key in enumerate("abcde", start=1)))


def replace_limit(problem: DayProblem, *, travel_s: int | None) -> DayProblem:
    return msgspec.structs.replace(problem, max_travel_s=travel_s)


def keys(proposal: Proposal) -> str:
    return "".join(one.account_id for one in proposal.stops)


def left(proposal: Proposal) -> dict[str, str]:
    return {one.account_id: one.reason for one in proposal.dropped}


def test_a_worse_order_is_put_right_and_says_what_it_saves() -> None:
    proposal = propose(open_day(STREET, "aedbc"), Wish(), at(9))
    assert keys(proposal) in {"abcde", "edcba"}
    before, after = proposal.before, proposal.after
    assert before.travel_s is not None
    assert after.travel_s is not None
    assert after.travel_s < before.travel_s
    assert (before.stops, after.stops) == (5, 5)
    assert proposal.reason == "late"
    assert after.ends_at is not None
    assert proposal.stops[-1].leave_at is not None
    assert proposal.stops[-1].leave_at < after.ends_at


def test_closed_and_skipped_visits_are_left_out_by_the_reps_word() -> None:
    proposal = propose(open_day(STREET, "abcde"), Wish({"b": "closed", "d": "skipped"}), at(9))
    assert keys(proposal) == "ace"
    assert left(proposal) == {"b": "closed", "d": "skipped"}
    assert [one.was for one in proposal.stops] == [1, 3, 5]
    assert proposal.reason == "closed"


def test_urgent_visits_come_first_in_their_order_at_any_hour() -> None:
    shut = street_day(range(6), *(visit(key, node) for node, key in enumerate("abcd", start=1)),
                      visit("e", 5, windows=between(8, 8.5)))  # fmt: skip
    wish = Wish({"d": "urgent", "e": "urgent"})
    proposal = propose(open_day(shut, "abcde"), wish, at(10))
    assert keys(proposal) == "decba"
    first, second = proposal.stops[:2]
    assert first.arrive_at == at(10) + timedelta(minutes=4)
    assert first.leave_at is not None
    assert second.arrive_at == first.leave_at + timedelta(minutes=1)
    assert proposal.after.travel_s == 10 * 60


def test_later_is_two_hours_from_now_or_not_today() -> None:
    proposal = propose(open_day(STREET, "abcde"), Wish({"a": "later"}), at(9))
    (late,) = [one for one in proposal.stops if one.account_id == "a"]
    assert late.start_at is not None
    assert late.start_at >= at(11)
    morning = street_day(range(3), visit("a", 1, windows=between(8, 10)), visit("b", 2))
    proposal = propose(open_day(morning, "ab"), Wish({"a": "later"}), at(9))
    assert left(proposal) == {"a": "not_later"}


def test_a_pinned_visit_keeps_its_time() -> None:
    day = open_day(STREET, "abcde")
    (planned,) = [one.start_at for one in day.stops if one.account_id == "d"]
    assert planned is not None
    proposal = propose(day, Wish({"d": "pinned"}), at(9))
    (kept,) = [one for one in proposal.stops if one.account_id == "d"]
    assert kept.start_at is not None
    assert abs(kept.start_at - planned) <= timedelta(minutes=10)
    assert len(proposal.stops) == 5


def test_the_way_past_the_visits_made_counts_for_the_limits_of_the_day() -> None:
    limited = replace_limit(STREET, travel_s=10 * 60)
    there = point(2)
    fresh = propose(open_day(limited, "cde", done=frozenset("ab"), place=there), Wish(), at(9))
    assert keys(fresh) == "cde"
    made = open_day(
        limited, "cde", done=frozenset("ab"), visited=("b", "a", "b-of-old"), place=there
    )
    proposal = propose(made, Wish(), at(9))
    assert (keys(proposal), proposal.before.stops) == ("cd", 2)
    assert left(proposal) == {"e": "too_far"}
    urgent = propose(made, Wish({"e": "urgent"}), at(9))
    assert keys(urgent) == "e"


def test_what_did_not_fit_before_comes_in_where_it_does_now() -> None:
    day = open_day(STREET, "abcd")
    proposal = propose(day, Wish({"b": "closed"}), at(9))
    assert {one.account_id: one.was for one in proposal.stops} == {
        "a": 1, "c": 3, "d": 4, "e": None,
    }  # fmt: skip
    skipped = ProposedDrop("e", "v-e", "E", "skipped")
    without = propose(replace(day, left=(skipped,)), Wish(), at(9))
    assert (without.after.stops, without.dropped) == (4, (skipped,))
    back = propose(replace(day, left=(skipped,)), Wish({"e": "urgent"}), at(9))
    assert (keys(back)[0], back.dropped) == ("e", ())
    short = replace(skipped, reason="no_time_left")
    assert propose(replace(day, left=(short,)), Wish(), at(9)).after.stops == 5
    assert propose(replace(day, done=frozenset("e")), Wish(), at(9)).after.stops == 4


def test_an_urgent_account_without_a_place_in_the_matrix_is_an_estimate() -> None:
    day = open_day(STREET, "abcde")
    day = replace(day, others={**day.others, "x": stop("x", 2.5)})
    proposal = propose(day, Wish({"x": "urgent"}), at(9))
    assert keys(proposal)[0] == "x"
    assert len(proposal.stops) == 6
    assert proposal.is_estimate
    assert [one.is_estimate for one in proposal.stops] == [True, True, *[False] * 4]
    came = proposal.stops[0].leg_s
    assert came is not None
    assert abs(came - 150) < 10, "the day's own pace: a minute a step"
    nowhere = replace(day, others={**day.others, "y": stop("y", None)})
    proposal = propose(nowhere, Wish({"y": "urgent"}), at(9))
    assert (keys(proposal)[0], proposal.stops[0].is_estimate) == ("y", True)


def test_where_the_rep_is_counts() -> None:
    day = open_day(STREET, "abcde")
    there = propose(day, Wish(position=point(5)), at(9))
    assert keys(there) == "edcba"
    assert not there.is_estimate, "a place of the day itself"
    between_two = propose(day, Wish(position=point(4.5)), at(9))
    assert between_two.is_estimate
    assert between_two.stops[0].is_estimate
    assert keys(propose(replace(day, place=point(5)), Wish(), at(9))) == "edcba"


def test_traffic_and_lunch_count() -> None:
    day = open_day(STREET, "abcde")
    usual, slow = propose(day, Wish(), at(9)), propose(day, Wish(traffic=200), at(9))
    assert usual.after.travel_s is not None
    assert slow.after.travel_s == 2 * usual.after.travel_s
    assert slow.reason == "traffic"
    hungry = street_day(range(6), *STREET.stops, lunch=NOON_LUNCH)
    day = open_day(hungry, "abcde")
    assert propose(day, Wish(), at(12.5)).lunch_at is not None
    assert propose(day, Wish(had_lunch=True), at(12.5)).lunch_at is None
    fed = replace(day, lunch_over_at=at(12.4))
    assert propose(fed, Wish(), at(12.5)).lunch_at is None


def test_a_day_that_is_over_says_so_and_a_day_before_its_shift_begins_with_it() -> None:
    proposal = propose(open_day(STREET, "abcde"), Wish(), at(17.5))
    assert keys(proposal) == ""
    assert set(left(proposal).values()) == {"outside_shift"}
    early = propose(open_day(STREET, "abcde"), Wish(), at(5))
    assert early.stops[0].arrive_at is not None
    assert early.stops[0].arrive_at >= at(8)


def test_without_a_pack_the_rep_orders_by_hand() -> None:
    for pack in (None, "", "kaputt"):
        day = replace(open_day(STREET, "abcde"), pack=pack)
        proposal = propose(day, Wish({"d": "urgent", "b": "closed", "a": "later"}), at(9))
        assert keys(proposal) == "dcea"
        assert left(proposal) == {"b": "closed"}
        assert proposal.is_by_hand
        assert {one.start_at for one in proposal.stops} == {None}
    other_day = propose(open_day(STREET, "abcde"), Wish(), at(24 * 3))
    assert other_day.is_by_hand


def test_the_pace_is_the_days_own() -> None:
    points = [point(place) for place in range(6)]
    pace = pace_of(STREET, points)
    assert round(crow_m(points[0], points[1])) in range(960, 975)
    assert abs(pace.seconds * crow_m(points[0], points[1]) - 60) < 1
    alone = street_day([0], visit("a", 0))
    assert pace_of(alone, points[:1]).seconds > 0


_MARKS = st.dictionaries(st.sampled_from("abcdexy"), st.sampled_from(MARKS))


@settings(max_examples=150, deadline=None)
@given(
    order=st.permutations("abcde"),
    marks=_MARKS,
    hour=st.floats(0, 47),
    where=st.none() | st.floats(-3, 9) | st.just(15_000.0),
    traffic=st.sampled_from([50, 100, 150, 400]),
    done=st.sets(st.sampled_from("abcde")),
    most_s=st.none() | st.integers(0, 1200),
)
def test_every_open_visit_is_either_ordered_or_left_out_and_times_go_on(
    order: list[str],
    marks: Mapping[str, Mark],
    hour: float,
    where: float | None,
    traffic: int,
    done: set[str],
    most_s: int | None,
) -> None:
    problem = street_day(range(6), *STREET.stops[:3], visit("d", 4, windows=between(9, 10, 14, 16)),
                         visit("e", None), lunch=NOON_LUNCH)  # fmt: skip
    problem = replace_limit(problem, travel_s=most_s)
    keys_to_come = [key for key in order if key not in done]
    day = open_day(
        problem, "".join(keys_to_come), done=frozenset(done), visited=tuple(sorted(done))
    )
    day = replace(day, others={**day.others, "x": stop("x", 2.5), "y": stop("y", None)})
    position = None if where is None else point(where)
    wish = Wish(marks, traffic=traffic, position=position)
    proposal = propose(day, wish, at(hour))
    ordered, dropped = [one.account_id for one in proposal.stops], list(left(proposal))
    assert len(set(ordered)) == len(ordered)
    assert set(keys_to_come) <= {*ordered, *dropped}
    assert not set(ordered) & set(dropped)
    assert not done & set(ordered)
    assert not {key for key in ordered if marks.get(key) in {"closed", "skipped"}}
    times = [time for one in proposal.stops for time in (one.arrive_at, one.start_at, one.leave_at)]
    assert proposal.is_by_hand or all(time is not None for time in times)
    known = [time for time in times if time is not None]
    known += [cost.ends_at for cost in (proposal.before, proposal.after) if cost.ends_at]
    assert all(MIDNIGHT <= time <= at(48) for time in known)
    known = [time for time in times if time is not None]
    assert known == sorted(known)
    assert not known or known[0] >= max(at(hour) - timedelta(seconds=1), at(8))
