from pathlib import Path

import pytest

from tests.support.fake_core import PASSWORD, FakeCore
from tests.support.kivy_driver import Driver, OpenApp


@pytest.fixture
def ui(tmp_path: Path, package: Path, open_app: OpenApp) -> Driver:
    core = FakeCore(tmp_path, is_signed_in=False)
    core.package = package
    return open_app(core)


def fill(ui: Driver, email: str, password: str) -> None:
    first, second = ui.all("TextInput")
    for field, text in ((first, email), (second, password)):
        field.text = ""
        ui.type(field, text)
    ui.tap(ui.find("Btn", text="Đăng nhập"))


def test_signing_in_opens_today(ui: Driver) -> None:
    fill(ui, "lan@example.com", PASSWORD)
    ui.until(lambda: "Xong 0/8" in ui.texts())


def test_a_wrong_password_is_told_and_can_be_corrected(ui: Driver) -> None:
    fill(ui, "lan@example.com", "wrong")
    ui.until(lambda: "Sai email hoặc mật khẩu." in ui.texts())
    fill(ui, "lan@example.com", PASSWORD)
    ui.until(lambda: "Xong 0/8" in ui.texts())


def test_no_network_is_told(ui: Driver) -> None:
    ui.app.core.is_online = False
    fill(ui, "lan@example.com", PASSWORD)
    ui.until(lambda: any("Không kết nối được" in text for text in ui.texts()))


def test_empty_fields_are_asked_for_without_the_network(ui: Driver) -> None:
    fill(ui, "", "")
    assert "Hãy nhập email và mật khẩu." in ui.texts()


def test_the_language_can_be_changed_before_signing_in(ui: Driver) -> None:
    ui.tap(ui.find("Btn", text="English"))
    assert "Sign in" in ui.texts()
    ui.tap(ui.find("Btn", text="Tiếng Việt"))
    assert "Đăng nhập" in ui.texts()
