"""From candidates to stops: what a wish is worth, and when it does not count."""

from datetime import date, time

import msgspec
import pytest

from backend.ids import new_id
from backend.routes.candidate_repository import Candidate
from backend.routes.day.problem import Stop
from backend.routes.schemas import Appointment, PlanRequest
from backend.routes.survey import stops_of
from backend.routes.visiting_hours import PREFERENCE_S, AccountHours
from tests.unit.routes.days import HOUR, between

MONDAY = date(2026, 11, 23)
SHOP = Candidate(
    id=new_id(),
    name="Quán Nguyễn",
    location=(106.7, 10.77),
    hours=AccountHours("Mo-Su 08:00-17:00", "Mo 09:00-10:00"),
    visit_minutes=15,
    priority=2,
    overdue_days=0,
    is_required=False,
)


def stop_of(candidate: Candidate, **request: object) -> Stop:
    asked = msgspec.convert({"on_date": MONDAY, **request}, PlanRequest)
    (stop,) = stops_of(asked, "VN", [candidate], first_node=2, off=())
    return stop


def test_a_wish_is_worth_a_quarter_of_an_hour() -> None:
    stop = stop_of(SHOP)
    assert (stop.windows, stop.preferred) == (between(8, 17), between(9, 10))
    assert (stop.preference_s, stop.value_s) == (PREFERENCE_S, 2 * HOUR)


@pytest.mark.parametrize(("priority", "worth_s"), [(5, 450), (4, 900)], ids=["least", "little"])
def test_no_wish_takes_more_than_half_of_a_visit_s_worth(priority: int, worth_s: int) -> None:
    assert stop_of(msgspec.structs.replace(SHOP, priority=priority)).preference_s == worth_s


def test_a_day_that_is_not_wished_makes_a_visit_worth_less() -> None:
    stop = stop_of(SHOP, on_date=date(2026, 11, 24))
    assert stop.is_unwished
    assert (stop.preferred, stop.preference_s) == ((), 0)
    assert stop.value_s == 2 * HOUR - PREFERENCE_S


def test_an_agreed_time_beats_all_hours() -> None:
    firm = msgspec.structs.replace(SHOP, hours=AccountHours(None, "Tu", is_firm=True))
    stop = stop_of(firm, appointments=[Appointment(account_id=SHOP.id, start=time(11))])
    assert stop.windows == between(11, 11.25)
    assert not stop.preferred
    assert not stop.has_own_hours
