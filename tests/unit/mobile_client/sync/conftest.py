"""One fake server and one signed-in phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile_client.core import PhoneCore
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, open_phone, sign_in, stock


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def shop(server: FakeServer) -> Shop:
    return stock(server)


@pytest.fixture
def phone(tmp_path: Path, server: FakeServer, clock: SetClock, shop: Shop) -> Iterator[PhoneCore]:
    assert shop.account
    phone = open_phone(tmp_path / "phone", server, clock)
    sign_in(phone)
    yield phone
    phone.close()
