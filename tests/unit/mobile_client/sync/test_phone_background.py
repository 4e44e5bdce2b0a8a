"""The thread: sends by itself, wakes when told, ends when closed."""

from mobile_client.core import PhoneCore
from mobile_client.store.outbox import HOLD_SECONDS
from mobile_client.views import CheckInDraft
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop
from tests.support.waiting import when

PATIENCE_S = 20


def is_idle(phone: PhoneCore) -> bool:
    status = phone.sync_status()
    return status.state == "idle" and status.waiting == 0


def test_edit_is_sent_without_being_asked(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    phone.start_background()
    phone.edit_account(shop.account, {"phone": "+358402"})
    sent = when(phone, lambda: server.records.image("account")[shop.account]["phone"] == "+358402")
    assert sent.wait(PATIENCE_S)


def test_check_in_is_held_so_that_it_can_be_taken_back(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    result = phone.check_in(CheckInDraft(shop.account, shop.visit, "met"))
    phone.start_background()
    ran = when(phone, lambda: phone.sync_status().state == "idle")
    assert ran.wait(PATIENCE_S)
    assert server.records.image("visit")[shop.visit]["status"] == "planned"
    assert phone.undo_check_in(result.id)
    phone.check_in(CheckInDraft(shop.account, shop.visit, "met"))
    clock.forward(HOLD_SECONDS)
    sent = when(phone, lambda: is_idle(phone))
    phone.sync_now()
    assert sent.wait(PATIENCE_S)
    assert server.records.image("visit")[shop.visit]["status"] == "done"


def test_send_now_works_after_the_network_came_back(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    server.stop()
    offline = when(phone, lambda: phone.sync_status().state == "offline")
    phone.start_background()
    assert offline.wait(PATIENCE_S)
    assert phone.sync_status().next_try_at is not None
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.start()
    back = when(phone, lambda: is_idle(phone))
    phone.sync_now()
    assert back.wait(PATIENCE_S)


def test_unsubscribed_listener_hears_nothing(phone: PhoneCore, shop: Shop) -> None:
    heard: list[str] = []
    unsubscribe = phone.subscribe(heard.append)
    phone.edit_account(shop.account, {"phone": "1"})
    assert heard == ["today", "accounts", "sync"]
    unsubscribe()
    unsubscribe()
    phone.edit_account(shop.account, {"phone": "2"})
    assert len(heard) == 3
