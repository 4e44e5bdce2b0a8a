"""A manager designs territories anew on the page: scenarios, comparison, approval, publication."""

import csv
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.settings import Settings
from backend.worker import open_worker
from tests.e2e.web.conftest import READY_MS, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e


@pytest.fixture
def worker(watched: Watched, settings: Settings, test_database: TestDatabase) -> Iterator[None]:
    """The service's own worker beside it; one of the city's halves has much more to do."""
    execute(
        test_database.owner_url,
        "UPDATE account SET visit_every_days = 7 WHERE territory_id = %s",
        watched.city.territories["Kamppi"],
    )
    with open_worker(settings, test_database.app_url) as worker:
        thread = threading.Thread(target=worker.run)
        thread.start()
        yield
        worker.stop()
        thread.join()


def _counts(url: str) -> dict[object, object]:
    return dict(
        execute(url, "SELECT territory_id, count(*) FROM account GROUP BY 1")  # type: ignore[arg-type]
    )


def _holders(url: str, territory: UUID) -> list[tuple[object, ...]]:
    held = "SELECT user_id FROM territory_assignment WHERE territory_id = %s AND valid_to IS NULL"
    return execute(url, held, territory)


def _area(url: str, territory: UUID) -> object:
    return execute(url, "SELECT md5(ST_AsBinary(area)) FROM territory WHERE id = %s", territory)


def _sign_in_as(watched: Watched, who: str, leave: str) -> Page:
    page = watched.page
    page.get_by_role("button", name=leave).click()
    watched.sign_in(who)
    page.wait_for_selector("#desk:not([hidden])")
    assert all("/v1/auth/login" in one or "409" in one for one in watched.complaints)
    watched.complaints.clear()  # the browser was somebody else's device
    return page


def _card(page: Page) -> Locator:
    return page.locator("#panel article")


