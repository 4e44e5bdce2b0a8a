"""A manager deals out the day of somebody who is absent, on the page."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Watched

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
