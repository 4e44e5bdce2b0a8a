import pytest

from mobile_client.presenters.map.projection import to_world
from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import PHONE, TABLET, Driver, KivyObject, OpenApp


@pytest.fixture
def view(ui: Driver) -> KivyObject:
    ui.tap(ui.find("NavItem", name="map"))
    shown = ui.find("MapView")
    ui.until(lambda: shown.is_ready)
    return shown


def on_screen(view: KivyObject, lon: float, lat: float) -> tuple[float, float]:
    x, y = view.to_window(*view.camera.to_screen(*to_world(lon, lat)))
    return float(x), float(y)


def test_the_map_opens_on_the_whole_day(ui: Driver, core: FakeCore, view: KivyObject) -> None:
    left, bottom, right, top = ui.box(view)
    for stop in core.today().stops:
        x, y = on_screen(view, stop.lon, stop.lat)
        assert left < x < right
        assert bottom < y < top
    assert "© OpenStreetMap" in ui.texts()


def test_the_base_map_is_drawn(ui: Driver, view: KivyObject) -> None:
    def colours() -> int:
        pixels = ui.pixels(ui.box(view))
        return len({pixels[at : at + 4] for at in range(0, len(pixels), 4)})

    with_map = colours()
    view.set_package(None)
    ui.until(lambda: view.is_ready)
    assert with_map > 2 * colours()


def test_a_tapped_stop_leads_to_its_check_in(ui: Driver, core: FakeCore, view: KivyObject) -> None:
    stop = core.today().stops[3]
    view.centre_on((stop.lon, stop.lat), 18)
    ui.until(lambda: view.is_ready)
    ui.tap_at(*on_screen(view, stop.lon, stop.lat))
    assert stop.name in ui.texts()
    ui.tap(ui.find("MarkerPanel").children[0].children[0])
    ui.until(lambda: "Kết quả ghé thăm" in ui.texts())
    assert stop.name in ui.texts()


def test_a_tap_beside_all_markers_puts_the_card_away(
    ui: Driver, core: FakeCore, view: KivyObject
) -> None:
    stop = core.today().stops[3]
    view.centre_on((stop.lon, stop.lat), 18)
    ui.until(lambda: view.is_ready)
    ui.tap_at(*on_screen(view, stop.lon, stop.lat))
    assert ui.all("MarkerPanel")
    view.centre_on((24.0, 61.0), 18)
    ui.until(lambda: view.is_ready)
    ui.tap_at(view.center_x, view.center_y + 100)
    assert not ui.all("MarkerPanel")


def test_a_tapped_cluster_comes_closer(ui: Driver, view: KivyObject) -> None:
    view.centre_on((24.93, 60.18), 13)
    ui.until(lambda: view.is_ready)
    group = max(view.overlay.clusters, key=lambda one: len(one.points))
    ui.tap_at(*view.to_window(*view.camera.to_screen(group.x, group.y)))
    assert view.camera.zoom == 14.5


def test_dragging_moves_the_map(ui: Driver, view: KivyObject) -> None:
    before = view.camera
    ui.drag((300, 400), (140, 400))
    assert view.camera.x == pytest.approx(before.x + 160 / before.world_px)


def test_the_phones_own_place_is_found(ui: Driver, core: FakeCore, view: KivyObject) -> None:
    ui.tap(ui.find("IconBtn", icon="target"))
    ui.until(lambda: view.overlay.here == core.gps.at)
    assert on_screen(view, *core.gps.at) == pytest.approx(
        view.to_window(view.center_x, view.center_y)
    )


def test_the_route_button_comes_back_to_the_day(ui: Driver, view: KivyObject) -> None:
    day = view.camera
    ui.drag((300, 400), (140, 400))
    ui.tap(ui.find("IconBtn", icon="route"))
    assert (view.camera.x, view.camera.zoom) == pytest.approx((day.x, day.zoom))


def test_without_a_package_markers_and_a_reason_are_shown(
    core: FakeCore, open_app: OpenApp
) -> None:
    core.package = None
    ui = open_app(core)
    ui.tap(ui.find("NavItem", name="map"))
    assert any("Máy này chưa có bản đồ" in text for text in ui.texts())


def test_a_wide_window_shows_list_and_map_side_by_side(core: FakeCore, open_app: OpenApp) -> None:
    ui = open_app(core, TABLET)
    view = ui.find("MapView")
    ui.until(lambda: view.is_ready)
    row = ui.find("Row", key=core.today().stops[0].account_id)
    assert ui.box(row)[2] <= ui.box(view)[0]
    assert not ui.all("NavItem", name="map")
    ui.window.size = PHONE
    ui.until(lambda: ui.all("NavItem", name="map"))
    assert not ui.all("MapView")
