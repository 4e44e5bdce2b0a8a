"""A simulated team: a drift that is put in is told, and none is told where there is none."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from backend.ids import new_id
from backend.routes.followup.alarms import Alarm, Kind, find_alarms, median_interval
from backend.routes.followup.facts import PlanFact, VisitFact
from backend.routes.followup.measures import DayResult, measure_day
from backend.routes.followup.telling import tell_alarm
from tests.unit.routes.followup.followed_days import NIGHT, done, make_plan, make_visit

ZONE = ZoneInfo("UTC")
DAYS, STOPS, REPS = 20, 8, 6

type Share = Callable[[int, int], float]
"""Of a rep's number and a day's: a factor, or the share of planned visits that are made."""


def _always(value: float) -> Share:
    return lambda _rep, _day: value


_AS_PLANNED, _MOSTLY = _always(1), _always(0.9)


def _drive(
    plan: PlanFact, numbers: random.Random, *, visits: float, ways: float, keeps: float
) -> list[VisitFact]:
    """Make a plan's visits one after the other, each time with a person's and a street's luck."""
    made: list[VisitFact] = []
    left_at: datetime | None = None
    for stop in plan.stops:
        if numbers.random() > keeps:
            made.append(make_visit(stop))
            continue
        way_s = stop.leg_seconds * ways * numbers.lognormvariate(0, 0.35)
        came = stop.start_at if left_at is None else left_at + timedelta(seconds=way_s)
        stay_s = 900 * visits * numbers.lognormvariate(0, 0.45)
        left_at = came + timedelta(seconds=stay_s)
        made.append(done(stop, checked_in_at=came, done_at=left_at, visited_on=plan.on_date))
    return made


def _team(
    seed: int,
    *,
    visits: Share = _AS_PLANNED,
    ways: Share = _AS_PLANNED,
    keeps: Share = _MOSTLY,
) -> tuple[list[UUID], list[DayResult]]:
    """Return six reps and their days of four weeks, eight planned visits each."""
    numbers = random.Random(seed)
    reps, days = [new_id() for _ in range(REPS)], []
    for index, rep in enumerate(reps):
        for day in range(DAYS):
            shift = timedelta(days=day)
            plan = make_plan(STOPS)
            plan = msgspec.structs.replace(
                plan,
                rep_id=rep,
                on_date=plan.on_date + shift,
                starts_at=plan.starts_at + shift,
                ends_at=plan.ends_at + shift,
            )
            luck = {"visits": visits, "ways": ways, "keeps": keeps}
            made = _drive(plan, numbers, **{k: share(index, day) for k, share in luck.items()})
            made = [
                msgspec.structs.replace(
                    one, on_date=plan.on_date, visited_on=one.visited_on and plan.on_date
                )
                for one in made
            ]
            end = NIGHT + timedelta(days=DAYS)
            days.append(measure_day(rep, plan, made, None, now=end))
    return reps, days


def _told(alarms: list[Alarm]) -> set[tuple[str, UUID | None]]:
    return {(one.kind, one.rep_id) for one in alarms if one.hour is None}


@pytest.mark.parametrize("seed", range(12))
def test_a_team_that_does_as_planned_raises_no_alarm(seed: int) -> None:
    _, days = _team(seed)

    assert find_alarms(days, zone=ZONE) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_rep_whose_visits_take_half_longer_is_told_and_nobody_else(seed: int) -> None:
    reps, days = _team(seed, visits=lambda rep, _: 1.6 if rep == 2 else 1.0)

    alarms = find_alarms(days, zone=ZONE)

    assert _told(alarms) == {("visits_longer", reps[2])}
    assert alarms[0].figure == pytest.approx(1.6, rel=0.15)
    assert alarms[0].low <= alarms[0].figure <= alarms[0].high


@pytest.mark.parametrize("seed", range(4))
def test_roads_that_are_faster_than_planned_are_told_by_rep_and_hour(seed: int) -> None:
    reps, days = _team(seed, ways=_always(0.55))

    alarms = find_alarms(days, zone=ZONE)

    assert _told(alarms) == {("ways_faster", rep) for rep in reps}
    assert {one.kind for one in alarms if one.hour is not None} == {"ways_faster"}
    own = find_alarms([day for day in days if day.rep_id == reps[0]], zone=ZONE, is_everybody=False)
    assert [(one.rep_id, one.hour) for one in own] == [(reps[0], None)]


@pytest.mark.parametrize("seed", range(4))
def test_a_rep_who_stops_keeping_the_plan_is_told(seed: int) -> None:
    reps, days = _team(seed, keeps=lambda rep, day: 0.5 if rep == 4 and day >= 10 else 0.9)

    (alarm,) = find_alarms(days, zone=ZONE)

    assert (alarm.kind, alarm.rep_id) == ("plan_kept_less", reps[4])
    assert alarm.expected - alarm.figure > 0.2


def test_a_week_of_one_rep_is_too_little_to_tell() -> None:
    _, days = _team(1, visits=_always(3), ways=_always(3))

    assert find_alarms(days[:2], zone=ZONE) == []


def test_days_without_a_plan_or_any_visit_raise_nothing() -> None:
    nothing = measure_day(new_id(), None, [], None, now=NIGHT)

    assert find_alarms([nothing] * 50, zone=ZONE) == []


def test_the_interval_holds_the_median() -> None:
    assert median_interval([1.0, 2.0, 3.0]) == (1.0, 3.0)
    low, high = median_interval([float(one) for one in range(101)])
    assert (low, high) == (37.0, 63.0)


@pytest.mark.parametrize(
    ("kind", "rep", "hour", "sentence"),
    [
        ("visits_longer", "Lan", None, "Half of 30 visits of Lan last 1.6 times as long as"),
        ("visits_shorter", "Lan", None, "last 1.6 times as long as planned or less"),
        ("ways_slower", None, 17, "Half of 30 ways of everybody from 17 to 18 o'clock take 1.6"),
        ("ways_faster", "Lan", None, "Half of 30 ways of Lan take 1.6 times"),
        ("plan_kept_less", "Lan", None, "Lan makes 160% of the planned visits, after 100% before"),
    ],
    ids=["longer", "shorter", "slower", "faster", "kept less"],
)
def test_an_alarm_is_told_in_plain_words(
    kind: Kind, rep: str | None, hour: int | None, sentence: str
) -> None:
    alarm = Alarm(
        kind=kind,
        rep_id=new_id() if rep else None,
        hour=hour,
        figure=1.6,
        expected=1.0,
        low=1.4,
        high=1.8,
        observations=30,
    )

    assert sentence in tell_alarm(alarm, rep).message
