"""A manager says when and how often an account is visited, and sees in a route what came of it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.web.conftest import Watched
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e

FAR_DAY = "2031-03-04"
"""A Tuesday that has not begun, whenever the test runs."""
WIDE, PHONE = {}, {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SIZES = pytest.mark.parametrize("look", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)


def _form(watched: Watched, account: object, *, who: str = "manager") -> Locator:
    page = watched.open(f"#tab=prospects&account={account}", who=who)
    page.get_by_text("Sửa giờ và tần suất ghé thăm").click()
    return page.locator("form.visiting")


@SIZES
def test_hours_and_frequency_are_set_without_knowing_any_notation(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    account = next(iter(watched.city.accounts))
    form = _form(watched, account)
    for day in ("T2", "T3", "T4", "T6"):
        form.get_by_label(day, exact=True).check()
    form.get_by_label("Từ").fill("08:00")
    form.get_by_label("Đến").fill("10:30")
    expect(form.get_by_label("Hoặc tự viết")).to_have_value("Mo-We,Fr 08:00-10:30")
    form.get_by_label("Chỉ ghé trong giờ này").check()
    form.get_by_label("Tần suất ghé thăm").select_option(label="Hai tuần một lần, tuần lẻ")
    form.get_by_label("Thời lượng mỗi lần ghé (phút)").fill("25")
    form.screenshot(path=tmp_path / "form.png")
    form.get_by_role("button", name="Lưu").click()

    card = watched.page.locator("article.card").first
    expect(card.get_by_text("T2, T3, T4, T6 08:00–10:30 (chỉ ghé")).to_be_visible()
    expect(card.get_by_text("25 phút")).to_be_visible()
    watched.page.screenshot(path=tmp_path / "account.png")
    assert execute(
        test_database.owner_url,
        "SELECT preferred_hours, preferred_hours_are_firm, visit_frequency, visit_minutes"
        " FROM account WHERE id = %s",
        account,
    ) == [("Mo-We,Fr 08:00-10:30", True, "2.1", 25)]
    watched.page.get_by_text("Sửa giờ và tần suất ghé thăm").click()
    expect(form.get_by_label("T3", exact=True)).to_be_checked()
    expect(form.get_by_label("T5", exact=True)).not_to_be_checked()
    form.screenshot(path=tmp_path / "again.png")


def test_hours_that_cannot_be_read_and_older_versions_are_told(
    watched: Watched, test_database: TestDatabase
) -> None:
    account = next(iter(watched.city.accounts))
    form = _form(watched, account)
    form.get_by_label("T2", exact=True).check()
    form.get_by_label("Từ").fill("10:00")
    form.get_by_role("button", name="Lưu").click()
    expect(form.get_by_role("alert")).to_contain_text("Hãy chọn ngày, giờ từ và giờ đến")
    form.get_by_label("Đến").fill("08:00")
    form.get_by_role("button", name="Lưu").click()
    expect(form.get_by_role("alert")).to_contain_text("giờ đến phải sau giờ từ")
    form.get_by_label("Hoặc tự viết").fill("sáng thứ hai")
    form.get_by_role("button", name="Lưu").click()
    expect(form.get_by_role("alert")).to_contain_text("Không đọc được giờ này")
    execute(test_database.owner_url, "UPDATE account SET priority = 1 WHERE id = %s", account)
    form.get_by_label("Hoặc tự viết").fill("Sa 08:00-09:00; PH off")
    expect(form.get_by_label("T7", exact=True)).not_to_be_checked()
    form.get_by_role("button", name="Lưu").click()
    expect(form.get_by_role("alert")).to_contain_text("Người khác vừa sửa")
    refused = [one for one in watched.complaints if "/v1/accounts/" in one]
    assert [one[:3] for one in refused] == ["422", "412"]
    watched.complaints.clear()


@SIZES
def test_a_visit_at_another_time_than_wished_is_marked(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, "UPDATE account SET preferred_hours = 'We 08:00-09:00'")
    page = watched.open(f"#tab=routes&date={FAR_DAY}")
    card = page.locator("article.card", has_text="Lan Nguyễn")
    with page.expect_response("**/v1/routes/plan") as planned:
        card.get_by_role("button", name="Lập tuyến").click()
    route: dict[str, Any] = planned.value.json()
    assert {stop["is_preferred"] for stop in route["stops"]} == {False}
    marks = card.get_by_text("ngoài giờ khách muốn")
    expect(marks).to_have_count(len(route["stops"]))
    marks.first.scroll_into_view_if_needed()
    expect(marks.first).to_be_visible()
    page.screenshot(path=tmp_path / "route.png")
