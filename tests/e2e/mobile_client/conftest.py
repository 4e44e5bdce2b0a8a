import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import PHONE, Driver, OpenApp, prepare_kivy
from tests.support.phone_package import write_helsinki_package

# Kivy reads its folder, window size and input devices at the first import.
prepare_kivy(Path(tempfile.mkdtemp(prefix="tuyen-kivy-")), PHONE)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_helsinki_package(tmp_path_factory.mktemp("package") / "helsinki.mbtiles")


@pytest.fixture
def core(tmp_path: Path, package: Path) -> FakeCore:
    fake = FakeCore(tmp_path)
    fake.package = package
    return fake


@pytest.fixture
def open_app() -> Iterator[OpenApp]:
    from mobile_client.app import TuyenApp  # noqa: PLC0415 - after prepare_kivy

    drivers: list[Driver] = []

    def open_it(core: FakeCore, size: tuple[int, int] = PHONE, locale: str = "") -> Driver:
        drivers.append(Driver(TuyenApp(core, locale), size))
        return drivers[-1]

    yield open_it
    for driver in drivers:
        driver.close()


@pytest.fixture
def ui(core: FakeCore, open_app: OpenApp) -> Driver:
    return open_app(core)
