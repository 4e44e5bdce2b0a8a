"""Doubtful pins and duplicates on the page: found, looked at, answered, put back."""

import csv
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.doubts import METRE, check_pins, see
from tests.support.ground import add_account, execute

pytestmark = pytest.mark.e2e


@pytest.fixture
def shop(watched: Watched, test_database: TestDatabase) -> UUID:
    """A shop of Kamppi that was visited 260 m to the north, and once elsewhere; and its double."""
    url, org = test_database.owner_url, watched.city.org
    lon, lat = 24.936, 60.169
    shop = add_account(url, org, "Cà phê Hương Lan", lon, lat)
    add_account(url, org, "Cafe Hương Lan", lon + 0.0006, lat)
    execute(url, "UPDATE account SET address = 'Fredrikinkatu 42' WHERE id = %s", shop)
    for day, off in ((2, 255), (9, 268), (16, 262), (23, 249)):
        at = [lon + 0.0001 * (day % 3), lat + off * METRE]
        see(url, org, shop, at=at, days_ago=day, accuracy_m=8 + day / 2)
    see(url, org, shop, at=[lon + 0.01, lat], days_ago=30, rep=org.other_rep)
    check_pins(test_database, org)
    return shop


def _place(database: TestDatabase, account_id: UUID) -> tuple[object, ...]:
    (found,) = execute(
        database.owner_url,
        "SELECT ST_X(location), ST_Y(location), location_source FROM account WHERE id = %s",
        account_id,
    )
    return found


def test_a_doubtful_pin_is_looked_at_approved_and_put_back(
    watched: Watched, shop: UUID, test_database: TestDatabase, tmp_path: Path
) -> None:
    before = _place(test_database, shop)
    page = watched.open(f"#tab=quality&date={DAY}")
    expect(page.get_by_role("heading", name="Chất lượng dữ liệu")).to_be_visible()
    page.screenshot(path=tmp_path / "queue.png")
    page.get_by_role("button", name="Cà phê Hương Lan").click()
    expect(page.get_by_text("4 trong 5 lần check-in (2 người, 5 ngày)")).to_be_visible()
    expect(page.get_by_role("list", name="Các lần check-in (5)").get_by_role("listitem")
           ).to_have_count(5)  # fmt: skip
    page.wait_for_timeout(1500)  # the flight of the camera, for the picture alone
    kinds = {str(one["kind"]) for one in watched.drawn(
        "overlay-pin-old", "overlay-pin-new", "overlay-pin-move", "overlay-place", "overlay-area"
    )}  # fmt: skip
    assert kinds == {"pin-old", "pin-new", "pin-move", "place", "area"}
    page.screenshot(path=tmp_path / "doubt.png")
    page.get_by_role("button", name="Chuyển đến chỗ đề nghị").click()
    expect(page.get_by_text("Đã chuyển Cà phê Hương Lan đi 2")).to_be_visible()
    expect(page.get_by_text("Không có ghim nào đáng ngờ")).to_be_visible()
    assert _place(test_database, shop)[2] == "gps"
    page.get_by_text("Đã quyết định").click()
    expect(page.get_by_text("chuyển theo đề nghị")).to_be_visible()
    page.screenshot(path=tmp_path / "history.png")
    page.get_by_role("button", name="Hoàn tác: Cà phê Hương Lan").click()
    expect(page.get_by_text("Đã trả Cà phê Hương Lan về chỗ cũ.")).to_be_visible()
    expect(page.get_by_role("button", name="Cà phê Hương Lan Check-in ở chỗ khác")).to_be_visible()
    assert _place(test_database, shop) == before


def test_a_pin_is_moved_by_hand_with_the_keyboard_alone(
    watched: Watched, shop: UUID, test_database: TestDatabase
) -> None:
    page = watched.open(f"#tab=quality&date={DAY}")
    page.get_by_role("button", name="Cà phê Hương Lan").press("Enter")
    page.get_by_role("button", name="Dời bằng tay").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Lấy giữa bản đồ")).to_be_hidden()
    page.get_by_role("button", name="Dời bằng tay").press("Enter")
    page.get_by_role("button", name="Lấy giữa bản đồ").press("Enter")
    expect(page.get_by_text("Đã dời Cà phê Hương Lan")).to_be_visible()
    assert _place(test_database, shop)[2] == "manual"


def test_the_sheet_tells_what_the_list_tells(watched: Watched, shop: UUID, tmp_path: Path) -> None:
    page = watched.open(f"#tab=quality&date={DAY}", who="analyst")
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải CSV").click()
    download.value.save_as(tmp_path / "pins.csv")
    with (tmp_path / "pins.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["account_id"] for row in rows] == [str(shop)]
    page.get_by_role("button", name="Cà phê Hương Lan").click()
    expect(page.get_by_role("button", name="Về danh sách")).to_be_visible()
    expect(page.get_by_role("button", name="Ghim đúng rồi")).to_have_count(0)


@pytest.mark.usefixtures("shop")
def test_a_pair_is_shown_merged_or_kept_apart(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    page = watched.open(f"#tab=quality&date={DAY}")
    page.get_by_text("Khách có thể trùng").click()
    pair = page.get_by_role("article").filter(has_text="Cafe Hương Lan")
    expect(pair.get_by_text("Tên giống nhau, ở gần nhau")).to_be_visible()
    pair.get_by_role("button", name="Xem trên bản đồ").click()
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "pair.png")
    page.on("dialog", lambda dialog: dialog.accept())
    pair.get_by_role("button", name="Gộp vào Cà phê Hương Lan").click()
    expect(pair).to_have_count(0)
    gone = "SELECT count(*) FROM account WHERE name = 'Cafe Hương Lan' AND deleted_at IS NOT NULL"
    assert execute(test_database.owner_url, gone) == [(1,)]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_a_rep_answers_on_a_phone_in_english(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=quality&date={DAY}", who="rep")
    watched.switch_language()
    expect(page.get_by_text("Possible duplicates")).to_have_count(0)
    page.get_by_role("button", name="Cà phê Hương Lan").click()
    expect(page.get_by_text("4 of 5 check-ins")).to_be_visible()
    width = page.evaluate("document.querySelector('#panel').scrollWidth - panel.clientWidth")
    assert width <= 1
    page.screenshot(path=tmp_path / "phone.png")
    page.get_by_role("button", name="The pin is right").click()
    expect(page.get_by_text("Noted: the pin of Cà phê Hương Lan is right.")).to_be_visible()
    expect(page.get_by_text("No doubtful pins")).to_be_visible()
