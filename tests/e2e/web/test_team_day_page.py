"""A manager deals out the day of somebody who is absent, on the page."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Watched
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.phones import SetClock
from tests.support.server import RunningService

pytestmark = pytest.mark.e2e
FAR_DAY = "2031-03-04"
"""A Tuesday that has not begun, whenever the test runs."""


def test_the_day_of_who_is_absent_is_dealt_out(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=routes&date={FAR_DAY}")
    page.get_by_text("Lập tuyến cả nhóm").click()
    page.get_by_label("Minh Trần").select_option("absent")
    page.screenshot(path=tmp_path / "team.png")

    with page.expect_response("**/v1/routes/plan-team") as planned:
        page.get_by_role("button", name="Lập tuyến cho nhóm").click()

    (route,) = planned.value.json()["routes"]
    assert len(route["stops"]) > 3
    expect(page.get_by_text("Đã lập tuyến cho 1 người")).to_be_visible()
    expect(page.locator("[data-route]")).to_have_count(1)
    page.screenshot(path=tmp_path / "planned.png")


def test_who_has_begun_takes_over_and_what_is_done_is_told_as_done(
    watched: Watched, service: RunningService, test_database: TestDatabase
) -> None:
    page = watched.open(f"#tab=routes&date={FAR_DAY}")
    for name in ("Lan Nguyễn", "Minh Trần"):
        card = page.locator("article.card", has_text=name)
        with page.expect_response("**/v1/routes/plan"):
            card.get_by_role("button", name="Lập tuyến").click()
        expect(page.locator("[data-route]", has_text=name)).to_be_visible()
    execute(
        test_database.owner_url,
        "UPDATE visit SET status = CASE sequence WHEN 1 THEN 'done' ELSE 'checked_in' END,"
        " outcome = CASE sequence WHEN 1 THEN 'met' END, checked_in_at = planned_at"
        " WHERE planned_on = %s AND sequence <= 2",
        FAR_DAY,
    )
    service.app.state.clock = SetClock(datetime.fromisoformat(f"{FAR_DAY}T11:00:00+00:00"))
    page.get_by_text("Lập tuyến cả nhóm").click()
    page.get_by_label("Minh Trần").select_option("absent")

    with page.expect_response("**/v1/routes/plan-team") as planned:
        page.get_by_role("button", name="Lập tuyến cho nhóm").click()

    routes = planned.value.json()["routes"]
    assert [route["begun_count"] for route in routes] == [2]
    expect(page.get_by_text("Trong đó 1 người đã bắt đầu đi")).to_be_visible()
    card = page.locator("[data-route]", has_text="Lan Nguyễn")
    expect(card.get_by_text(f"xong 1/{len(routes[0]['stops'])}")).to_be_visible()
    card.locator("summary").first.click()
    stops = card.locator("ol.stops > li", has=page.locator("button.plain"))
    expect(stops.nth(0)).to_contain_text("hoàn tất")
    expect(stops.nth(1)).to_contain_text("đã điểm danh")
    expect(card.get_by_text("hoàn tất")).to_have_count(1)
    if folder := os.environ.get("TUYEN_PICTURES"):
        page.screenshot(path=Path(folder) / "team-under-way.png")
