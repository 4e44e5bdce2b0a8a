"""A manager changes a day by hand on the page and sees what that costs before it is kept."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.web.conftest import DAY, Watched

pytestmark = pytest.mark.e2e


FAR_DAY = "2031-03-04"
"""A Tuesday that has not begun, whenever the test runs."""


def _planned(watched: Watched) -> Locator:
    """Plan a day, which the solver does here, and open its adjusting."""
    page = watched.open(f"#tab=routes&date={FAR_DAY}")
    card = page.locator("article.card", has_text="Lan Nguyễn")
    with page.expect_response("**/v1/routes/plan"):
        card.get_by_role("button", name="Lập tuyến").click()
    return _opened(page)


def _opened(page: Page) -> Locator:
    page.get_by_role("button", name="Điều chỉnh").first.click()
    panel = page.locator(".adjust").first
    expect(panel).to_be_visible()
    return panel


def _names(panel: Locator) -> list[str]:
    return [str(one) for one in panel.locator("li.stop").evaluate_all(
        "(rows) => rows.map((row) => row.dataset.account)")]  # fmt: skip


def test_a_visit_is_moved_tried_and_kept(watched: Watched, tmp_path: Path) -> None:
    panel = _planned(watched)
    page, before = watched.page, _names(panel)
    with page.expect_response("**/adjust"):
        panel.locator("li.stop").nth(3).get_by_role("button", name="Lên trước").click()
    moved = [*before[:2], before[3], before[2], *before[4:]]
    expect(panel.locator("li.stop").nth(2)).to_have_attribute("data-account", moved[2])
    expect(panel.get_by_role("status")).not_to_have_text("Đang lập …")
    page.screenshot(path=tmp_path / "adjusting.png")
    assert watched.drawn("overlay-tried"), "the tried way is not drawn"

    with page.expect_response("**/adjust") as kept:
        panel.get_by_role("button", name="Lưu thay đổi").click()

    stops = kept.value.json()["route"]["stops"]
    assert [one["account_id"] for one in stops] == moved
    expect(panel).to_be_hidden()
    expect(page.get_by_text("thứ tự tự chọn").first).to_be_visible()
    page.screenshot(path=tmp_path / "kept.png")


def test_a_visit_is_dragged_left_out_and_brought_back(watched: Watched, tmp_path: Path) -> None:
    panel = _planned(watched)
    page, before = watched.page, _names(panel)
    rows = panel.locator("li.stop")
    with page.expect_response("**/adjust") as tried:
        rows.nth(0).drag_to(rows.nth(2))
    moved = [one["account_id"] for one in tried.value.json()["route"]["stops"]]
    assert moved != before
    expect(rows.nth(0)).to_have_attribute("data-account", moved[0])
    expect(rows.nth(2)).to_have_attribute("data-account", moved[2])

    with page.expect_response("**/adjust"):
        rows.nth(0).get_by_role("button", name="Bỏ ra").click()
    told = panel.locator(".dropped li").filter(has_text="Được bỏ ra bằng tay")
    expect(told).to_have_count(1)
    panel.get_by_role("button", name="Giá của từng lựa chọn").click()
    page.screenshot(path=tmp_path / "left_out.png")
    with page.expect_response("**/adjust"):
        told.get_by_role("button").click()
    expect(told).to_have_count(0)

    panel.get_by_role("button", name="Bỏ thay đổi").click()

    expect(panel).to_be_hidden()
    page.get_by_role("button", name="Điều chỉnh").first.click()
    assert _names(panel) == before


def test_choices_are_priced(watched: Watched, tmp_path: Path) -> None:
    panel = _planned(watched)
    page = watched.page
    with page.expect_response("**/adjust"):
        panel.locator("li.stop").nth(1).get_by_role("button", name="Giữ nguyên giờ này").click()
    with page.expect_response("**/adjust"):
        panel.get_by_role("button", name="Lưu thay đổi").click()
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="Điều chỉnh").first.click()
    with page.expect_response("**/choices"):
        panel.get_by_role("button", name="Giá của từng lựa chọn").click()
    expect(panel.get_by_text("Lịch hẹn:")).to_be_visible()
    page.screenshot(path=tmp_path / "priced.png")


def test_a_rep_adjusts_the_own_day(watched: Watched) -> None:
    page = watched.open(f"#tab=routes&date={DAY}", who="rep")

    assert len(_names(_opened(page))) > 3
