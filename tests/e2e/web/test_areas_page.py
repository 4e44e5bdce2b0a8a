"""Areas on the map: drawn, typed or taken from elsewhere; what lies in them, and the file."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page, Response, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.city import BOXES
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
SNAPSHOT = "**/v1/areas/snapshot"


def _drawn(page: Page, corners: list[tuple[int, int]], button: str) -> Response:
    """Click some corners around the map's middle, use the area and return what was answered."""
    page.get_by_role("button", name=button).click()
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 265  # between the bar and the legend
    for dx, dy in corners:
        page.mouse.move(x + dx, y + dy, steps=12)
        page.mouse.click(x + dx, y + dy)
    with page.expect_response(SNAPSHOT) as answered:
        page.get_by_role("button", name="Dùng vùng này").click()
    return answered.value


def _asked(answer: Response) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(answer.request.post_data or "")["area"]
    return asked


def test_a_drawn_polygon_tells_what_lies_in_it(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    corners = [(-120, -120), (120, -120), (120, 120), (-120, 120), (-120, -120)]
    answer = _drawn(page, corners, "Vẽ đa giác")
    area = shapely.geometry.shape(_asked(answer)["polygon"])
    inside = [
        one for one in watched.city.accounts.values()
        if shapely.covers(area, shapely.Point(one.lon, one.lat))
    ]  # fmt: skip
    assert 0 < len(inside) < len(watched.city.accounts)
    card = page.locator(".area-result")
    expect(card.get_by_role("heading", name=f"{len(inside)} khách")).to_be_visible()
    expect(card.get_by_text("km²")).to_be_visible()
    stages = card.get_by_role("list", name="Giai đoạn").get_by_role("listitem")
    told = [int(text.split("·")[0].split()[-1]) for text in _last_words(stages.all_inner_texts())]
    assert sum(told) == len(inside)
    assert {str(one["kind"]) for one in watched.drawn("overlay-area")} == {"area"}
    page.screenshot(path=tmp_path / "area.png")
    with page.expect_download() as download:
        card.get_by_role("button", name="Tải danh sách khách").click()
    download.value.save_as(tmp_path / "accounts.csv")
    with (tmp_path / "accounts.csv").open(encoding="utf-8-sig", newline="") as file:
        names = sorted(row["name"] for row in csv.DictReader(file))
    assert names == sorted(one.name for one in inside)
    card.get_by_role("button", name="Bỏ vùng này").click()
    expect(card).to_have_count(0)


def _last_words(rows: list[str]) -> list[str]:
    return [row.splitlines()[-1] for row in rows]


def test_a_freehand_line_that_crosses_itself_is_mended_and_told(watched: Watched) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    page.get_by_role("button", name="Vẽ tự do").click()
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 265
    page.mouse.move(x - 100, y - 100)
    page.mouse.click(x - 100, y - 100)
    for dx, dy in [(100, 100), (100, -100), (-100, 100)]:
        page.mouse.move(x + dx, y + dy, steps=20)
    page.mouse.click(x - 100, y + 100)
    with page.expect_response(SNAPSHOT) as answered:
        page.get_by_role("button", name="Dùng vùng này").click()
    assert answered.value.json()["shape"]["changes"] == ["mended"]
    expect(page.get_by_text("đường vẽ tự cắt nhau")).to_be_visible()


def test_a_drawn_circle_is_asked_for_as_one(watched: Watched) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    # Told before the drawing: the map moves on to what was drawn as soon as it is answered.
    middle = page.locator("#map").bounding_box()["width"] / 2  # type: ignore[index]
    clicked, a_pixel_on = (
        page.evaluate("at => document.querySelector('#map').map.unproject(at).toArray()", [x, y])
        for x, y in [(middle, 265), (middle + 1, 264)]
    )
    answer = _drawn(page, [(0, 0), (90, 0)], "Vẽ hình tròn")
    circle = _asked(answer)["circle"]
    assert circle["radius_m"] > 10
    # A mouse stands on whole pixels.
    for axis in (0, 1):
        off = abs(circle["center"][axis] - clicked[axis])
        assert off <= a_pixel_on[axis] - clicked[axis]
    assert answer.json()["shape"]["changes"] == ["circle"]


def test_the_keyboard_alone_comes_to_an_area(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    page.get_by_text("Cách chọn khác").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Bán kính (km)").fill("1.5")
    with page.expect_response(SNAPSHOT) as answered:
        page.keyboard.press("Enter")
    assert _asked(answered.value)["circle"]["radius_m"] == 1500
    expect(page.locator(".area-result")).to_be_visible()
    page.get_by_label("Thời gian đi").select_option("10")
    with page.expect_response(SNAPSHOT) as answered:
        page.get_by_role("button", name="Tới được từ giữa bản đồ").press("Enter")
    assert answered.value.json()["shape"]["is_estimate"]
    expect(page.locator(".area-result").get_by_text("ước tính")).to_be_visible()
    page.get_by_role("combobox", name="Tuyến trong ngày").select_option(label="Lan Nguyễn")
    with page.expect_response(SNAPSHOT) as answered:
        page.get_by_role("button", name="Dọc theo tuyến").press("Enter")
    assert answered.value.json()["accounts"] >= 1
    page.screenshot(path=tmp_path / "corridor.png")


def test_a_territory_is_an_area_with_filters_and_a_list(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(
        test_database.owner_url,
        "UPDATE account a SET last_visit_at = v.done_at FROM visit v"
        " WHERE v.account_id = a.id AND v.status = 'done'",
    )
    page = watched.open(f"#tab=areas&date={DAY}")
    west, south, east, north = BOXES["Kamppi"]
    inside = sum(
        west <= one.lon < east and south <= one.lat <= north
        for one in watched.city.accounts.values()
    )
    page.get_by_role("combobox", name="Địa bàn").select_option(label="Kamppi")
    card = page.locator(".area-result")
    expect(card.get_by_role("heading", name=f"{inside} khách")).to_be_visible()
    page.get_by_label("Khách đáng chú ý").select_option("visits")
    most = card.get_by_role("list", name="Được ghé nhiều nhất").get_by_role("button")
    expect(most.first).to_contain_text("lượt")
    page.screenshot(path=tmp_path / "territory.png")
    most.first.click()
    expect(page.get_by_role("tab", name="Khách")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Vùng tới được").click()
    page.get_by_role("button", name="Xem khách trong vùng 30 phút").click()
    expect(page.get_by_role("tab", name="Vùng")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".area-result")).to_be_visible()


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_what_lies_in_an_area_fits_a_phone(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}", who="rep")
    page.get_by_role("combobox", name="Địa bàn").select_option(label="Kamppi")
    expect(page.locator(".area-result")).to_be_visible()
    width = page.evaluate("document.querySelector('#panel').scrollWidth - panel.clientWidth")
    assert width <= 1
    page.locator(".area-result").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "phone.png")


def _worth(page: Page, figure: str) -> str:
    return page.locator(".area-result .figures div", has_text=figure).first.inner_text()


@pytest.mark.parametrize("look", [{}, PHONE], indirect=True)
def test_an_area_tells_what_it_bought_and_could_buy(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}")
    page.get_by_label("Khách đáng chú ý").select_option("revenue")
    with page.expect_response(SNAPSHOT) as answered:
        page.get_by_label("Chọn địa bàn").select_option(label="Kamppi")
    told = answered.value.json()
    assert told["period"]["revenue"] > 0
    assert told["monthly_potential"] > 0
    assert "₫" in _worth(page, "Doanh thu")
    assert "₫" in _worth(page, "Tiềm năng tháng")
    assert "%" in _worth(page, "Thị phần")
    assert str(told["period"]["buyers"]) in _worth(page, "Khách có mua")
    classes = page.get_by_role("list", name="Nhóm khách theo mức mua (12 tháng)")
    expect(classes.get_by_role("listitem").first).to_be_visible()
    best = page.get_by_role("list", name="Mua nhiều nhất").get_by_role("button")
    expect(best.first).to_contain_text(told["top"][0]["name"])
    page.locator(".area-result .figures").scroll_into_view_if_needed()
    classes.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "worth.png")
    best.first.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "worth-top.png")
