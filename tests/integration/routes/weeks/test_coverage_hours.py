"""Weeks keep to accounts' own hours: firm ones on every day, wished ones where that is cheap."""

from datetime import date
from typing import Any

from tests.integration.routes.weeks.conftest import Office
from tests.support.ground import execute

TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


def _prefer(office: Office, shop: int, hours: str, *, is_firm: bool) -> str:
    key = office.shops[shop]
    execute(
        office.town.url,
        "UPDATE account SET preferred_hours = %s, preferred_hours_are_firm = %s WHERE id = %s",
        hours,
        is_firm,
        key,
    )
    return str(key)


def _visits(plan: dict[str, Any], account_id: str) -> list[tuple[int, dict[str, Any]]]:
    return [
        (date.fromisoformat(day["on_date"]).weekday(), stop)
        for day in plan["result"]["days"]
        for stop in day["stops"]
        if stop["account_id"] == account_id
    ]


def test_firm_hours_hold_and_wished_days_are_taken(office: Office) -> None:
    firm = _prefer(office, 0, "Tu,Th 09:00-11:00", is_firm=True)
    wished = _prefer(office, 1, "We 14:00-17:00", is_firm=False)
    never = _prefer(office, 7, "Su 09:00-11:00", is_firm=True)

    plan = office.plan()

    on_firm = _visits(plan, firm)
    assert len(on_firm) == 4
    assert {weekday for weekday, _ in on_firm} <= {TUESDAY, THURSDAY}
    assert all("09:00:00" <= stop["start"] <= "10:45:00" for _, stop in on_firm)
    on_wished = _visits(plan, wished)
    assert [weekday for weekday, _ in on_wished] == [WEDNESDAY] * 4
    assert all(stop["is_preferred"] and stop["start"] >= "14:00:00" for _, stop in on_wished)
    assert not _visits(plan, never)
    (told,) = (one for one in plan["result"]["dropped"] if one["account_id"] == never)
    assert "preferred hours" in told["detail"]
