"""The cube on the page: a pivot, gone into and sliced, cells on the map, white space, hot spots."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.web.conftest import Watched
from tests.e2e.web.test_map_page import PHONE
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org

pytestmark = pytest.mark.e2e
VI = {"tab": "Phân tích", "rows": "Hàng", "columns": "Cột", "visits": "Lượt ghé",
      "measures": "Chỉ số (3)", "white": "Khoảng trống", "hot": "Điểm nóng, lạnh",
      "total": "Tổng", "month": "Thời gian", "excel": "Tải Excel", "back": "×",
      "geojson": "Tải GeoJSON", "place": "Nơi"}  # fmt: skip
EN = {"tab": "Analysis", "rows": "Rows", "columns": "Columns", "visits": "Visits",
      "measures": "Measures (3)", "white": "White space", "hot": "Hot and cold spots",
      "total": "Total", "month": "Period", "excel": "Download Excel", "back": "×",
      "geojson": "Download GeoJSON", "place": "Place"}  # fmt: skip
LOOKS = [({"locale": "vi-VN"}, VI), ({"locale": "en-GB"}, EN)]
QUERY = "**/v1/cube/query"
SEEN = {"white": "**/v1/cube/white-space", "hot": "**/v1/cube/hot-spots"}


@pytest.fixture
def sold(test_database: TestDatabase, org: Org, watched: Watched) -> Watched:
    """Every second shop bought something in each of some months; both territories lie in one."""
    url = test_database.owner_url
    execute(
        url,
        "INSERT INTO product (org_id, id, code, name, category) VALUES"
        " (%s, gen_random_uuid(), 'A', 'Cà phê rang xay', 'Cà phê'),"
        " (%s, gen_random_uuid(), 'B', 'Trà sen', 'Trà')",
        org.id, org.id,
    )  # fmt: skip
    execute(
        url,
        "INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, quantity, amount,"
        " territory_id) SELECT a.org_id, gen_random_uuid(), a.id, p.id,"
        " current_date - (m * 29)::int, a.id || p.code || m, 2,"
        " 100000 + 5000 * (length(a.name) %% 9) * (24 - m), a.territory_id"
        " FROM account a CROSS JOIN product p CROSS JOIN generate_series(0, 22) m"
        " WHERE a.org_id = %s AND right(a.id::text, 1) < '8'",
        org.id,
    )
    execute(
        url,
        "WITH parent AS (INSERT INTO territory (org_id, id, name) VALUES"
        " (%s, gen_random_uuid(), 'Helsinki') RETURNING id)"
        " UPDATE territory SET parent_id = (SELECT id FROM parent) WHERE area IS NOT NULL",
        org.id,
    )
    execute(url, "UPDATE account SET life_stage = 'customer' WHERE ST_X(location) < 24.944")
    return watched


def _open(sold: Watched, words: dict[str, str], place: str = "#tab=analysis") -> Page:
    language = "vi" if words is VI else "en"
    sold.page.add_init_script(f"localStorage.setItem('tuyen.language', '{language}')")
    page = sold.open(place)
    expect(page.get_by_role("tab", name=words["tab"])).to_have_attribute("aria-selected", "true")
    return page


@pytest.mark.parametrize(("look", "words"), LOOKS, indirect=["look"], ids=["vi", "en"])
def test_a_pivot_is_made_gone_into_and_sliced(
    sold: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    page = _open(sold, words)
    table = page.locator(".pivot table")
    expect(table.get_by_role("button", name="Kamppi")).to_be_visible()
    page.get_by_text(words["measures"]).click()
    page.get_by_label(words["visits"], exact=True).check()
    expect(table.get_by_role("columnheader", name=words["visits"])).to_be_visible()
    page.screenshot(path=tmp_path / f"pivot-{words['tab']}.png")
    with page.expect_response(QUERY):
        page.locator("select[name=columns]").select_option(label=words["month"])
    expect(page.locator(".chart canvas")).to_be_visible()
    page.locator(".chart-figure").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / f"months-{words['tab']}.png")
    with page.expect_response(QUERY) as answered:
        page.locator("select[name=columns]").select_option("")
    whole = answered.value.json()["whole"]["total"][0]
    # By keyboard alone: from the topmost territory down to categories.
    level = [
        one for one in page.locator("select[name=rows] option").all_inner_texts() if " · " in one
    ]
    page.locator("select[name=rows]").select_option(label=level[0])
    with page.expect_response(QUERY):
        table.get_by_role("button", name="Helsinki").press("Enter")
    expect(table.get_by_role("button", name="Kruununhaka")).to_be_visible()
    with page.expect_response(QUERY) as answered:
        table.get_by_role("button", name="Kamppi").press("Enter")
    into = answered.value.json()
    assert 0 < into["whole"]["total"][0] < whole
    assert sum(row["total"][0] for row in into["rows"]) == into["whole"]["total"][0]
    expect(page.locator(".chips")).to_contain_text("Kamppi")
    page.screenshot(path=tmp_path / f"drilled-{words['tab']}.png")
    address = parse_qs(urlsplit(page.url).fragment)["cube"][0]
    assert json.loads(address)["filters"][0]["dimension"] == "territory"
    page.reload()
    sold.wait_for_map()
    expect(page.locator(".chips")).to_contain_text("Kamppi")
    with page.expect_response(QUERY) as answered:
        page.locator(".chips button").click()
    assert answered.value.json()["whole"]["total"][0] == whole
    with page.expect_download() as download:
        page.get_by_role("button", name=words["excel"]).click()
    download.value.save_as(tmp_path / "pivot.xlsx")
    assert list(openpyxl.load_workbook(tmp_path / "pivot.xlsx")["Pivot"].values)[-1][0] == "total"


@pytest.mark.parametrize(("look", "words"), LOOKS, indirect=["look"], ids=["vi", "en"])
def test_other_days_and_another_territory_are_compared_with(
    sold: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    page = _open(sold, words)
    page.locator(".pivot table").wait_for()
    with page.expect_response(QUERY):  # without a comparison, until the territory is chosen
        page.locator("select[name=compare]").select_option("territory")
    with page.expect_response(QUERY) as answered:
        page.locator("select[name=compare_territory]").select_option(label="Kamppi")
    told = answered.value.json()
    kamppi = next(row for row in told["rows"] if row["labels"] == ["Kamppi"])
    assert told["whole"]["compared_total"] == kamppi["total"]
    page.screenshot(path=tmp_path / f"compared-{words['tab']}.png")
    with page.expect_response(QUERY):
        page.locator("select[name=compare]").select_option("dates")
    with page.expect_response(QUERY):
        page.locator("input[name=compare_from]").fill("2026-01-01")
    with page.expect_response(QUERY) as answered:
        page.locator("input[name=compare_to]").fill("2026-03-31")
    period = answered.value.json()["compared_period"]
    assert (period["from_date"], period["to_date"]) == ("2026-01-01", "2026-03-31")


@pytest.mark.parametrize(("look", "words"), LOOKS, indirect=["look"], ids=["vi", "en"])
def test_cells_stand_on_the_map(sold: Watched, words: dict[str, str], tmp_path: Path) -> None:
    state = json.dumps({"rows": [{"dimension": "h3", "resolution": 9}], "measures": ["revenue"]})
    page = _open(sold, words, f"#tab=analysis&cube={state}")
    expect(page.locator(".pivot tbody tr").first).to_be_visible()
    page.wait_for_timeout(1500)
    told = sold.drawn("overlay-hexagon")
    assert len({str(one["color"]) for one in told}) > 1
    expect(page.locator(".hexagon-key li").first).to_be_visible()
    page.screenshot(path=tmp_path / f"cells-{words['tab']}.png")
    with page.expect_download():
        page.get_by_role("button", name=words["geojson"]).click()
    for view in ("white", "hot"):
        with page.expect_response(SEEN[view]):
            page.get_by_role("button", name=words[view]).click()
        expect(page.locator(".pivot thead th").first).to_have_text(words["place"])
        page.wait_for_timeout(1000)
        page.screenshot(path=tmp_path / f"{view}-{words['tab']}.png")
        assert sold.drawn("overlay-hexagon")
        page.screenshot(path=tmp_path / f"{view}-{words['tab']}.png")


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_a_pivot_fits_a_phone(sold: Watched, tmp_path: Path) -> None:
    sold.open("#tab=analysis", who="rep")
    page = sold.page
    expect(page.locator(".pivot tbody tr").first).to_be_visible()
    for part in ("#panel", "#tabs"):
        over = page.evaluate(
            f"(at => at.scrollWidth - at.clientWidth)(document.querySelector('{part}'))"
        )
        assert over <= 1
    page.locator(".pivot").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "phone.png")


def test_what_does_not_go_together_cannot_be_chosen(sold: Watched) -> None:
    state = json.dumps({"rows": [{"dimension": "product"}], "measures": ["revenue"]})
    page = _open(sold, VI, f"#tab=analysis&cube={state}")
    expect(page.locator(".pivot").get_by_role("button", name="Trà sen")).to_be_visible()
    page.get_by_text("Chỉ số (1)").click()
    expect(page.get_by_label("Lượt ghé", exact=True)).to_be_disabled()
    expect(page.get_by_label("Số hoá đơn", exact=True)).to_be_enabled()
