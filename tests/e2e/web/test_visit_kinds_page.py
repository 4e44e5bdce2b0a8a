"""A manager says how long a delivery takes, and makes a visit of a day one."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Watched

pytestmark = pytest.mark.e2e

FAR_DAY = "2031-03-04"
"""A Tuesday that has not begun, whenever the test runs."""


def test_a_delivery_takes_as_long_as_the_manager_says(watched: Watched, tmp_path: Path) -> None:
    page = watched.open("#tab=results")
    page.get_by_text("Thời lượng ghé và đường đi thực tế").click()
    row = page.locator('[data-learned="delivery"]')
    expect(row.get_by_text("như thời lượng của khách")).to_be_visible()
    row.get_by_role("spinbutton").fill("45")
    row.get_by_role("button").click()
    expect(row.get_by_text("45 phút")).to_be_visible()
    page.screenshot(path=tmp_path / "kinds.png")

    page.goto(f"{watched.service.url}/#tab=routes&date={FAR_DAY}")
    card = page.locator("article.card", has_text="Lan Nguyễn")
    with page.expect_response("**/v1/routes/plan"):
        card.get_by_role("button", name="Lập tuyến").click()
    page.get_by_role("button", name="Điều chỉnh").first.click()
    panel = page.locator(".adjust").first
    first = panel.locator("li.stop").first
    account = first.get_attribute("data-account")
    with page.expect_response("**/adjust") as tried:
        first.get_by_role("combobox").select_option(label="Giao hàng")
    stop = next(one for one in tried.value.json()["route"]["stops"] if one["account_id"] == account)
    assert stop["kind"] == "delivery"
    expect(panel.locator(f'[data-account="{account}"]').get_by_role("combobox")).to_have_value(
        "delivery"
    )
    page.screenshot(path=tmp_path / "choosing.png")
    with page.expect_response("**/adjust"):
        panel.get_by_role("button", name="Lưu thay đổi").click()
    expect(card.locator(".badge", has_text="Giao hàng")).to_be_visible()
    page.screenshot(path=tmp_path / "kept.png")
