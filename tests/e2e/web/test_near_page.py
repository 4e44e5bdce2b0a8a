"""The accounts around a place on the page: from the device, the middle of the map, or a tap."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE, WIDE

pytestmark = pytest.mark.e2e
_HERE = {"latitude": 60.1700, "longitude": 24.9400, "accuracy": 12}
_ALLOWED: dict[str, Any] = {"geolocation": _HERE, "permissions": ["geolocation"]}
_EN = {"color_scheme": "dark", "locale": "en-GB"}
ASKED = "**/v1/near"
VI = {"near": "Gần đây nhất", "name": "Theo tên", "list": "50 khách gần nhất",
      "from": "Tính từ vị trí của bạn", "straight": "đường chim bay", "by": "Gần theo",
      "foot": "Thời gian đi: Đi bộ", "estimated": "ước lượng",
      "customer": "Khách đang mua", "minutes": "phút"}  # fmt: skip
EN = {"near": "Nearest", "name": "By name", "list": "The 50 nearest accounts",
      "from": "From your position", "straight": "straight", "by": "Near by",
      "foot": "Travel time: On foot", "estimated": "estimated",
      "customer": "Customer", "minutes": "min"}  # fmt: skip


def _open(watched: Watched, words: dict[str, str]) -> Page:
    language = "vi" if words is VI else "en"
    watched.page.add_init_script(f"localStorage.setItem('tuyen.language', '{language}')")
    return watched.open(f"#date={DAY}&at=24.945,60.172,14")


def _shown(page: Page) -> list[str]:
    return page.locator("ol.row-list .row strong").all_inner_texts()


@pytest.mark.parametrize(
    ("look", "words"),
    [(_ALLOWED, VI), (_ALLOWED | _EN, EN)],
    indirect=["look"],
    ids=["vi", "en, dark"],
)
def test_the_nearest_to_the_device_are_listed_and_opened(
    watched: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    page = _open(watched, words)
    with page.expect_response(ASKED) as answered:
        page.get_by_role("button", name=words["near"]).click()
    found = answered.value.json()["accounts"]
    rows = page.get_by_role("list", name=words["list"])
    expect(rows.get_by_role("listitem")).to_have_count(50)
    assert _shown(page) == [one["name"] for one in found]
    metres = [one["distance_m"] for one in found]
    assert metres == sorted(metres)
    note = page.locator("#panel [role=status]").first
    expect(note).to_contain_text(words["from"])
    expect(note).to_contain_text(words["straight"])
    # A link does not tell where somebody was.
    assert parse_qs(urlsplit(page.url).fragment)["near"] == ["here"]
    page.screenshot(path=tmp_path / "near.png")
    with page.expect_response(ASKED) as answered:
        page.get_by_label(words["by"]).select_option(label=words["foot"])
    assert answered.value.json()["is_estimate"]
    expect(note).to_contain_text(words["estimated"])
    expect(note).not_to_contain_text("[object")
    expect(rows.get_by_role("listitem").first).to_contain_text(words["minutes"])
    page.screenshot(path=tmp_path / "minutes.png")
    # The map's filters hold here too.
    with page.expect_response(ASKED) as answered:
        page.locator("select[name=life_stage]").select_option("customer")
    found = answered.value.json()["accounts"]
    assert {one["life_stage"] for one in found} == {"customer"}
    first = page.locator("ol.row-list .row").first
    expect(first).to_contain_text(words["customer"])
    first.click()
    expect(page.get_by_role("heading", name=found[0]["name"], exact=True)).to_be_visible()
    page.wait_for_function("() => document.querySelector('#map').map.getZoom() >= 15.9")
    page.screenshot(path=tmp_path / "opened.png")
    page.locator("#panel button.plain").first.click()
    assert _shown(page) == [one["name"] for one in found]
    page.get_by_role("button", name=words["name"]).click()
    expect(page.locator("input[name=q]")).to_be_visible()
    expect(page.locator("ol.row-list:visible")).to_have_count(0)


def test_without_a_position_it_is_the_middle_of_the_map_and_a_tap_chooses_another(
    watched: Watched, tmp_path: Path
) -> None:
    page = _open(watched, VI)
    with page.expect_request(ASKED) as asked:
        page.get_by_role("button", name=VI["near"]).click()
    assert asked.value.post_data_json["location"] == pytest.approx([24.945, 60.172], abs=1e-4)
    note = page.locator("#panel [role=status]").first
    expect(note).to_contain_text("tính từ giữa bản đồ")
    page.get_by_role("button", name="Chọn chỗ").click()
    box = page.locator("#map").bounding_box()
    assert box
    with page.expect_request(ASKED) as asked:
        page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4)
    assert asked.value.post_data_json["location"][0] > 24.945
    expect(note).to_contain_text("Tính từ chỗ đã chọn")
    assert len(watched.drawn("overlay-here")) == 1
    page.screenshot(path=tmp_path / "tapped.png")
    names = _shown(page)
    page.reload()
    watched.wait_for_map()
    expect(page.locator("ol.row-list .row").first).to_be_visible()
    assert _shown(page) == names
    with page.expect_request(ASKED) as asked:
        page.get_by_role("button", name="Giữa bản đồ").click()
    assert asked.value.post_data_json["location"] == pytest.approx([24.945, 60.172], abs=1e-4)


@pytest.mark.parametrize(
    "look", [_ALLOWED | PHONE, _ALLOWED | WIDE], indirect=True, ids=["360 px, dark", "1920 px"]
)
def test_the_nearest_fit_every_screen(watched: Watched, tmp_path: Path) -> None:
    page = _open(watched, VI)
    page.get_by_role("button", name=VI["near"]).click()
    page.get_by_label(VI["by"]).select_option(label=VI["foot"])
    expect(page.locator("ol.row-list .row").first).to_contain_text(VI["minutes"])
    page.screenshot(path=tmp_path / "whole.png")
    page.locator("ol.row-list").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "list.png")
    panel = page.locator("#panel")
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")
