"""Select and act: a lasso with a filter, a preview, the act as the map shows it, its undo."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
_TAGGED = "SELECT count(*) FROM account WHERE 'tết' = ANY (tags)"


def _lasso(page: Page) -> None:
    page.get_by_role("button", name="Vẽ tự do").click()
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + 265
    page.mouse.move(x - 130, y - 130)
    page.mouse.click(x - 130, y - 130)
    for dx, dy in [(130, -130), (130, 130), (-130, 130)]:
        page.mouse.move(x + dx, y + dy, steps=20)
    page.mouse.click(x - 130, y - 120)
    page.get_by_role("button", name="Dùng vùng này").click()


def test_accounts_of_a_lasso_are_filtered_previewed_changed_and_put_back(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    page = watched.open(f"#tab=areas&date={DAY}&filter=life_stage%3Dprospect")
    with page.expect_response("**/v1/areas/snapshot") as answered:
        _lasso(page)
    count = answered.value.json()["accounts"]
    assert count > 1
    card = page.locator(".area-result")
    card.get_by_role("button", name="Gắn nhãn").click()
    dialog = page.get_by_role("dialog", name="Gắn nhãn")
    dialog.get_by_label("Nhãn, cách nhau bằng dấu phẩy").fill("tết, ưu tiên")
    expect(dialog.get_by_role("button", name="Thực hiện")).to_be_disabled()
    dialog.get_by_role("button", name="Xem trước").click()
    expect(dialog.get_by_text(f"Sẽ đổi {count} trong {count} khách.")).to_be_visible()
    page.screenshot(path=tmp_path / "preview.png")
    assert execute(test_database.owner_url, _TAGGED) == [(0,)]
    dialog.get_by_role("button", name="Thực hiện").click()
    expect(card.get_by_text("Gắn nhãn: đã xong")).to_be_visible()
    assert execute(test_database.owner_url, _TAGGED) == [(count,)]
    card.get_by_text("Gắn nhãn: đã xong").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "done.png")
    card.get_by_role("button", name="Hoàn tác").click()
    expect(card.get_by_text(f"Đã trả lại {count} khách")).to_be_visible()
    assert execute(test_database.owner_url, _TAGGED) == [(0,)]


def test_a_territory_given_by_hand_is_seen_on_the_map(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}&colour=territory")
    page.get_by_role("combobox", name="Địa bàn", exact=True).select_option(label="Kamppi")
    card = page.locator(".area-result")
    expect(card).to_be_visible()
    other = str(watched.city.territories["Kruununhaka"])
    card.get_by_role("button", name="Gán địa bàn").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Địa bàn").select_option(other)
    dialog.get_by_role("button", name="Xem trước").press("Enter")
    dialog.get_by_role("button", name="Thực hiện").click()
    expect(card.get_by_text("Gán địa bàn: đã xong")).to_be_visible()
    page.wait_for_function(
        "async other => { const { map } = document.querySelector('#map');"
        " if (!map.loaded()) await new Promise((done) => map.once('idle', done));"
        " const drawn = map.queryRenderedFeatures({ layers: ['prospects'] });"
        " return drawn.length && drawn.every((one) => one.properties.class === other); }",
        arg=other,
    )
    page.screenshot(path=tmp_path / "territory.png")
    card.get_by_role("button", name="Hoàn tác").click()
    expect(card.get_by_text("Gán địa bàn: đã hoàn tác")).to_be_visible()


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_the_dialog_fits_a_phone_and_a_rep(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=areas&date={DAY}", who="rep")
    page.get_by_role("combobox", name="Địa bàn", exact=True).select_option(label="Kamppi")
    card = page.locator(".area-result")
    expect(card.get_by_role("button", name="Gán địa bàn")).to_have_count(0)
    card.get_by_role("button", name="Lên lịch ghé").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Xem trước").click()
    # More accounts than anybody visits on a day.
    expect(dialog.get_by_role("alert")).to_contain_text("quá nhiều khách")
    box = dialog.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.screenshot(path=tmp_path / "dialog_phone.png")
    watched.complaints[:] = [one for one in watched.complaints if "422" not in one]
