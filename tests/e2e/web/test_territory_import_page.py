"""Territories out of a file on the page: looked at, mended, taken, in both languages."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE

pytestmark = pytest.mark.e2e
VI = {"open": "Nhập từ tệp", "file": "Tệp", "look": "Xem trước", "more": "Tuỳ chọn",
      "mend": "Sửa ranh giới tự cắt", "found": "2 địa bàn", "take": "Nhập 2 địa bàn",
      "taken": "Đã nhập 2 địa bàn.", "problems": "Vùng có lỗi"}  # fmt: skip
EN = {"open": "From a file", "file": "File", "look": "Preview", "more": "Options",
      "mend": "Mend outlines that cross themselves", "found": "2 territories",
      "take": "Take 2 territories", "taken": "2 territories were taken.",
      "problems": "Areas with problems"}  # fmt: skip


def _feature(name: str, corners: list[tuple[float, float]]) -> dict[str, object]:
    ring = [[24.9 + x / 100, 60.2 + y / 100] for x, y in [*corners, corners[0]]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.mark.parametrize(
    ("look", "words"), [({"locale": "vi-VN"}, VI), (PHONE, EN)], indirect=["look"],
    ids=["wide, Vietnamese", "phone, English"],
)  # fmt: skip
def test_territories_come_out_of_a_file(
    watched: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    square, bow = [(0, 0), (2, 0), (2, 2), (0, 2)], [(3, 0), (5, 2), (5, 0), (3, 2)]
    file = tmp_path / "vung.geojson"
    features = [_feature("Bắc", square), _feature("Nam", bow)]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    watched.page.add_init_script(
        f"localStorage.setItem('tuyen.language', '{'vi' if words is VI else 'en'}')"
    )
    page = watched.open(f"#tab=territories&date={DAY}")
    page.get_by_role("button", name=words["open"]).click()
    page.locator("#panel").get_by_label(words["file"], exact=True).set_input_files(file)
    page.get_by_role("button", name=words["look"]).click()
    expect(page.get_by_role("list", name=words["problems"])).to_contain_text("features[1]")
    expect(page.locator("form.card button.primary")).to_be_disabled()
    page.screenshot(path=tmp_path / f"refused-{words['open']}.png")
    page.get_by_text(words["more"], exact=True).click()
    page.get_by_label(words["mend"]).check()
    page.get_by_role("button", name=words["look"]).click()
    expect(page.get_by_role("status").filter(has_text=words["found"])).to_be_visible()
    page.screenshot(path=tmp_path / f"looked-{words['open']}.png")
    page.get_by_role("button", name=words["take"]).click()
    expect(page.get_by_text(words["taken"])).to_be_visible()
    expect(page.locator(".row-list")).to_contain_text("Nam")
