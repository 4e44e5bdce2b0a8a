"""Pokes: a phone that is online hears of changes; one that is not asks now and then."""

import pytest

from mobile_client.core import PhoneCore
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import Shop, stock
from tests.support.waiting import when

PATIENCE_S = 20


def names(phone: PhoneCore) -> set[str]:
    return {row.name for row in phone.accounts()}


def test_poke_brings_a_change_without_being_asked(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.start_background()
    idle = when(phone, lambda: bool(server.streams) and phone.sync_status().state == "idle")
    assert idle.wait(PATIENCE_S)
    server.records.put("account", shop.account, name="Renamed")
    came = when(phone, lambda: names(phone) == {"Renamed"})
    server.poke()
    assert came.wait(PATIENCE_S)


def test_stream_that_broke_off_is_opened_again(phone: PhoneCore, server: FakeServer) -> None:
    phone.start_background()
    assert when(phone, lambda: bool(server.streams)).wait(PATIENCE_S)
    stock(server, "Second")
    came = when(phone, lambda: "Second" in names(phone))
    server.stop()
    server.start()
    phone.sync_now()
    assert came.wait(PATIENCE_S)


def test_server_without_a_stream_is_asked_as_before(phone: PhoneCore, server: FakeServer) -> None:
    server.faults.append(Fault("/v1/sync/stream", "answer", status=404, code="x", times=99))
    stock(server, "Second")
    phone.start_background()
    assert when(phone, lambda: "Second" in names(phone)).wait(PATIENCE_S)


@pytest.mark.parametrize("is_signed_out", [False, True])
def test_closing_ends_the_stream_at_once(
    phone: PhoneCore, server: FakeServer, *, is_signed_out: bool
) -> None:
    phone.start_background()
    assert when(phone, lambda: bool(server.streams)).wait(PATIENCE_S)
    if is_signed_out:
        phone.sign_out()
    phone.close()
    assert phone._stream is None
