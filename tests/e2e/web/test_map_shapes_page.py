"""Single accounts as shapes: chosen, told in the legend, in links and saved views, on paper."""

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_looks_page import _VISITED, _link, _open_legend
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute

pytestmark = pytest.mark.e2e
NEAR = "at=24.9400,60.1690,16.6"
VI = {"by": "Hình dạng theo", "list": "Ý nghĩa của hình", "both": "Ý nghĩa của màu và hình",
      "category": "Ngành hàng", "square": "Hình vuông", "never": "Chưa ghé lần nào"}  # fmt: skip
EN = {"by": "Shape by", "list": "What the shapes mean", "both": "What colours and shapes mean",
      "category": "Category", "square": "Square", "never": "Never visited"}  # fmt: skip
WIDE = {"viewport": {"width": 1366, "height": 800}}
_ICONS = "() => document.querySelector('#map').map.listImages()"


_ARE_DRAWN = (
    "() => { const { map } = document.querySelector('#map'); return map.loaded() &&"
    " map.queryRenderedFeatures({ layers: ['prospect-shapes'] }).length > 0; }"
)


def _shapes(watched: Watched) -> list[dict[str, Any]]:
    """Return the accounts with shapes; symbols are placed some frames after their tiles came."""
    watched.page.wait_for_function(_ARE_DRAWN)
    return watched.drawn("prospect-shapes")


def _ask(page: Page, words: dict[str, str], by: str) -> dict[str, Any]:
    with page.expect_response(
        lambda answer: "/v1/maps/legend" in answer.url and f"shape_by={by}" in answer.url
    ) as answered:
        page.get_by_label(words["by"]).select_option(by)
    page.wait_for_function(
        "by => { const { map } = document.querySelector('#map'); return map.loaded() &&"
        " map.getStyle().sources.prospects.tiles[0].includes('shape_by=' + by); }",
        arg=by,
    )
    legend: dict[str, Any] = answered.value.json()
    return legend


@pytest.mark.parametrize(
    ("look", "words"),
    [(WIDE, VI), ({**WIDE, "color_scheme": "dark", "locale": "en-GB"}, EN)],
    indirect=["look"], ids=["light, Vietnamese", "dark, English"],
)  # fmt: skip
def test_single_accounts_have_the_shape_that_is_chosen(
    watched: Watched, test_database: TestDatabase, words: dict[str, str], tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}&colour=overdue&{NEAR}")
    if words is EN:
        watched.switch_language()
    _open_legend(page)
    page.screenshot(path=tmp_path / "dots.png")
    assert watched.drawn_now("prospect-shapes") == []
    legend = _ask(page, words, "category")
    drawn = _shapes(watched)
    keys = {one["key"] for one in legend["shapes"]}
    assert len({one["shape"] for one in drawn if "shape" in one}) > 2
    assert all(one["n"] == 1 for one in drawn)
    assert all(int(str(one["n"])) > 1 for one in watched.drawn_now("prospects"))
    listed = page.get_by_role("list", name=words["list"], exact=True)
    expect(listed.get_by_role("listitem")).to_have_count(len(keys))
    expect(listed.get_by_role("img", name=words["square"], exact=True)).to_be_visible()
    wanted = {one["shape"] for one in legend["shapes"] if one["key"] in {d["shape"] for d in drawn}}
    assert {f"shape-{one}" for one in wanted} <= set(page.evaluate(_ICONS))
    page.screenshot(path=tmp_path / "category.png")
    for by in ("last_visit", "priority", "rep"):
        _ask(page, words, by)
        assert _shapes(watched)
        page.screenshot(path=tmp_path / f"{by}.png")
    _ask(page, words, "overdue")
    expect(page.get_by_role("list", name=words["both"])).to_contain_text(words["never"])
    page.screenshot(path=tmp_path / "overdue.png")
    page.get_by_label(words["by"]).select_option("")
    expect(listed).to_have_count(0)
    assert watched.drawn_now("prospect-shapes") == []


def test_a_shape_is_clicked_and_sized_like_a_dot(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}&colour=overdue&size=potential&shape=category&{NEAR}")
    drawn = _shapes(watched)
    assert drawn
    page.screenshot(path=tmp_path / "sized.png")
    spot = page.evaluate(
        "() => { const { map } = document.querySelector('#map');"
        " const near = map.queryRenderedFeatures({ layers: ['prospect-shapes'] })"
        "   .map((one) => ({ id: one.properties.id, ...map.project(one.geometry.coordinates) }))"
        "   .filter((one) => Math.hypot(one.x - 600, one.y - 300) < 250); return near[0]; }"
    )
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])
    page.wait_for_function("location.hash.includes('account=')")


def test_links_and_saved_views_keep_shapes(watched: Watched) -> None:
    page = watched.open(f"#date={DAY}&shape=category&{NEAR}")
    _open_legend(page)
    expect(page.get_by_label("Hình dạng theo")).to_have_value("category")
    expect(page.get_by_role("list", name="Ý nghĩa của hình", exact=True)).to_be_visible()
    assert _shapes(watched)
    page.get_by_text("Góc nhìn đã lưu").click()
    page.get_by_label("Tên góc nhìn").fill("Hình theo ngành")
    page.get_by_role("button", name="Lưu góc nhìn này").click()
    views = page.get_by_role("list", name="Góc nhìn đã lưu")
    expect(views).to_contain_text("Hình theo ngành")
    page.get_by_label("Hình dạng theo").select_option("")
    page.wait_for_function("!location.hash.includes('shape=')")
    views.get_by_role("button", name="Hình theo ngành").first.click()
    page.wait_for_function("location.hash.includes('shape=category')")
    expect(page.get_by_label("Hình dạng theo")).to_have_value("category")
    page.goto(f"{watched.service.url}/#date={DAY}&shape=shoes")
    page.reload()
    watched.wait_for_map()
    assert "shape" in _link(page)  # a link of somebody's own making does no harm
    _open_legend(page)
    expect(page.get_by_label("Hình dạng theo")).to_have_value("")


@pytest.mark.parametrize(
    "look", [WIDE, {**WIDE, "color_scheme": "dark"}], indirect=True, ids=["light", "dark"]
)
def test_paper_tells_colours_and_shapes(
    watched: Watched, test_database: TestDatabase, tmp_path: Path
) -> None:
    execute(test_database.owner_url, _VISITED)
    page = watched.open(f"#date={DAY}&colour=overdue&shape=category&{NEAR}")
    _open_legend(page)
    expect(page.get_by_role("list", name="Ý nghĩa của hình", exact=True)).to_be_visible()
    assert _shapes(watched)
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    with pypdfium2.PdfDocument(paper) as document:
        text = document[0].get_textpage()
        words = text.get_text_range()
        text.close()
        document[0].render(scale=1.6).to_pil().save(tmp_path / "printed.png")
    for one in ("Số ngày quá hạn", "Ngành hàng", "Chưa ghé lần nào"):
        assert one.lower() in words.lower()


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_shapes_and_their_legend_fit_a_phone(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#date={DAY}&colour=priority&shape=category&{NEAR}")
    _open_legend(page)
    shapes = page.get_by_role("list", name="Ý nghĩa của hình", exact=True)
    shapes.scroll_into_view_if_needed()
    expect(shapes).to_be_visible()
    box = page.locator("#legend").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.screenshot(path=tmp_path / "phone.png")