@pytest.mark.usefixtures("worker")
def test_a_scenario_is_designed_compared_approved_and_published(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    url, kamppi = test_database.owner_url, watched.city.territories["Kamppi"]
    before, area = _counts(url), _area(url, kamppi)
    page = watched.open("#tab=territories")
    page.get_by_role("button", name="Thiết kế lại").click()
    expect(page.get_by_text("Đã chọn 2 địa bàn")).to_be_visible()
    page.get_by_role("combobox", name="Giờ làm việc").select_option("2")
    page.get_by_role("combobox", name="Số khách").select_option("0.5")
    page.locator("#panel").screenshot(path=tmp_path / "wish.png")
    page.get_by_role("button", name="Lập các phương án").click()
    card = _card(page)
    expect(card.get_by_role("radio")).to_have_count(5, timeout=READY_MS)
    expect(card.locator("input[value=even]")).to_be_checked()
    expect(card.get_by_role("img", name="Đồ thị độ lệch")).to_be_visible()
    row = card.get_by_role("row", name="Kamppi")
    expect(row.get_by_role("cell").first).to_contain_text("trước:")
    drawn = watched.drawn("overlay-design")
    assert len({one["color"] for one in drawn}) == 2
    assert watched.drawn("overlay-former")
    page.screenshot(path=tmp_path / "design.png")
    page.locator("#panel").evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")
    page.screenshot(path=tmp_path / "comparison.png")
    with page.expect_download() as download:
        card.get_by_role("button", name="Tải danh sách khách chuyển").click()
    download.value.save_as(tmp_path / "moved.csv")
    with (tmp_path / "moved.csv").open(encoding="utf-8-sig", newline="") as file:
        moved = list(csv.DictReader(file))
    assert {one["from_territory"] for one in moved} <= {"Kamppi", "Kruununhaka"}

    _decide(watched, card)
    assert _counts(url) == before
    page = watched.page
    card = _card(page)
    card.get_by_role("button", name="Áp dụng", exact=True).click()
    expect(card.get_by_text("đang được áp dụng từ")).to_be_visible()
    after = _counts(url)
    assert sum(before[key] != after[key] for key in before) == 2
    assert _area(url, kamppi) != area
    card.get_by_text("Lịch sử").click()
    expect(card.get_by_role("list", name="Lịch sử").get_by_role("listitem").first).to_be_visible()
    expect(card.get_by_text("Tổ Kamppi quá tải")).to_be_visible()
    page.locator("#panel").evaluate("panel => panel.scrollTo(0, panel.scrollHeight)")
    page.screenshot(path=tmp_path / "published.png")
    page.get_by_role("button", name="Danh sách địa bàn").click()
    told = page.get_by_role("list", name="Địa bàn").get_by_role("button", name="Kamppi")
    expect(told).to_contain_text(str(after[kamppi]))
    page.wait_for_timeout(400)  # the tiles of the new borders
    page.screenshot(path=tmp_path / "new-borders.png")


def _decide(watched: Watched, card: Locator) -> None:
    """Propose what is chosen, be told to wait, and have somebody else approve it."""
    card.get_by_label("Ghi chú").fill("Tổ Kamppi quá tải")
    card.get_by_role("button", name="Đề xuất “Chia đều”").click()
    expect(card.get_by_text("Một quản lý khác phải duyệt")).to_be_visible()
    page = _sign_in_as(watched, "admin", "Đăng xuất")
    page.get_by_role("button", name="Thiết kế lại").click()
    page.get_by_role("button", name="Chờ duyệt").click()
    card = _card(page)
    card.get_by_role("button", name="Duyệt “Chia đều”").click()
    expect(card.get_by_text("được duyệt lúc")).to_be_visible()


@pytest.mark.usefixtures("worker")
def test_a_planner_alone_approves_publishes_and_undoes_in_english(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    url = test_database.owner_url
    execute(url, "UPDATE app_user SET is_active = false WHERE role = 'admin'")
    before = _counts(url)
    page = watched.open("#tab=territories")
    watched.switch_language()
    page.get_by_role("button", name="Design anew").click()
    page.get_by_label("Name", exact=True).fill("Spring")
    page.get_by_role("button", name="Make scenarios").click()
    card = _card(page)
    # The keyboard alone goes through the scenarios.
    expect(card.locator("input[value=even]")).to_be_checked(timeout=READY_MS)
    card.locator("input[value=even]").focus()
    page.keyboard.press("ArrowUp")
    expect(card.locator("input[value=shift]")).to_be_checked()
    card.get_by_role("combobox", name="Beside").select_option("even")
    expect(card.get_by_text("accounts move")).to_be_visible()
    card.get_by_role("button", name="Propose “Shift”").press("Enter")
    card.get_by_role("button", name="Approve “Shift”").press("Enter")
    card.get_by_text("Who holds them").press("Enter")
    card.get_by_role("combobox", name="Kamppi").select_option(label="Minh Trần")
    card.get_by_label("In force from").fill("2099-01-01")
    card.get_by_role("button", name="Publish").press("Enter")
    expect(card.get_by_text("will be in force from")).to_be_visible()
    assert _counts(url) == before
    card.get_by_role("button", name="Call it off").press("Enter")
    card.get_by_text("Who holds them").press("Enter")
    card.get_by_role("combobox", name="Kamppi").select_option(label="Minh Trần")
    page.screenshot(path=tmp_path / "people.png")
    card.get_by_role("button", name="Publish").press("Enter")
    expect(card.get_by_text("is in force since")).to_be_visible()
    assert _counts(url) != before
    assert _holders(url, watched.city.territories["Kamppi"]) == [
        (watched.city.org.other_rep.user_id,)
    ]
    page.screenshot(path=tmp_path / "english.png")
    card.get_by_role("button", name="Undo all of it").press("Enter")
    expect(card.get_by_role("status").get_by_text("Undone")).to_be_visible()
    assert _counts(url) == before
    card.get_by_role("button", name="Designs").press("Enter")
    expect(page.get_by_role("button", name="Spring")).to_be_visible()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_a_design_fits_a_phone(watched: Watched, tmp_path: Path) -> None:
    page = watched.open("#tab=territories")
    page.get_by_role("button", name="Thiết kế lại").click()
    page.get_by_role("button", name="Lập các phương án").click()
    expect(_card(page).get_by_role("row", name="Kamppi")).to_be_visible(timeout=READY_MS)
    width = page.evaluate("document.querySelector('#panel').scrollWidth - panel.clientWidth")
    assert width <= 1
    _card(page).get_by_role("img", name="Đồ thị độ lệch").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "phone-curve.png")
    page.get_by_role("region", name="So sánh").last.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "phone-table.png")


def test_a_design_that_nobody_makes_is_stopped(watched: Watched) -> None:
    page = watched.open("#tab=territories")
    page.get_by_role("button", name="Thiết kế lại").click()
    page.get_by_text("Luật riêng của từng địa bàn").click()
    page.get_by_label("Phần việc (%)").first.fill("50")
    rules = page.get_by_role("group", name="Kamppi")
    rules.get_by_label("Khách phải ở lại").fill("a")
    rules.get_by_role("button", name="Tìm").click()
    rules.get_by_role("group").get_by_role("button").first.click()
    expect(rules.get_by_role("button", name="Bỏ")).to_be_visible()
    page.get_by_label("Địa bàn mới (cho nhân viên mới)").fill("Phía bắc")
    page.get_by_role("button", name="Thêm", exact=True).click()
    expect(page.get_by_text("Đã chọn 3 địa bàn")).to_be_visible()
    page.get_by_role("button", name="Lập các phương án").click()
    card = _card(page)
    expect(card.get_by_role("progressbar")).to_be_visible()
    card.get_by_role("button", name="Dừng lại").click()
    expect(card.get_by_text("Thiết kế này đã được dừng")).to_be_visible()


def test_reps_design_nothing(watched: Watched) -> None:
    page = watched.open("#tab=territories", who="rep")
    expect(page.get_by_role("list", name="Địa bàn")).to_be_visible()
    expect(page.get_by_role("button", name="Thiết kế lại")).to_have_count(0)
