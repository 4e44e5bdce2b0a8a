"""The server's clock corrects what is shown; the queue asks no clock for its order."""

from datetime import timedelta

from mobile_client.core import PhoneCore
from tests.support.fake_server import SERVER_TIME, FakeServer
from tests.support.phones import SetClock, Shop


def test_shown_time_follows_the_servers_clock_through_the_time_since_boot(
    phone: PhoneCore, clock: SetClock
) -> None:
    clock.forward(60)
    clock.at += timedelta(days=1)
    assert phone.now_corrected() == SERVER_TIME + timedelta(seconds=60)
    assert phone.today().on == SERVER_TIME.date()


def test_after_another_boot_the_phone_is_taken_to_be_as_wrong_as_it_was(
    phone: PhoneCore, clock: SetClock
) -> None:
    clock.at += timedelta(hours=1)
    clock.boot_id, clock.elapsed_ms = "boot-2", 5
    assert phone.now_corrected() == SERVER_TIME + timedelta(hours=1)


def test_push_tells_the_time_since_boot(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    phone.edit_account(shop.account, {"phone": "1"})
    phone.sync_once()
    request = server.pushes[-1]
    assert (request.protocol, request.boot_id, request.elapsed_ms) == (5, "boot-1", 60_000)


def test_edits_keep_their_order_when_the_clock_is_set_back(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    phone.edit_account(shop.account, {"phone": "first"})
    clock.at -= timedelta(days=400)
    phone.edit_account(shop.account, {"phone": "second"})
    clock.at += timedelta(days=800)
    phone.edit_account(shop.account, {"phone": "third"})
    assert phone.sync_once().is_complete
    sent = [one.set["phone"] for one in server.pushes[-1].mutations]
    assert sent == ["first", "second", "third"]
    assert phone.account(shop.account).phone == "third"
