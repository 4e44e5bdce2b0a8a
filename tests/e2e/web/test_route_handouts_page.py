"""A manager takes a route along from the page: its files and the way into a navigation app."""

from pathlib import Path

import gpxpy
import pypdfium2
import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import DAY, Watched
from tests.support.city import STOPS

pytestmark = pytest.mark.e2e


def test_a_route_is_downloaded_in_the_pages_language_and_opened_elsewhere(
    watched: Watched, tmp_path: Path
) -> None:
    route_id = watched.city.routes["Kruununhaka"]
    page = watched.open(f"#tab=routes&date={DAY}&route={route_id}")
    card = page.locator(f'[data-route="{route_id}"]')
    files = {}
    for label in ("Tải GPX", "Tải bản in (PDF)"):
        with page.expect_download() as started:
            card.get_by_role("button", name=label).click()
        name = started.value.suggested_filename
        files[name.rpartition(".")[2]] = tmp_path / name
        started.value.save_as(tmp_path / name)
        assert name.startswith(f"{DAY} ")
    gpx = gpxpy.parse(files["gpx"].read_text())
    assert len(gpx.waypoints) == STOPS
    assert "Ước tính" in str(gpx.description)
    with pypdfium2.PdfDocument(files["pdf"]) as sheet:
        assert len(sheet) >= 1
    card.get_by_role("button", name="Chỉ đường").click()
    link = card.get_by_role("link").first
    expect(link).to_have_text(f"Google Maps: điểm 1–{STOPS}")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    address = link.get_attribute("href") or ""
    assert address.startswith("https://www.google.com/maps/dir/?api=1&destination=")
    card.screenshot(path=tmp_path / "card.png")
    watched.switch_language()
    with page.expect_download() as started:
        card.get_by_role("button", name="Download GPX").click()
    started.value.save_as(tmp_path / "english.gpx")
    assert "Visit route" in (tmp_path / "english.gpx").read_text()


def test_a_calendar_is_made_shown_once_and_ended(watched: Watched, tmp_path: Path) -> None:
    route_id = watched.city.routes["Kruununhaka"]
    page = watched.open(f"#tab=routes&date={DAY}&route={route_id}")
    card = page.locator(f'[data-route="{route_id}"]')
    card.get_by_text("Lịch trên điện thoại").click()
    card.get_by_label("Dùng cho").fill("điện thoại của Minh")
    card.get_by_role("button", name="Tạo lịch").click()
    address = card.get_by_label("Địa chỉ lịch").input_value()
    card.screenshot(path=tmp_path / "calendar.png")
    assert "BEGIN:VCALENDAR" in page.request.get(address).text()

    card.get_by_role("button", name="Ngừng chia sẻ: điện thoại của Minh").click()

    expect(card.get_by_role("button", name="Ngừng chia sẻ")).to_have_count(0)
    assert page.request.get(address).status == 404
