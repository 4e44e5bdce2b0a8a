"""A manager puts a visit of an account on a day and says what it is for."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Watched
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e

FAR_DAY = "2031-03-04"
"""A Tuesday that has not begun, whenever the test runs."""
WIDE, PHONE = {}, {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.mark.parametrize("look", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
def test_a_delivery_is_put_on_a_day_by_hand(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    account = next(iter(watched.city.accounts))
    execute(
        test_database.owner_url,
        "UPDATE account SET life_stage = 'prospect', last_visit_at = NULL WHERE id = %s",
        account,
    )
    ((holder,),) = execute(
        test_database.owner_url,
        "SELECT s.user_id::text FROM territory_assignment s"
        " JOIN account a ON a.territory_id = s.territory_id WHERE a.id = %s",
        account,
    )
    page = watched.open(f"#tab=prospects&account={account}")
    page.get_by_text("Lên lịch ghé thăm").click()
    form = page.locator("form.visit-by-hand")
    expect(form.get_by_label("Mục đích ghé thăm")).to_have_value("first")
    expect(form.get_by_label("Nhân viên")).to_have_value(holder)
    form.get_by_label("Ngày ghé").fill(FAR_DAY)
    form.get_by_label("Mục đích ghé thăm").select_option(label="Giao hàng")
    form.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "planning.png")
    with page.expect_response("**/v1/visits") as made:
        form.get_by_role("button", name="Lên lịch").click()
    visit = made.value.json()
    told = (visit["kind"], visit["planned_on"], visit["rep_id"])
    assert told == ("delivery", FAR_DAY, holder)
    listed = page.locator("section.card").get_by_text("· Giao hàng")
    expect(listed).to_be_visible()
    listed.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "planned.png")
    page.goto(f"{watched.service.url}/#tab=visits&date={FAR_DAY}")
    expect(page.locator("article.card .badge", has_text="Giao hàng")).to_be_visible()
    page.screenshot(path=tmp_path / "day.png")
