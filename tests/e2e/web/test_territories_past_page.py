"""A manager looks back at territories: moments on a slider, borders on the map, accounts beside."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def redrawn(watched: Watched, test_database: TestDatabase) -> None:
    """One half of the city gave its eastern part away and got another name."""
    execute(
        test_database.owner_url,
        "UPDATE territory SET name = 'Kamppi Tây', area = ST_Multi(ST_Intersection(area,"
        " ST_MakeEnvelope(ST_XMin(area), ST_YMin(area), ST_X(ST_Centroid(area)), ST_YMax(area),"
        " 4326))) WHERE id = %s",
        watched.city.territories["Kamppi"],
    )


def test_borders_of_before_come_back(watched: Watched, tmp_path: Path) -> None:
    page = watched.open("#tab=territories")
    page.get_by_role("button", name="Xem lại").click()
    panel, slider = page.locator("#panel"), page.get_by_label("Thời điểm")
    expect(panel.locator(".past-moment")).to_contain_text("đổi ranh giới")
    expect(panel.locator(".row", has_text="Kamppi Tây")).to_contain_text("trước đó: Kamppi")
    drawn = watched.drawn("overlay-design", "overlay-former")
    assert {one["kind"] for one in drawn} == {"design", "former"}
    assert watched.drawn_now("territory-fill") == [], "today's borders lie over those of then"
    page.screenshot(path=tmp_path / "changed.png")
    slider.press("ArrowLeft")
    expect(panel.locator(".past-moment")).to_contain_text("mới vẽ")
    expect(panel.locator(".row strong", has_text="Kamppi")).to_have_text("Kamppi")
    expect(panel.get_by_role("button", name="Lùi một thay đổi")).to_be_disabled()
    page.screenshot(path=tmp_path / "before.png")
    panel.get_by_role("button", name="▶ Chạy").click()
    expect(panel.locator(".row strong", has_text="Kamppi")).to_have_text("Kamppi Tây")
    expect(panel.get_by_role("button", name="▶ Chạy")).to_be_visible()
    panel.get_by_role("button", name="‹ Địa bàn").click()
    expect(page.get_by_role("button", name="Xem lại")).to_be_visible()
    assert watched.drawn("territory-fill")
    assert watched.drawn_now("overlay-design") == []


@pytest.mark.parametrize("look", [PHONE], indirect=True)
def test_it_fits_a_phone_in_english(watched: Watched, tmp_path: Path) -> None:
    page = watched.open("#tab=territories")
    watched.switch_language()
    page.get_by_role("button", name="Look back").click()
    expect(page.locator(".past-moment")).to_contain_text("redrawn")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "phone.png")


def test_a_rep_has_no_way_there(watched: Watched) -> None:
    page = watched.open("#tab=territories", who="rep")
    expect(page.locator(".row-list .row").first).to_be_visible()
    expect(page.get_by_role("button", name="Xem lại")).to_have_count(0)
