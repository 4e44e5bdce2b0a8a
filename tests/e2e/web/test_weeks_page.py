"""A manager plans weeks on the page, watches, looks at a day, accepts; a rep reads them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from backend.settings import Settings
from backend.worker import open_worker
from tests.e2e.web.conftest import READY_MS, Watched
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
KEPT = 40
"""So many shops of the city are planned: enough for a full week, few enough for a test."""


@pytest.fixture
def worker(watched: Watched, settings: Settings, test_database: TestDatabase) -> Iterator[None]:
    """The service's own worker beside it, and fewer shops."""
    url = test_database.owner_url
    inside = "territory_id IS NOT NULL"
    execute(
        url,
        f"UPDATE account SET deleted_at = now() WHERE NOT {inside} OR NOT id IN"
        f" (SELECT id FROM account WHERE {inside} ORDER BY id LIMIT {KEPT})",
    )
    execute(url, "UPDATE account SET visit_every_days = 7 WHERE priority = 2")
    assert watched.city.accounts
    with open_worker(settings, test_database.app_url) as worker:
        thread = threading.Thread(target=worker.run)
        thread.start()
        yield
        worker.stop()
        thread.join()


@pytest.mark.usefixtures("worker")
def test_weeks_are_planned_watched_and_accepted(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    page = watched.open("#tab=weeks")
    expect(page.get_by_text("Chưa có kế hoạch tuần")).to_be_visible()
    page.get_by_label("Lập tuần cho").select_option(label="Lan Nguyễn")
    page.get_by_role("button", name="Lập kế hoạch tuần").click()
    card = page.locator("article[data-plan]", has_text="Lan Nguyễn")
    expect(card.get_by_role("progressbar", name="Tiến độ")).to_be_visible()
    expect(card.get_by_text("chờ duyệt")).to_be_visible(timeout=READY_MS)
    expect(card.get_by_text("ước tính")).to_be_visible()
    expect(card.get_by_role("columnheader", name="T2")).to_be_visible()
    expect(card.locator("tbody tr")).to_have_count(4)
    card.screenshot(path=tmp_path / "weeks.png")
    card.locator("button.heat").first.click()
    expect(card.locator(".stop").first).to_be_visible()
    card.get_by_role("button", name="Duyệt").click()
    expect(card.get_by_text("đã duyệt")).to_be_visible()
    assert execute(test_database.owner_url, "SELECT count(*) FROM coverage_day") == [(28,)]
    page.get_by_role("button", name="Lập kế hoạch tuần").click()
    newer = page.locator("article[data-plan]", has_text="chờ duyệt")
    newer.get_by_text("So với kế hoạch đã duyệt").click(timeout=READY_MS)
    row = newer.get_by_role("row", name="Lượt ghé thăm")
    expect(row.get_by_role("cell")).to_have_count(2)
    newer.screenshot(path=tmp_path / "beside.png")


def test_a_plan_that_is_not_wanted_is_cancelled_in_english(watched: Watched) -> None:
    # Without a worker it waits for its turn, however fast it would be planned.
    page = watched.open("#tab=weeks")
    watched.switch_language()
    page.get_by_role("button", name="Plan the weeks").click()
    card = page.locator("article[data-plan]", has_text="Minh Trần")
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_text("cancelled")).to_be_visible()
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    watched.sign_in("rep")
    page.wait_for_selector("#desk:not([hidden])")
    assert all("/v1/auth/login" in one or "409" in one for one in watched.complaints)
    watched.complaints.clear()  # the browser was somebody else's device
    page.get_by_role("tab", name="Weeks").click()
    expect(page.locator("article[data-plan]")).to_have_count(1)
    expect(page.get_by_role("button", name="Plan the weeks")).to_have_count(0)
