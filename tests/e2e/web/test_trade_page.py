"""Trade areas on the page: stores by name and on the map, who draws whom, what is taken."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from backend.context.osm import import_ground
from backend.context.schemas import LayerRead
from backend.db.tenancy import Database
from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE, WIDE
from tests.integration.context.conftest import helsinki
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.helsinki_places import Place
from tests.support.people import Org

pytestmark = pytest.mark.e2e
VI = {"tab": "Phân tích", "view": "Vùng hút khách", "add": "Thêm cửa hàng theo tên",
      "pick": "Chọn trên bản đồ", "done": "Xong", "show": "Xem vùng hút khách",
      "demand": "Nhu cầu đo bằng", "floors": "Diện tích sàn", "result": "Ai hút bao nhiêu",
      "by": "Tô bản đồ theo", "planned": "Dự kiến mở, chưa có", "lost": "Mất vào tay dự kiến",
      "way": "Khoảng cách theo", "car": "Ô tô", "only": "Chỉ các cửa hàng nêu ở đây",
      "source": "Nguồn: OpenStreetMap, 2019-04-21", "km": "Tính trong bán kính (km)",
      "straight": "đường chim bay"}  # fmt: skip
EN = {"tab": "Analysis", "view": "Trade areas", "add": "Add a store by name",
      "pick": "Choose on the map", "done": "Done", "show": "Show trade areas",
      "demand": "Demand is measured by", "floors": "Floor area",
      "result": "Who draws how much", "by": "Colour the map by",
      "planned": "Planned, not there yet", "lost": "Lost to planned", "way": "Distance by",
      "car": "Car", "only": "Only the stores named here", "km": "Within (km)",
      "source": "Source: OpenStreetMap, 2019-04-21", "straight": "straight line"}  # fmt: skip
_DARK = {"viewport": {"width": 1100, "height": 900}, "color_scheme": "dark", "locale": "en-GB"}
ASKED = "**/v1/context/trade-areas"
HERE = "24.9425,60.1685,14.5"


@pytest.fixture
def layer(database: Database, org: Org) -> LayerRead:
    with database.for_org(org.id) as connection:
        return import_ground(connection, org.id, helsinki(), vintage=None)


def _open(watched: Watched, words: dict[str, str], more: str = "") -> Page:
    language = "vi" if words is VI else "en"
    watched.page.add_init_script(f"localStorage.setItem('tuyen.language', '{language}')")
    page = watched.open(f"#tab=analysis&date={DAY}&at={HERE}{more}")
    if not more:
        page.get_by_role("button", name=words["view"], exact=True).click()
    expect(page.get_by_role("heading", name=words["view"], exact=True)).to_be_visible()
    return page


def _link(*stores: dict[str, Any], **more: Any) -> str:
    cube = json.dumps({"view": "trade_areas"})
    return f"&cube={quote(cube)}&trade={quote(json.dumps({'stores': stores, **more}))}"


def _add_by_keyboard(page: Page, words: dict[str, str], name: str) -> None:
    field = page.get_by_label(words["add"])
    field.fill(name)
    row = page.locator(".trade .row-list .row").filter(has_text=name).first
    row.focus()
    row.press("Enter")
    expect(field).to_be_focused()


def _choose_three(watched: Watched, words: dict[str, str]) -> Place:
    """Choose a western and an eastern shop by name, and a place between; return the western."""
    page = watched.page
    shops = sorted(
        (one for one in watched.city.accounts.values() if len(one.name) > 8),
        key=lambda one: one.lon,
    )
    west, east = shops[len(shops) // 5], shops[-len(shops) // 5]
    for store in (west, east):
        _add_by_keyboard(page, words, store.name)
    page.get_by_role("button", name=words["pick"]).click()
    bar = page.locator("#draw-bar")
    page.mouse.click(*_empty_place(watched))
    expect(page.locator(".store")).to_have_count(3)
    bar.get_by_role("button", name=words["done"]).click()
    expect(bar).to_be_hidden()
    return west


def _empty_place(watched: Watched, layer: str = "") -> list[float]:
    """Return where on the screen the map has no dot, near its middle, and something of a layer."""
    assert watched.drawn("prospects")
    found: list[float] = watched.page.evaluate(
        "layer => { const { map } = document.querySelector('#map');"
        " const { x, y, width, height } = map.getCanvas().getBoundingClientRect();"
        " for (let step = 0; step < 400; step += 1) {"
        "  const [column, row] = [step % 20, step / 20 | 0];"
        "  const at = [width * (0.35 + 0.015 * column), height * (0.3 + 0.02 * row)];"
        "  const box = [[at[0] - 9, at[1] - 9], [at[0] + 9, at[1] + 9]];"
        "  const layers = ['prospects', 'visits', 'stops'];"
        "  const isFree = !map.queryRenderedFeatures(box, { layers }).length;"
        "  const isOn = !layer || map.queryRenderedFeatures(at, { layers: [layer] }).length;"
        "  if (isFree && isOn) return [x + at[0], y + at[1]];"
        " } throw new Error('no empty place'); }",
        layer,
    )
    return found


def _tap_map(page: Page, lon: float, lat: float) -> None:
    place = page.evaluate(
        "([lon, lat]) => { const { map } = document.querySelector('#map');"
        " const { x, y } = map.project([lon, lat]);"
        " const box = map.getCanvas().getBoundingClientRect(); return [box.x + x, box.y + y]; }",
        [lon, lat],
    )
    page.mouse.click(*place)


def _trade(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parse_qs(urlsplit(page.url).fragment)["trade"][0])
    return found


def _drawn(found: dict[str, Any]) -> list[float]:
    return [float(one["demand"]) for one in found["stores"]]


def _taken(page: Page, found: dict[str, Any]) -> dict[str, Any]:
    """Return what the page makes of a third, planned store."""
    told: dict[str, Any] = page.evaluate(
        "async cells => (await import(`${document.body.dataset.static}/js/tabs/trade-shares.js`))"
        ".taken(cells, [false, false, true])",
        found["cells"],
    )
    return told


def _colours(watched: Watched) -> set[object]:
    watched.page.wait_for_function(
        "() => { const { map } = document.querySelector('#map'); return map.loaded() &&"
        " map.getSource('trade')?.serialize().data.features.length > 0; }"
    )
    return {one["color"] for one in watched.drawn("trade")}


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize(
    ("look", "words"), [({}, VI), (_DARK, EN)], indirect=["look"], ids=["vi", "en, dark"]
)
def test_stores_are_chosen_and_who_draws_whom_is_seen(
    watched: Watched, words: dict[str, str], tmp_path: Path
) -> None:
    page = _open(watched, words)
    page.get_by_role("button", name=words["show"]).click()
    expect(page.locator(".trade > .message")).to_be_visible()
    west = _choose_three(watched, words)
    page.screenshot(path=tmp_path / "chosen.png")
    page.get_by_label(words["demand"]).select_option(label=words["floors"])
    with page.expect_response(ASKED) as answered:
        page.get_by_role("button", name=words["show"]).click()
    found = answered.value.json()
    table = page.get_by_role("region", name=words["result"])
    expect(table.locator("tbody tr")).to_have_count(3)
    shares = [float(one["share"]) for one in found["stores"]]
    assert sum(shares) == pytest.approx(1)
    expect(table).to_contain_text(west.name)
    expect(table).to_contain_text(words["lost"])
    card = page.locator(".trade-result")
    for told in ("only", "source", "straight"):
        expect(card).to_contain_text(words[told])
    leading = {one["shares"].index(max(one["shares"])) for one in found["cells"]}
    assert len(_colours(watched)) == len(leading)
    assert {one["number"] for one in watched.drawn("trade-store")} == {"1", "2", "3"}
    page.screenshot(path=tmp_path / "leaders.png")
    card.screenshot(path=tmp_path / "card.png")
    # A stronger store draws more; the answer follows what is changed.
    with page.expect_response(ASKED) as answered:
        page.locator("input[name=store_weight]").first.fill("6")
        page.locator("input[name=store_weight]").first.press("Tab")
    stronger = answered.value.json()
    assert stronger["stores"][0]["share"] > shares[0]
    page.get_by_label(words["by"]).select_option(index=1)
    expect(card.get_by_role("button", name=f"1. {west.name}")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert len(_colours(watched)) > 1
    card.get_by_label(words["by"]).scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "own.png")
    kept = _trade(page)
    assert (kept["by"], kept["stores"][0]["weight"], kept["stores"][2]["isPlanned"]) == (0, 6, True)
    # A link opens the same again, without a press.
    with page.expect_response(ASKED):
        page.reload()
    watched.wait_for_map()
    expect(page.locator("input[name=store_name]").first).to_have_value(west.name)
    expect(page.get_by_label(words["by"])).to_have_value("0")
    with page.expect_response(ASKED) as answered:
        page.locator(".store").last.get_by_role("button").last.click()
    # What a planned store takes is what the others draw without it.
    without = [one["demand"] for one in answered.value.json()["stores"]]
    assert [b - a for a, b in zip(_drawn(stronger)[:2], without, strict=True)] == pytest.approx(
        _taken(page, stronger)["lost"][:2]
    )
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table).not_to_contain_text(words["lost"])


@pytest.mark.usefixtures("layer")
def test_an_account_of_the_map_becomes_a_store_and_its_card_leads_here(
    watched: Watched, tmp_path: Path
) -> None:
    page = _open(watched, VI)
    account, shop = next(iter(watched.city.accounts.items()))
    page.evaluate(
        "at => document.querySelector('#map').map.jumpTo({ center: at, zoom: 18.5 })",
        [shop.lon, shop.lat],
    )
    assert watched.drawn("prospects")
    page.get_by_role("button", name=VI["pick"]).click()
    assert watched.drawn("prospects")
    _tap_map(page, shop.lon, shop.lat)
    expect(page.locator(".store")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#draw-bar")).to_be_hidden()
    store = _trade(page)["stores"][0]["account"]
    page.goto(f"{watched.service.url}/#tab=prospects&date={DAY}&account={account}")
    page.get_by_role("button", name=VI["view"], exact=True).click()
    expect(page.get_by_role("tab", name=VI["tab"])).to_have_attribute("aria-selected", "true")
    assert store in [one["account"] for one in _trade(page)["stores"]]
    expect(page.locator("input[name=store_name]").first).not_to_have_value("")
    page.screenshot(path=tmp_path / "from_card.png")


@pytest.mark.usefixtures("layer")
def test_a_store_without_a_place_is_named_and_travel_is_told_as_an_estimate(
    watched: Watched, test_database: TestDatabase
) -> None:
    account, shop = next(iter(watched.city.accounts.items()))
    execute(
        test_database.owner_url,
        "UPDATE account SET location = NULL, location_source = NULL WHERE id = %s",
        str(account),
    )
    stores = ({"account": str(account)}, {"at": [24.945, 60.17]}, {"at": [24.935, 60.168]})
    page = _open(watched, VI, _link(*stores))
    refused = page.locator(".store").first.get_by_role("alert")
    expect(refused).to_contain_text(f"“{shop.name}” chưa có vị trí")
    assert any("422" in one for one in watched.complaints)
    watched.complaints.clear()
    page.locator(".store").first.get_by_role("button").last.click()
    page.get_by_label(VI["way"]).select_option(label=VI["car"])
    with page.expect_response(ASKED) as answered:
        page.get_by_role("button", name=VI["show"]).click()
    assert answered.value.json()["distance"] == "estimated_minutes"
    expect(page.locator(".trade-result")).to_contain_text("số phút đi, ước lượng")


@pytest.mark.usefixtures("layer")
def test_a_hexagon_tells_who_shares_it_and_all_are_taken_along(
    watched: Watched, tmp_path: Path
) -> None:
    stores = ({"at": [24.935, 60.168], "name": "Tây"}, {"at": [24.95, 60.17], "name": "Đông"})
    page = _open(watched, VI, _link(*stores))
    card = page.locator(".trade-result")
    expect(card).to_contain_text("Bấm vào một ô trên bản đồ")
    assert _colours(watched)
    page.mouse.click(*_empty_place(watched, "trade"))
    told = card.get_by_role("status")
    expect(told).to_contain_text("Ô này có")
    tapped = told.inner_text()
    assert "1. Tây" in tapped
    assert "2. Đông" in tapped
    fold = card.get_by_text("ô có nhu cầu lớn nhất")
    fold.focus()
    fold.press("Enter")
    rows = card.get_by_role("region", name="ô có nhu cầu lớn nhất").locator("tbody tr")
    expect(rows).to_have_count(20)
    rows.first.get_by_role("button").press("Enter")
    expect(told).not_to_have_text(tapped)
    with page.expect_download() as download:
        card.get_by_role("button", name="Tải CSV").click()
    download.value.save_as(tmp_path / "trade.csv")
    lines = (tmp_path / "trade.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("cell,demand,leader,leader_share,1. Tây,2. Đông,measure,source")
    assert len(lines) > 20
    page.screenshot(path=tmp_path / "hexagon.png")


def test_without_a_layer_it_is_said_how_to_bring_one(watched: Watched, tmp_path: Path) -> None:
    page = _open(watched, VI)
    expect(page.locator(".trade")).to_contain_text("tuyen import context")
    expect(page.get_by_role("button", name=VI["show"])).to_have_count(0)
    page.screenshot(path=tmp_path / "no_layer.png")


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("look", [PHONE, WIDE], indirect=True, ids=["360 px, dark", "1920 px"])
def test_trade_areas_fit_every_screen(watched: Watched, tmp_path: Path) -> None:
    stores = (
        {"at": [24.935, 60.168], "name": "Cửa hàng của tôi ở phố Kampinkuja", "weight": 120},
        {"at": [24.950, 60.170], "name": "Nhà phân phối", "weight": 80},
        {"at": [24.944, 60.176], "isPlanned": True},
    )
    page = _open(watched, VI, _link(*stores, km=2, decay=1.5))
    card = page.locator(".trade-result")
    expect(card).to_be_visible()
    assert len(_colours(watched)) > 1
    page.screenshot(path=tmp_path / "whole.png")
    card.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "result.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    panel = page.locator("#panel")
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize(
    "trade", ["{", "[]", "null", '{"stores":[{"at":[900,"x"]},{"account":5}],"km":-1,"by":9}']
)
def test_a_broken_link_opens_an_empty_form(watched: Watched, trade: str) -> None:
    cube = json.dumps({"view": "trade_areas"})
    page = _open(watched, VI, f"&cube={quote(cube)}&trade={quote(trade)}")
    expect(page.locator(".store")).to_have_count(0)
    expect(page.get_by_label(VI["add"])).to_be_visible()
