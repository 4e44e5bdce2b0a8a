"""How long a rep stayed, told by the trace, where check-in and check-out came in one go."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from backend.geo.network.provider import Fix
from backend.geo.vocabulary import LonLat
from backend.ids import new_id
from backend.routes.followup.dwelling import find_stays
from backend.routes.followup.facts import DrivenDay, VisitFact
from backend.routes.followup.measures import measure_day
from tests.unit.routes.followup.followed_days import DAY, EIGHT, NIGHT, REP, done, make_plan

PLAN = make_plan(2)
SHOP = PLAN.stops[0]
NINE_S = SHOP.start_at.timestamp()


def _fixes(*spans: tuple[float, float, float], step_s: float = 15.0) -> list[Fix]:
    """Return fixes of spans (from minute, to minute, metres east of the shop), on the hour nine."""
    lon, lat = SHOP.location
    fixes = []
    for first, last, metres in spans:
        at_s = NINE_S + first * 60
        while at_s < NINE_S + last * 60:
            fixes.append(Fix(LonLat(lon + metres / 109_000, lat), at_s, 8.0))
            at_s += step_s
    return fixes


def _reported(minute: float) -> VisitFact:
    """Return a visit that was reported in one go, so many minutes after nine."""
    return done(SHOP, late=minute, stay=0)


def _minutes(fixes: Sequence[Fix], visit: VisitFact) -> tuple[float, float] | None:
    stay = find_stays(fixes, [visit]).get(visit.visit_id)
    return stay and (round((stay[0] - NINE_S) / 60, 1), round((stay[1] - NINE_S) / 60, 1))


@pytest.mark.parametrize(
    ("fixes", "report", "stay"),
    [
        (_fixes((-10, 0, 900), (0, 20, 10), (20, 30, 900)), 19, (0, 19.8)),
        (_fixes((-10, 0, 900), (0, 20, 10), (20, 30, 900)), 25, (0, 19.8)),
        (_fixes((-10, 0, 900), (0, 20, 10), (20, 30, 900)), 45, None),
        (_fixes((0, 9, 10), (9, 10, 400), (10, 20, 10)), 19, (0, 19.8)),
        (_fixes((0, 5, 10), (5, 15, 400), (15, 20, 10)), 19, (15, 19.8)),
        (_fixes((0, 1, 10), (18, 20, 10)), 19, (0, 19.8)),
        (_fixes((0, 20, 900)), 19, None),
        (_fixes((0, 0.2, 10)), 0, None),
        ([], 19, None),
    ],
    ids=[
        "a stay", "reported outside", "reported long after", "a stray signal", "back later",
        "a silent phone", "never there", "one fix", "no trace",
    ],
)  # fmt: skip
def test_a_stay_is_around_the_report(
    fixes: list[Fix], report: float, stay: tuple[float, float] | None
) -> None:
    assert _minutes(fixes, _reported(report)) == stay


def test_fixes_that_nobody_believes_tell_nothing() -> None:
    vague = [Fix(one.position, one.at_s, 500.0) for one in _fixes((0, 20, 10))]

    assert _minutes(vague, _reported(19)) is None


def test_the_trace_times_what_was_reported_in_one_go_and_nothing_else() -> None:
    told, timed = _reported(19), done(PLAN.stops[1], stay=30)
    stays = {
        told.visit_id: (NINE_S + 300, NINE_S + 1200),
        timed.visit_id: (NINE_S, NINE_S + 7200),
        new_id(): (0.0, 1.0),
    }
    driven = DrivenDay(REP, DAY, "trace", False, 7000, 0, 0, None, None, "", [], stays)  # noqa: FBT003

    result = measure_day(REP, PLAN, [told, timed], driven, now=NIGHT)

    assert [stay.actual_s for stay in result.stays] == [900, 1800]
    assert result.tally.late_s == (300, 0)
    (leg,) = result.legs
    assert leg.at == EIGHT + timedelta(hours=1, minutes=20)
    assert leg.actual_s == 40 * 60
