"""Choosing an administrative unit on the page: by its new name, and by a name that is no more."""

import json
from datetime import date
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import expect

from backend.admin_units.repository import store_changes, store_units
from backend.admin_units.schemas import ChangeRow, UnitRow
from backend.db.tenancy import Database
from backend.ids import new_id
from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.people import Org

pytestmark = pytest.mark.e2e
_MERGED = date(2025, 7, 1)


def _unit(name: str, *, is_old: bool, box: tuple[float, float, float, float] | None) -> UnitRow:
    area = None if box is None else shapely.MultiPolygon([shapely.box(*box)]).wkb_hex
    return UnitRow(
        id=new_id(), code=name, name=name, kind="phường", level=6, area=area, source="test",
        valid_from=date(1990, 1, 1) if is_old else _MERGED, valid_to=_MERGED if is_old else None,
    )  # fmt: skip


@pytest.mark.parametrize("look", [{}, {**PHONE, "color_scheme": "dark"}], indirect=True)
def test_a_former_name_leads_to_what_has_its_ground_now(
    watched: Watched, database: Database, org: Org, tmp_path: Path
) -> None:
    old = _unit("Phường Bến Thành", is_old=True, box=None)
    gone = _unit("Phường Bến Nghé", is_old=True, box=(24.9, 60.15, 24.95, 60.19))
    new = _unit("Phường Sài Gòn", is_old=False, box=(24.9, 60.15, 24.97, 60.19))
    other = _unit("Phường Tân Định", is_old=False, box=None)
    changes = [
        ChangeRow(old.id, new.id, _MERGED, 0.7, "test"),
        ChangeRow(old.id, other.id, _MERGED, 0.3, "test"),
        ChangeRow(gone.id, new.id, _MERGED, None, "test"),
    ]
    with database.for_org(org.id) as connection:
        store_units(connection, org.id, [old, gone, new, other])
        store_changes(connection, org.id, changes)
    page = watched.open(f"#tab=areas&date={DAY}")
    page.get_by_label("Tìm đơn vị hành chính (tên cũ hoặc mới)", exact=True).last.fill("ben")
    found = page.get_by_role("list", name="Đơn vị tìm thấy")
    expect(found.get_by_text("Phường Bến Thành")).to_be_visible()
    expect(found.get_by_text("tên cũ")).to_have_count(2)
    expect(found.get_by_text("Phường Tân Định (30 %)")).to_be_visible()
    page.screenshot(path=tmp_path / "found.png")
    with page.expect_response("**/v1/areas/snapshot") as answered:
        found.get_by_role("button", name="Phường Sài Gòn (70 %)").click()
    asked = json.loads(answered.value.request.post_data or "")["area"]
    assert asked == {"admin_unit_id": str(new.id)}
    inside = [
        one
        for one in watched.city.accounts.values()
        if 24.9 <= one.lon <= 24.97 and 60.15 <= one.lat <= 60.19
    ]
    card = page.locator(".area-result")
    expect(card.get_by_role("heading", name=f"{len(inside)} khách")).to_be_visible()
    page.screenshot(path=tmp_path / "chosen.png")
    page.get_by_role("searchbox").fill("không có")
    expect(page.get_by_text("Không tìm thấy đơn vị nào")).to_be_visible()
