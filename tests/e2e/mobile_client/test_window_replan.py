"""The rest of the day planned anew in the window, over a phone that synced with a planned day."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.routes.day.pack import pack_day
from backend.routes.day.reorder import reorder_day
from backend.sync.protocol.ids import new_id
from mobile_client.core import PhoneCore
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.kivy_driver import Driver, OpenApp
from tests.support.phones import SetClock, open_phone
from tests.unit.routes.days import street_day, visit

NAMES = ("Aalto", "Bến Thành", "Cà phê Chợ", "Đức Minh", "Én Vàng")
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
POINTS = tuple((24.9384 + 0.012 * place, 60.1699) for place in range(6))


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def shops(server: FakeServer) -> list[str]:
    """Five shops on a street, planned from the near end to the far one."""
    shops = [new_id() for _ in NAMES]
    problem = street_day(
        range(6),
        *(visit(shop, node, minutes=20) for node, shop in enumerate(shops, start=1)),
    )
    plan = reorder_day(problem, shops)
    stops: list[Any] = []
    for place, (shop, name, point) in enumerate(zip(shops, NAMES, POINTS[1:], strict=True), 1):
        visit_id = new_id()
        server.records.put(
            "account", shop, kind="organisation", name=name, location=[*point], visit_minutes=20
        )
        server.records.put(
            "visit", visit_id, account_id=shop, rep_id=server.user_id, status="planned",
            planned_on="2026-11-22",
        )  # fmt: skip
        at = f"2026-11-22T08:{place}0:00Z"
        stops.append({"visit_id": visit_id, "account_id": shop, "name": name, "sequence": place,
                      "location": [*point], "arrive_at": at})  # fmt: skip
    server.records.put(
        "route", new_id(), rep_id=server.user_id, on_date="2026-11-22", status="planned",
        stops=stops, dropped=[], distance_m=plan.distance_m, travel_seconds=plan.travel_s,
        pack=pack_day(problem, plan, POINTS, MIDNIGHT),
    )  # fmt: skip
    return shops


@pytest.fixture
def phone(tmp_path: Path, server: FakeServer, shops: list[str]) -> Iterator[PhoneCore]:
    core = open_phone(tmp_path / "phone", server, SetClock())
    assert shops
    yield core
    core.close()


@pytest.fixture
def ui(phone: PhoneCore, open_app: OpenApp) -> Driver:
    ui: Driver = open_app(phone)
    first, second = ui.all("TextInput")
    ui.type(first, "anna@example.com")
    ui.type(second, PASSWORD)
    ui.tap(ui.find("Btn", text="Đăng nhập"))
    ui.until(lambda: ui.all("BadgeBar"))
    phone.sync_once()
    ui.until(lambda: "Aalto" in ui.texts())
    return ui


def picture(ui: Driver, name: str) -> None:
    """Take a picture where somebody asked for pictures."""
    if folder := os.environ.get("TUYEN_PICTURES"):
        ui.shot(Path(folder) / f"{name}.png")


def rows(ui: Driver) -> list[str]:
    """Return the titles of the visits, from the top."""
    shown = sorted(ui.all("Row"), key=lambda row: -ui.box(row)[3])
    return [row.title for row in shown]


def until_rows(ui: Driver, *wanted: str) -> None:
    """Step until these visits stand at the top."""
    ui.until(lambda: tuple(rows(ui)[: len(wanted)]) == wanted)


def test_a_closed_shop_and_an_urgent_one_give_a_new_order_offline(
    ui: Driver, phone: PhoneCore, server: FakeServer, shops: list[str]
) -> None:
    server.stop()
    picture(ui, "today")
    ui.tap(ui.find("Btn", text="Đóng cửa"))
    until_rows(ui, "1. Bến Thành", "2. Cà phê Chợ", "3. Đức Minh", "4. Én Vàng")
    assert {"Bỏ lại", "Đóng cửa khi đến", "Aalto"} <= set(ui.texts())
    ui.tap(next(row for row in ui.all("Row") if row.title == "4. Én Vàng"))
    picture(ui, "question")
    ui.tap(ui.find("Btn", text="Ghé trước tiên"))
    until_rows(ui, "1. Én Vàng", "2. Đức Minh", "3. Cà phê Chợ", "4. Bến Thành")
    assert any(text.startswith("Giữ nguyên: 5 điểm") for text in ui.texts())
    picture(ui, "proposal")
    ui.tap(ui.find("Btn", text="Dùng thứ tự này"))
    assert rows(ui) == ["1. Én Vàng", "2. Đức Minh", "3. Cà phê Chợ", "4. Bến Thành", "Aalto"]
    assert ui.all("Btn", text="Hoàn tác")
    picture(ui, "accepted")
    ui.tap(ui.find("Btn", text="Hoàn tác"))
    assert rows(ui)[0] == "1. Aalto"

    ui.tap(ui.find("Btn", text="Đóng cửa"))
    until_rows(ui, "1. Bến Thành")
    ui.tap(ui.find("Btn", text="Dùng thứ tự này"))
    ui.app.shell.go("sync")
    ui.until(lambda: "Thứ tự mới" in ui.texts())
    server.start()
    phone._clock.forward(3600)  # type: ignore[attr-defined]
    assert phone.sync_once().state == "idle"
    (rework,) = server.records.image("rework").values()
    kept = rework["plan"]
    assert isinstance(kept, dict)
    assert len(kept["stops"]) == 4  # type: ignore[arg-type]  # a document of the wire
    assert phone.today().stops[-1].account_id == shops[0]


def test_heavy_traffic_makes_the_rest_longer(ui: Driver) -> None:
    ui.tap(ui.find("Btn", text="Sắp lại"))
    ui.until(lambda: rows(ui))
    usual = [text for text in ui.texts() if text.startswith("Mới: ")]
    ui.tap(ui.find("Btn", text="Kẹt xe"))
    ui.until(lambda: [text for text in ui.texts() if text.startswith("Mới: ")] != usual)
    ui.press_back()
    assert ui.app.shell.place == "today"


def test_a_plan_without_pack_is_ordered_by_hand(
    ui: Driver, phone: PhoneCore, server: FakeServer
) -> None:
    (route,) = [rid for table, rid in server.records.rows if table == "route"]
    server.records.put("route", route, pack=None)
    phone.sync_once()
    ui.tap(ui.find("Btn", text="Sắp lại"))
    ui.until(lambda: any("chưa có thời gian đi đường" in text for text in ui.texts()))
    ui.tap(next(row for row in ui.all("Row") if row.title == "5. Én Vàng"))
    ui.tap(ui.find("Btn", text="Ghé trước tiên"))
    until_rows(ui, "1. Én Vàng", "2. Aalto")
    picture(ui, "by_hand")
    ui.tap(ui.find("Btn", text="Dùng thứ tự này"))
    assert rows(ui)[:2] == ["1. Én Vàng", "2. Aalto"]


def test_an_urgent_visit_begins_at_the_accounts_card(ui: Driver) -> None:
    ui.tap(next(row for row in ui.all("Row") if row.title == "4. Đức Minh"))
    ui.tap(ui.find("IconBtn", icon="route"))
    ui.until(lambda: rows(ui)[:1] == ["1. Đức Minh"])
    picture(ui, "urgent")
