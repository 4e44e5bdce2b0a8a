"""The ground on the map and in an area: from where, of when, and how sure it is."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.context.osm import import_ground
from backend.context.schemas import LayerRead
from backend.db.tenancy import Database
from tests.e2e.web.conftest import DAY, Watched
from tests.e2e.web.test_map_page import PHONE
from tests.integration.context.conftest import helsinki
from tests.support.outlines import geojson, polygon
from tests.support.people import Org

pytestmark = pytest.mark.e2e
_DARK = {"viewport": {"width": 1100, "height": 900}, "color_scheme": "dark", "locale": "en-GB"}


@pytest.fixture
def layer(database: Database, org: Org) -> LayerRead:
    with database.for_org(org.id) as connection:
        return import_ground(connection, org.id, helsinki(), vintage=None)


def _open_legend(page: Page) -> None:
    page.locator("#legend").evaluate("node => { node.open = true; }")


def _choose(page: Page, name: str, label: str) -> None:
    with page.expect_response(lambda answer: "/v1/context/cells" in answer.url):
        page.get_by_role("combobox", name=name).select_option(label=label)
    page.wait_for_function(
        "() => { const { map } = document.querySelector('#map'); return map.loaded() &&"
        " map.getSource('context')?.serialize().data.features.length > 0; }"
    )


@pytest.mark.usefixtures("layer")
def test_the_ground_is_drawn_with_source_age_and_confidence(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(f"#date={DAY}&at=24.945,60.17,13.5")
    _open_legend(page)
    _choose(page, "Lớp bối cảnh", "Toà nhà")
    legend = page.locator("#legend")
    classes = legend.get_by_role("list", name="Ý nghĩa của màu nền")
    expect(classes.get_by_role("listitem")).to_have_count(5)
    expect(legend).to_contain_text("Nguồn: OpenStreetMap, 2019-04-21")
    expect(legend).to_contain_text("Độ tin cậy: cao")
    assert len({one["color"] for one in watched.drawn("context")}) == 5
    page.screenshot(path=tmp_path / "buildings.png")
    _choose(page, "Lớp bối cảnh", "Chỉ số người qua lại")
    expect(legend).to_contain_text("Độ tin cậy: trung bình")
    expect(legend).to_contain_text("không ai đếm người")
    page.screenshot(path=tmp_path / "footfall.png")
    page.get_by_role("combobox", name="Lớp bối cảnh").select_option(label="Không tô")
    expect(classes).to_have_count(0)
    assert watched.drawn_now("context") == []
    page.evaluate("document.querySelector('#map').map.jumpTo({ center: [105.8, 21], zoom: 13 })")
    page.get_by_role("combobox", name="Lớp bối cảnh").select_option(label="Toà nhà")
    page.get_by_role("button", name="Đến nơi có số liệu").click()
    expect(classes).to_be_visible()


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("look", [_DARK], indirect=True, ids=["English, dark"])
def test_a_link_opens_the_ground_and_an_area_tells_what_it_is(
    watched: Watched, layer: LayerRead, tmp_path: Path
) -> None:
    page = watched.open(f"#tab=areas&date={DAY}&at=24.945,60.17,14&ground={layer.id}:footfall")
    watched.switch_language()
    page.get_by_text("More ways").click()
    page.get_by_label("Radius (km)").fill("0.5")
    page.get_by_role("button", name="Around the map's middle").click()
    card = page.locator(".area-result")
    with page.expect_response("**/v1/context/area"):
        card.get_by_text("Ground", exact=True).click()
    expect(card.get_by_text("Footfall index")).to_be_visible()
    expect(card).to_contain_text("of 100")
    expect(card).to_contain_text("inferred from what draws people; nobody was counted")
    expect(card.get_by_role("list", name="Roads by class (km)")).to_contain_text("Pedestrian")
    expect(card.get_by_role("list", name="Places by group")).to_contain_text("Food and drink")
    expect(card).to_contain_text("Source: OpenStreetMap, 2019-04-21. Licence: ODbL 1.0")
    card.locator(".area-ground").scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "area_dark.png")
    card.locator(".area-ground").screenshot(path=tmp_path / "area_card.png")


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=["360 px, dark"])
def test_the_ground_fits_a_phone(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#date={DAY}&at=24.945,60.17,13")
    _open_legend(page)
    _choose(page, "Lớp bối cảnh", "Chỉ số người qua lại")
    page.get_by_role("list", name="Ý nghĩa của màu nền").scroll_into_view_if_needed()
    box = page.locator("#legend").bounding_box()
    assert box
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
    page.screenshot(path=tmp_path / "phone.png")
    page.locator("#legend").evaluate("node => { node.open = false; }")
    page.screenshot(path=tmp_path / "phone_map.png")


def test_without_a_layer_the_legend_says_how_to_make_one(watched: Watched) -> None:
    page = watched.open(f"#date={DAY}")
    _open_legend(page)
    expect(page.locator("#legend")).to_contain_text("tuyen import context")
    expect(page.get_by_role("combobox", name="Lớp bối cảnh")).to_be_disabled()


def test_a_census_is_brought_in_and_seen_the_same_way(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(f"#date={DAY}&at=24.945,60.17,13")
    _open_legend(page)
    page.get_by_text("Đưa lớp riêng vào").click()
    ring = [[24.92, 60.16], [24.97, 60.16], [24.97, 60.18], [24.92, 60.18], [24.92, 60.16]]
    ward = geojson(({"Dân số": 18500, "Thu nhập": 31.5}, polygon(ring)))
    page.get_by_label("Tệp số liệu").set_input_files(
        {"name": "dan_so.geojson", "mimeType": "application/json", "buffer": ward}
    )
    page.get_by_label("Cột số lượng").fill("Dân số")
    page.get_by_label("Cột tỷ lệ").fill("Thu nhập")
    page.get_by_label("Tên lớp").fill("Điều tra 2019")
    page.get_by_label("Nguồn", exact=True).fill("Cục Thống kê <b>")
    page.get_by_label("Giấy phép").fill("CC BY 4.0")
    page.get_by_label("Số liệu của").fill("2019-04")
    page.screenshot(path=tmp_path / "form.png")
    page.get_by_role("button", name="Đưa vào").click()
    legend = page.locator("#legend")
    expect(legend).to_contain_text("Đã có “Điều tra 2019”")
    expect(legend).to_contain_text("Dân số: 18.500")
    expect(legend).to_contain_text("Nguồn: Cục Thống kê <b>, 2019-04. Giấy phép: CC BY 4.0")
    expect(legend).to_contain_text("Độ tin cậy: theo nguồn")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("Cục Thống kê <b> (CC BY 4.0)")
    _choose(page, "Lớp bối cảnh", "Thu nhập")
    expect(legend.get_by_role("list", name="Ý nghĩa của màu nền")).to_contain_text("31,5")
    page.screenshot(path=tmp_path / "census.png")


@pytest.mark.usefixtures("layer")
@pytest.mark.parametrize("look", [{}, _DARK], indirect=True, ids=["vi", "en, dark"])
def test_a_planner_deletes_a_layer_and_map_and_list_follow(
    watched: Watched, layer: LayerRead, look: dict[str, object], tmp_path: Path
) -> None:
    is_vi = look["locale"] == "vi-VN"
    language = "vi" if is_vi else "en"
    watched.page.add_init_script(f"localStorage.setItem('tuyen.language', '{language}')")
    page = watched.open(f"#date={DAY}&at=24.945,60.17,13.5&ground={layer.id}:buildings")
    _open_legend(page)
    legend = page.locator("#legend")
    legend.get_by_text("Các lớp đã có" if is_vi else "The layers that there are").click()
    delete = legend.get_by_role(
        "button", name=f"Xoá lớp {layer.name}" if is_vi else f"Delete the layer {layer.name}"
    )
    delete.scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "layers.png")
    asked: list[str] = []
    page.once("dialog", lambda one: (asked.append(one.message), one.dismiss()))
    delete.click()
    expect(delete).to_be_enabled()
    page.once("dialog", lambda one: (asked.append(one.message), one.accept()))
    with page.expect_response(lambda one: one.request.method == "DELETE") as answered:
        delete.click()
    assert answered.value.status == 204
    assert layer.name in asked[0]
    assert asked[0] == asked[1]
    expect(legend).to_contain_text(
        f"Đã xoá lớp “{layer.name}”" if is_vi else f"The layer “{layer.name}” is deleted"
    )
    expect(legend.locator("select[name=ground]")).to_be_disabled()
    expect(delete).to_have_count(0)
    assert watched.drawn_now("context") == []
    assert "ground=" not in page.url
    page.screenshot(path=tmp_path / "deleted.png")


@pytest.mark.usefixtures("layer")
def test_who_may_not_delete_layers_is_not_offered_it(watched: Watched) -> None:
    page = watched.open(f"#date={DAY}&at=24.945,60.17,13.5", who="rep")
    _open_legend(page)
    expect(page.get_by_role("combobox", name="Lớp bối cảnh")).to_be_enabled()
    expect(page.locator("#legend").get_by_text("Các lớp đã có")).to_have_count(0)
