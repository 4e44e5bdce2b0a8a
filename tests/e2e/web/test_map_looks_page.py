"""How accounts look on the map: by class, as heat, by territory; filters and views with links."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
_VISITED = """
UPDATE account SET last_visit_at = now() - (abs(hashtext(name)) %% 200) * interval '1 day',
  channel = (ARRAY['horeca', 'retail', 'modern'])[1 + abs(hashtext(name)) %% 3],
  priority = 1 + abs(hashtext(name || 'p')) %% 5
 WHERE abs(hashtext(name || 'w')) %% 3 > 0
"""


def _open_legend(page: Page) -> None:
    page.locator("#legend").evaluate("node => { node.open = true; }")


def _link(page: Page) -> dict[str, list[str]]:
    return parse_qs(page.evaluate("location.hash.slice(1)"))


def _classes(watched: Watched) -> set[Any]:
    return {one.get("class", "") for one in watched.drawn("prospects")}


@pytest.mark.parametrize(
    "look",
    [{"viewport": {"width": 1366, "height": 800}},
     {"viewport": {"width": 1366, "height": 800}, "color_scheme": "dark"}],
    indirect=True, ids=["light", "dark"],
)  # fmt: skip
def test_accounts_are_coloured_by_what_is_chosen(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}")
    _open_legend(page)
    legend = page.locator("#legend")
    for colour_by in ("overdue", "category", "rep", "last_visit"):
        with page.expect_response(lambda answer: "/v1/maps/legend" in answer.url):
            page.get_by_label("Tô màu theo").select_option(colour_by)
        page.wait_for_function(
            "by => { const { map } = document.querySelector('#map'); return map.loaded() &&"
            " map.getStyle().sources.prospects.tiles[0].includes('colour_by=' + by); }",
            arg=colour_by,
        )
        assert len(_classes(watched)) > 1
        page.screenshot(path=tmp_path / f"{colour_by}.png")
    assert _link(page)["colour"] == ["last_visit"]
    expect(legend.get_by_role("list", name="Ý nghĩa của màu")).to_contain_text("Chưa ghé lần nào")
    page.get_by_label("Cỡ chấm theo").select_option("overdue")
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "sized.png")
    page.get_by_label("Cách xem").select_option("heat")
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "heat.png")
    page.get_by_label("Cách xem").select_option("territories")
    page.get_by_label("Chỉ số").select_option("overdue_share")
    expect(legend.get_by_role("list", name="Ý nghĩa của màu")).to_contain_text("%")
    page.wait_for_timeout(1500)
    page.screenshot(path=tmp_path / "territories.png")


@pytest.mark.parametrize(
    "look",
    [{"viewport": {"width": 1366, "height": 800}},
     {"viewport": {"width": 1366, "height": 800}, "color_scheme": "dark"}],
    indirect=True, ids=["light", "dark"],
)  # fmt: skip
def test_a_cluster_tells_the_shares_of_its_classes(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}&colour=overdue&at=24.9400,60.1690,12.6")
    page.wait_for_function(
        "() => { const { map } = document.querySelector('#map'); return map.loaded() &&"
        " map.queryRenderedFeatures({ layers: ['prospect-rings'] }).length > 0; }"
    )
    mixed = watched.drawn("prospect-rings")
    for one in mixed:
        first, second, whole = (int(str(one[name])) for name in ("class_n", "next_n", "n"))
        assert second <= first <= whole - second
    clusters = {one["n"] for one in watched.drawn("prospects") if "next_n" in one}
    assert {one["n"] for one in mixed} <= clusters  # the disc of the largest class stays below
    pictures = page.evaluate("() => document.querySelector('#map').map.listImages()")
    assert any(one.startswith("shares ") for one in pictures)
    page.screenshot(path=tmp_path / "shares.png")
    page.evaluate("() => document.querySelector('#map').map.jumpTo({ zoom: 14.5 })")
    page.wait_for_timeout(2500)
    page.screenshot(path=tmp_path / "shares_near.png")


def test_a_filter_is_one_for_map_list_and_areas(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}&filter=channel%3Dhoreca")
    assert page.get_by_role("textbox", name="Kênh").input_value() == "horeca"
    rows = execute(
        test_database.owner_url,
        "SELECT count(*) FROM account WHERE channel = 'horeca' AND priority = 1",
    )
    with page.expect_response(lambda answer: "/v1/maps/legend" in answer.url) as answered:
        page.get_by_role("combobox", name="Mức ưu tiên", exact=True).select_option("1")
    assert answered.value.json()["accounts"] == rows[0][0] > 0
    page.screenshot(path=tmp_path / "filtered.png")
    assert sum(int(str(one["n"])) for one in watched.drawn("prospects")) <= rows[0][0]
    page.get_by_role("tab", name="Vùng").click()
    page.get_by_label("Bán kính (km)").evaluate("node => { node.closest('details').open = true; }")
    page.get_by_label("Bán kính (km)").fill("90")
    page.get_by_role("button", name="Quanh giữa bản đồ").click()
    expect(page.get_by_role("heading", name=f"{rows[0][0]} khách")).to_be_visible()


def test_a_view_is_saved_shared_and_opened_by_others(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(
        f"#date={DAY}&colour=category&filter=life_stage%3Dcustomer&at=24.95,60.17,13"
    )
    _open_legend(page)
    page.get_by_text("Góc nhìn đã lưu").click()
    page.get_by_label("Tên góc nhìn").fill("Quán đang mua")
    page.get_by_label("Chia sẻ cho cả tổ chức").check()
    page.get_by_role("button", name="Lưu góc nhìn này").click()
    views = page.get_by_role("list", name="Góc nhìn đã lưu")
    expect(views).to_contain_text("Quán đang mua")
    page.screenshot(path=tmp_path / "saved.png")
    page.get_by_role("button", name="Đăng xuất").click()
    page.locator("#sign-in").wait_for()
    page.evaluate("localStorage.clear()")
    page.goto(f"{watched.service.url}/#date={DAY}")
    page.reload()
    watched.sign_in("rep")
    watched.wait_for_map()
    _open_legend(page)
    page.get_by_text("Góc nhìn đã lưu").click()
    views.get_by_role("button", name="Quán đang mua").click()
    page.wait_for_function("location.hash.includes('colour=category')")
    link = _link(page)
    assert link["filter"] == ["life_stage=customer"]
    lon, lat, zoom = (float(one) for one in link["at"][0].split(","))
    assert (round(lon, 2), round(lat, 2), round(zoom)) == (24.95, 60.17, 13)
    expect(page.get_by_label("Tô màu theo")).to_have_value("category")


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_the_legend_fits_a_phone(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#date={DAY}&colour=priority")
    _open_legend(page)
    expect(page.get_by_role("list", name="Ý nghĩa của màu")).to_be_visible()
    box = page.locator("#legend").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.screenshot(path=tmp_path / "legend_phone.png")
