"""What a rep's records become as a problem: rhythms, days held to, visits owed, opening hours."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from backend.geo.network.provider import Matrix, OffNetwork
from backend.routes.coverage.account import Account, CoverageError
from backend.routes.coverage.problem import CoverageProblem
from backend.routes.day.windows import Window
from backend.routes.visiting_hours import AccountHours
from backend.routes.weeks.calendar import days_before, workdays_of
from backend.routes.weeks.ground_repository import AcceptedDay, AccountFacts
from backend.routes.weeks.opening import Hours
from backend.routes.weeks.schemas import AccountRule, CoverageRequest
from backend.routes.weeks.statement import Facts, make_problem
from backend.visits.kinds import VisitKind

MONDAY = date(2026, 2, 2)
SHOP_ID = UUID(int=7)
HOUR = 3600
HELSINKI = (24.94, 60.17)


def on(day: int) -> date:
    return MONDAY + timedelta(day)


def shop(**others: Any) -> AccountFacts:
    fields: dict[str, Any] = {
        "id": SHOP_ID,
        "name": "Kiosk",
        "location": HELSINKI,
        "hours": AccountHours(None),
        "is_prospect": False,
        "visit_minutes": 15,
        "visit_every_days": 14,
        "visit_frequency": None,
        "last_on": None,
        "done_on": (),
        "promised_on": (),
    }
    return AccountFacts(**{**fields, **others})


def planned(*days: int, until: int = 27) -> tuple[AcceptedDay, ...]:
    """Accepted days from four weeks before the weeks on, with the shop on some of them."""
    return tuple(
        AcceptedDay(on(day), (SHOP_ID,) if day in days else ()) for day in range(-28, until + 1)
    )


def problem_of(one: AccountFacts, today: int = -3, **others: Any) -> CoverageProblem:
    accepted, kind_minutes = others.pop("accepted", ()), others.pop("kind_minutes", {})
    request = CoverageRequest(**{"from_on": MONDAY, **others})
    facts = Facts(
        country="VN", today=on(today), cycle_week=0, accounts=(one,), accepted=tuple(accepted),
        kind_minutes=kind_minutes,
    )  # fmt: skip
    ways = np.array([[0, 60], [60, 0]], dtype=np.int32)
    return make_problem(request, facts, Matrix(ways, ways, is_estimate=False))


def account_of(one: AccountFacts, today: int = -3, **others: Any) -> Account:
    (account,) = problem_of(one, today, **others).accounts
    return account


def test_the_rule_goes_before_the_record_and_the_record_before_the_days() -> None:
    rule = AccountRule(account_id=SHOP_ID, frequency="8", weekdays=["fri", "mon"], min_gap_days=2)
    ruled = account_of(shop(visit_frequency="1.2"), rules=[rule])
    assert (str(ruled.frequency), ruled.weekdays, ruled.min_gap_days) == ("8", (0, 4), 2)
    assert str(account_of(shop(visit_frequency="1.2")).frequency) == "1.2"
    assert str(account_of(shop()).frequency) == "2"


def test_a_frequency_that_cannot_be_read_names_the_account() -> None:
    with pytest.raises(CoverageError, match="Kiosk: “now and then” is no visit frequency"):
        account_of(shop(visit_frequency="now and then"))


def test_the_days_of_the_accepted_weeks_are_those_of_before() -> None:
    same = account_of(shop(), accepted=planned(1, 15))
    assert same.previous_days == (1, 15)
    gone_on = account_of(shop(), accepted=planned(-27, -13, until=-1))
    assert gone_on.previous_days == (1, 15)
    rare = shop(visit_frequency="every 3 weeks")
    assert account_of(rare, accepted=planned(1)).previous_days is None
    assert account_of(shop()).previous_days is None


def test_accepted_days_that_leave_a_gap_tell_nothing() -> None:
    assert days_before([AcceptedDay(on(-40), (SHOP_ID,))], MONDAY, 28) is None


def test_visits_still_to_come_count_as_the_last_one() -> None:
    coming = account_of(shop(last_on=on(-20)), today=-10, accepted=planned(-20, -6))
    assert (coming.last_visit_day, coming.owed_by) == (-6, None)


def test_a_visit_that_was_skipped_is_owed_in_the_first_week() -> None:
    skipped = account_of(shop(last_on=on(-20)), accepted=planned(-20, -6, until=-1))
    assert (skipped.last_visit_day, skipped.owed_by) == (-20, 6)
    made_up = account_of(shop(last_on=on(-5)), accepted=planned(-20, -6, until=-1))
    assert made_up.owed_by is None


def test_a_start_in_mid_week_keeps_what_was_done_and_promised() -> None:
    visits = shop(done_on=(on(1),), promised_on=(on(9), on(12)))
    problem = problem_of(visits, today=2, from_on=on(2), works_on_holidays=True)
    (account,) = problem.accounts
    assert problem.open_from == 2
    assert account.fixed_days == (1, 9), "day 12 is a Saturday, on which nobody works"


def test_weeks_that_have_begun_are_planned_from_today_and_keep_what_was_done() -> None:
    visits = shop(done_on=(on(1), on(9)), promised_on=(on(15),))
    problem = problem_of(visits, today=9, works_on_holidays=True)
    (account,) = problem.accounts
    assert problem.open_from == 9
    assert account.fixed_days == (1, 9, 15)


def test_a_visit_of_today_on_a_day_off_is_done_before_the_days_to_plan() -> None:
    problem = problem_of(shop(done_on=(on(12),)), today=12, works_on_holidays=True)
    assert (problem.open_from, problem.accounts[0].fixed_days) == (13, (12,))


def test_weeks_that_are_over_are_planned_as_if_they_were_to_come() -> None:
    assert problem_of(shop(), today=28, works_on_holidays=True).open_from == 0


def test_holidays_and_days_off_are_no_days_of_work() -> None:
    request = CoverageRequest(
        from_on=MONDAY, shift_start=time(8), shift_end=time(16), days_off=[on(3)]
    )
    days = {one.day for one in workdays_of(request, "VN")}
    assert 3 not in days
    assert 15 not in days, "Tết, 17 February 2026"
    with_tet = CoverageRequest(from_on=MONDAY, works_on_holidays=True, weekdays=["tue"])
    assert [one.day for one in workdays_of(with_tet, "VN")] == [1, 8, 15, 22]


def test_a_base_off_every_street_is_told() -> None:
    ways = np.full((1, 1), -1, dtype=np.int32)
    facts = Facts(country="VN", today=MONDAY, cycle_week=0, accounts=(), accepted=())
    sea = Matrix(ways, ways, is_estimate=False, off_network=(OffNetwork(0, "in the sea", None),))
    with pytest.raises(CoverageError, match="off every street"):
        make_problem(CoverageRequest(from_on=MONDAY), facts, sea)


def test_hours_that_change_within_the_weeks_hold_on_every_day_that_is_not_closed() -> None:
    hours = Hours(MONDAY, 28, "VN", Window(8 * HOUR, 17 * HOUR))
    opening = hours.opening(
        AccountHours("Mo-Fr 09:00-17:00; Feb 16-28 Mo-Fr 10:00-18:00; Feb 18 off"), HELSINKI
    )
    assert opening.windows[0] == (Window(10 * HOUR, 17 * HOUR),)
    assert opening.windows[6] == ()
    assert opening.closed_days == (16,)
    unknown = hours.opening(AccountHours(None), HELSINKI)
    assert unknown.windows == ((Window(8 * HOUR, 17 * HOUR),),) * 7


def test_hours_without_common_time_are_those_of_most_days() -> None:
    hours = Hours(MONDAY, 28, "VN", Window(8 * HOUR, 17 * HOUR))
    opening = hours.opening(AccountHours("Mo 08:00-12:00; Feb 23 14:00-18:00"), HELSINKI)
    assert opening.windows[0] == (Window(8 * HOUR, 12 * HOUR),)
    assert opening.closed_days == (21,)


def test_firm_hours_are_when_an_account_may_be_visited() -> None:
    account = account_of(
        shop(hours=AccountHours("Mo-Fr 08:00-17:00", "Tu,Th 09:00-11:00", is_firm=True))
    )
    open_on = [bool(windows) for windows in account.windows]
    assert open_on == [False, True, False, True, False, False, False]
    assert account.windows[1] == (Window(9 * HOUR, 11 * HOUR),)
    assert (account.has_own_hours, account.preferred, account.preference_s) == (True, (), 0)


def test_a_wish_leaves_the_opening_hours_as_they_are() -> None:
    account = account_of(shop(hours=AccountHours("Mo-Fr 08:00-17:00", "Tu,Th 09:00-11:00")))
    assert account.windows[0] == (Window(8 * HOUR, 17 * HOUR),)
    assert account.preferred[1] == (Window(9 * HOUR, 11 * HOUR),)
    assert account.preferred[0] == ()
    assert (account.has_own_hours, account.preference_s) == (False, 15 * 60)


def test_a_prospect_has_its_first_visit_in_the_weeks_unless_it_had_one() -> None:
    minutes = {VisitKind.FIRST: 60, VisitKind.ORDER: 20}
    unseen = shop(is_prospect=True)
    order = AccountRule(account_id=SHOP_ID, kind=VisitKind.ORDER)

    def lengths(one: AccountFacts, **others: Any) -> tuple[int, int | None]:
        account = account_of(one, kind_minutes=minutes, **others)
        return account.service_s // 60, account.first_service_s

    assert lengths(unseen) == (15, 3600)
    assert lengths(unseen, rules=[order]) == (20, None), "the rule's word goes before"
    assert lengths(shop()) == (15, None), "of a customer it is known how long visits take"
    assert lengths(shop(is_prospect=True, last_on=on(-40))) == (15, None)
    assert lengths(shop(is_prospect=True, done_on=(on(1),)), today=2) == (15, None)
    assert lengths(unseen, today=-10, accepted=planned(-6)) == (15, None), "it comes before them"
