"""The cube by administrative units on the page: coloured on the map, gone into, of another day."""

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
import shapely
from playwright.sync_api import expect

from backend.admin_units.repository import store_units
from backend.admin_units.schemas import UnitRow
from backend.db.tenancy import Database
from backend.ids import new_id
from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.people import Org

pytestmark = pytest.mark.e2e
_MERGED = date(2025, 7, 1)
_PIVOT = {
    "rows": [{"dimension": "admin_unit", "level": 4}],
    "measures": ["accounts"],
    "compare": "",
}


def _unit(
    name: str, level: int, box: tuple[float, float, float, float], *, is_old: bool = False
) -> UnitRow:
    return UnitRow(
        id=new_id(), code=name, name=name, kind=None, level=level, source="test",
        area=shapely.MultiPolygon([shapely.box(*box)]).wkb_hex,
        valid_from=date(1990, 1, 1) if is_old or level == 4 else _MERGED,
        valid_to=_MERGED if is_old else None,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def units(database: Database, org: Org) -> None:
    rows = [
        _unit("Tỉnh Tây", 4, (24.9, 60.1, 24.944, 60.2)),
        _unit("Tỉnh Đông", 4, (24.944, 60.1, 25.1, 60.2)),
        _unit("Phường Nam", 6, (24.9, 60.1, 25.1, 60.17)),
        _unit("Phường Bắc", 6, (24.9, 60.17, 25.1, 60.2)),
        _unit("Phường Cũ", 6, (24.9, 60.1, 25.1, 60.2), is_old=True),
    ]
    with database.for_org(org.id) as connection:
        store_units(connection, org.id, rows)


def test_provinces_colour_the_map_and_are_gone_into(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#tab=analysis&date={DAY}&cube={quote(json.dumps(_PIVOT))}")
    table = page.locator(".analysis table").first
    expect(table.get_by_role("button", name="Tỉnh Tây")).to_be_visible()
    expect(
        page.get_by_role("combobox", name="Hàng", exact=True).locator("option:checked")
    ).to_contain_text("tỉnh, thành phố")
    assert len({one["color"] for one in watched.drawn("overlay-hexagon")}) > 1
    page.screenshot(path=tmp_path / "provinces.png")
    table.get_by_role("button", name="Tỉnh Tây").click()
    expect(table.get_by_role("button", name="Phường Nam")).to_be_visible()
    expect(page.get_by_role("list", name="Đang lọc")).to_contain_text("Đơn vị hành chính: Tỉnh Tây")
    page.get_by_label("Đơn vị hành chính của ngày").fill("2025-06-30")
    expect(table.get_by_role("button", name="Phường Cũ")).to_be_visible()
    page.screenshot(path=tmp_path / "former.png")
    page.reload()
    watched.wait_for_map()
    expect(page.locator(".analysis table").first).to_contain_text("Phường Cũ")
    page.get_by_role("button", name="Khoảng trống").click()
    page.get_by_role("combobox", name="Xem theo", exact=True).select_option(
        label="Đơn vị hành chính · tỉnh, thành phố"
    )
    page.get_by_role("button", name="Đơn vị hành chính: Tỉnh Tây").click()
    expect(page.locator(".analysis table").first).to_contain_text("Tỉnh Đông")
    page.screenshot(path=tmp_path / "white-space.png")


def test_a_link_without_a_level_is_by_the_finest(watched: Watched) -> None:
    asked = {**_PIVOT, "rows": [{"dimension": "admin_unit"}]}
    page = watched.open(f"#tab=analysis&date={DAY}&cube={quote(json.dumps(asked))}")
    expect(page.locator(".analysis table").first).to_contain_text("Phường Bắc")
    expect(
        page.get_by_role("combobox", name="Hàng", exact=True).locator("option:checked")
    ).to_contain_text("phường, xã")


@pytest.mark.parametrize("look", [{**PHONE, "color_scheme": "dark"}], indirect=True)
def test_it_reads_on_a_phone_in_english(watched: Watched, tmp_path: Path) -> None:
    watched.page.add_init_script("localStorage.setItem('tuyen.language', 'en')")
    page = watched.open(f"#tab=analysis&date={DAY}&cube={quote(json.dumps(_PIVOT))}")
    expect(page.locator(".analysis table").first).to_contain_text("Tỉnh Tây")
    expect(page.get_by_label("Administrative units of the day")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=tmp_path / "phone.png")
