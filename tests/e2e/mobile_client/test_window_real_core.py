"""The window over the real core: SQLite store, engine and HTTP against the fake server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.sync.protocol.ids import new_id
from mobile_client.core import PhoneCore
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.kivy_driver import Driver, OpenApp
from tests.support.phones import HELSINKI, SetClock, Shop, open_phone, stock


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def shop(server: FakeServer) -> Shop:
    """An account whose visit is the only stop of the day's route."""
    shop = stock(server)
    stop: Any = {
        "visit_id": shop.visit,
        "account_id": shop.account,
        "name": "Nguyễn Café",
        "location": list(HELSINKI),
        "sequence": 1,
        "arrive_at": "2026-11-22T08:30:00.000000Z",
        "leg_distance_m": 640,
    }
    server.records.put(
        "route",
        new_id(),
        rep_id=server.user_id,
        on_date="2026-11-22",
        status="planned",
        stops=[stop],
        distance_m=640,
        travel_seconds=120,
    )
    return shop


@pytest.fixture
def phone(tmp_path: Path, server: FakeServer, shop: Shop) -> Iterator[PhoneCore]:
    core = open_phone(tmp_path / "phone", server, SetClock())
    assert shop.account
    yield core
    core.close()


@pytest.fixture
def ui(phone: PhoneCore, open_app: OpenApp) -> Driver:
    return open_app(phone)


def sign_in(ui: Driver) -> None:
    first, second = ui.all("TextInput")
    ui.type(first, "anna@example.com")
    ui.type(second, PASSWORD)
    ui.tap(ui.find("Btn", text="Đăng nhập"))
    ui.until(lambda: ui.all("BadgeBar"))


def test_a_check_in_made_offline_arrives_when_the_server_is_back(
    ui: Driver, phone: PhoneCore, server: FakeServer
) -> None:
    sign_in(ui)
    phone.sync_once()
    ui.until(lambda: "Nguyễn Café" in ui.texts())
    server.stop()
    ui.tap(ui.all("Btn", text="Điểm danh")[0])
    ui.type(ui.find("TextInput"), "Muốn xem bảng giá mới")
    ui.tap(ui.find("Btn", text="Đặt hàng"))
    assert "Xong 1/1" in ui.texts()
    phone.sync_once()
    ui.until(lambda: any(text.startswith("Ngoại tuyến – đã lưu") for text in ui.texts()))
    server.start()
    phone._clock.forward(3600)  # type: ignore[attr-defined]
    assert phone.sync_once().state == "idle"
    ui.until(lambda: "Đã gửi hết" in ui.texts())
    assert len(server.records.image("check_in")) == 1


def test_no_server_is_told_when_signing_in(ui: Driver, server: FakeServer) -> None:
    server.stop()
    first, second = ui.all("TextInput")
    ui.type(first, "anna@example.com")
    ui.type(second, PASSWORD)
    ui.tap(ui.find("Btn", text="Đăng nhập"))
    ui.until(lambda: any("Không kết nối được máy chủ" in text for text in ui.texts()))
