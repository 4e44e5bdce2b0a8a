"""The list of coverage plans: page by page, and those under way alone."""

from datetime import timedelta
from typing import Any

from backend.ids import new_id
from tests.integration.routes.weeks.conftest import NEXT_MONDAY, PATH, Office
from tests.support.ground import execute


def _add(office: Office, status: str, hours_ago: int) -> str:
    org, plan_id = office.town.org, str(new_id())
    execute(
        office.town.url,
        "INSERT INTO coverage_plan (org_id, id, rep_id, created_by, status, first_on, from_on,"
        " weeks, cycle_week, request, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 4, 0, '{}', date_trunc('day', now()) - %s)",
        org.id, plan_id, org.rep.user_id, org.manager.user_id, status, NEXT_MONDAY, NEXT_MONDAY,
        timedelta(hours=hours_ago),
    )  # fmt: skip
    return plan_id


def _page(office: Office, **query: Any) -> tuple[list[str], str | None]:
    answer = office.town.get(office.town.org.manager, PATH, **query)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    return [one["id"] for one in page["items"]], page["next_cursor"]


def test_plans_come_page_by_page_the_newest_first(office: Office) -> None:
    ids = [_add(office, "cancelled", hours) for hours in (0, 0, 1, 2, 2)]
    first, cursor = _page(office, limit=2)
    second, cursor = _page(office, limit=2, cursor=cursor)
    last, end = _page(office, limit=2, cursor=cursor)
    assert ([*first, *second, *last], len(last), end) == (ids, 1, None)
    wrong = office.town.get(office.town.org.manager, PATH, cursor="anything")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")


def test_plans_under_way_can_be_asked_for_alone(office: Office) -> None:
    _add(office, "failed", 0)
    queued = _add(office, "queued", 1)
    assert _page(office, status=["queued", "running"]) == ([queued], None)
    assert _page(office, status="done") == ([], None)
