"""A manager sees what a rep made of the day on the phone, beside the plan and what was driven."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from backend.ids import new_id
from tests.e2e.web.conftest import DAY, Watched
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e


def test_planned_own_and_driven_stand_side_by_side(
    watched: Watched, test_database: TestDatabase
) -> None:
    route_id, url = watched.city.routes["Kruununhaka"], test_database.owner_url
    ((stops, starts_at, rep_id),) = execute(
        url, "SELECT stops, starts_at, rep_id FROM route WHERE id = %s", route_id
    )
    assert isinstance(stops, list)
    *rest, closed = stops[2:]
    noon = starts_at + timedelta(hours=4)  # type: ignore[operator]  # a time
    order = [
        {"visit_id": stop["visit_id"], "start_at": (noon + timedelta(minutes=20 * n)).isoformat()}
        for n, stop in enumerate(reversed(rest))
    ]
    cost = {"stops": len(order), "distance_m": 5200, "travel_seconds": 900,
            "ends_at": (noon + timedelta(hours=3)).isoformat()}  # fmt: skip
    dropped = [{"visit_id": closed["visit_id"], "reason": "closed", "facts": {}}]
    plan = {"stops": order, "dropped": dropped, "before": cost, "after": cost}
    execute(
        url,
        "INSERT INTO rework (org_id, id, route_id, rep_id, made_at, reason, plan, state)"
        " VALUES (%s, %s, %s, %s, %s, 'closed', %s, 'applied')",
        *(watched.city.org.id, new_id(), route_id, rep_id, noon, json.dumps(plan)),
    )
    page = watched.open(f"#tab=routes&date={DAY}&route={route_id}")
    card = page.locator(f'[data-route="{route_id}"]')
    card.get_by_text("Nhân viên đã sắp lại").click()
    table = card.locator("table.compare")
    expect(table.locator("tbody tr")).to_have_count(len(stops))
    expect(table.locator("tbody tr").first).to_contain_text(stops[0]["name"])
    expect(table.locator("tbody tr").nth(2)).to_contain_text(rest[-1]["name"])
    expect(table.locator("tbody tr").last).to_contain_text("Đóng cửa khi đến")
    if folder := os.environ.get("TUYEN_PICTURES"):
        table.scroll_into_view_if_needed()
        page.screenshot(path=Path(folder) / "page.png")
