"""Receiving: pages, scope, lost cursors, and edits that a pull never replaces."""

from pathlib import Path

from backend.sync.protocol.ids import new_id
from mobile_client.core import PhoneCore
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, open_phone, stock


def names(phone: PhoneCore) -> set[str]:
    return {row.name for row in phone.accounts()}


def test_pages_become_visible_together(phone: PhoneCore, server: FakeServer) -> None:
    server.page_rows = 2
    for number in range(5):
        stock(server, f"Shop {number}")
    seen: list[set[str]] = []
    phone.subscribe(lambda _: seen.append(names(phone)))
    report = phone.sync_once()
    assert report.pages == 8
    assert {len(found) for found in seen} <= {1, 6}
    assert len(names(phone)) == 6


def test_interrupted_pull_goes_on_at_its_page_after_a_restart(
    phone: PhoneCore, server: FakeServer, tmp_path: Path, clock: SetClock
) -> None:
    server.page_rows = 2
    for number in range(5):
        stock(server, f"Shop {number}")
    with _StopAfter(server, pulls=3):
        assert phone.sync_once().state == "offline"
    assert names(phone) == {"Nguyễn Café"}
    before = len(server.requests)
    again = open_phone(tmp_path / "phone", server, clock)
    assert again.sync_once().is_complete
    assert len(names(again)) == 6
    pulls = [path for _, path in server.requests[before:] if path == "/v1/sync/pull"]
    assert len(pulls) < 8
    again.close()


class _StopAfter:
    """Cuts every answer to a pull after the first few."""

    def __init__(self, server: FakeServer, pulls: int) -> None:
        self._server, self._left = server, pulls

    def __enter__(self) -> None:
        self._original = self._server.take_fault
        self._server.take_fault = self._take  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self._server.take_fault = self._original  # type: ignore[method-assign]

    def _take(self, method: str, path: str) -> Fault | None:
        if path == "/v1/sync/pull":
            self._left -= 1
            if self._left < 0:
                return Fault(path, "drop_before")
        return self._original(method, path)


def test_local_edit_survives_a_pull_of_the_same_record(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.records.put("account", shop.account, email="office@example.com")
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert report.pulled_rows
    card = phone.account(shop.account)
    assert (card.phone, card.email) == ("+358402", "office@example.com")
    assert card.pending_fields == {"phone"}


def test_applied_edit_stays_visible_until_the_pull_brings_it(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.faults.append(Fault("/v1/sync/pull", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert report.state == "error"
    assert report.left == 0
    card = phone.account(shop.account)
    assert card.phone == "+358402"
    assert card.pending_fields == frozenset()
    server.records.put("account", shop.account, phone="+358477")
    assert phone.sync_once().is_complete
    assert phone.account(shop.account).phone == "+358477"


def test_record_that_left_the_scope_goes_and_its_unsent_edit_is_still_sent(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.records.hide("account", shop.account)
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert report.drops == 1
    assert names(phone) == set()
    (item,) = phone.sync_status().items
    assert item.subject == "Nguyễn Café"
    phone.sync_once()
    assert server.records.rows["account", shop.account].values["phone"] == "+358402"


def test_changed_scope_discards_the_pages_and_begins_again(
    phone: PhoneCore, server: FakeServer
) -> None:
    stock(server, "Second")
    server.faults.append(Fault("/v1/sync/pull", "answer", status=409, code="scope_changed"))
    assert phone.sync_once().is_complete
    assert names(phone) == {"Nguyễn Café", "Second"}


def test_scope_that_never_settles_ends_the_run_with_a_message(
    phone: PhoneCore, server: FakeServer
) -> None:
    server.faults.append(
        Fault("/v1/sync/pull", "answer", status=409, code="scope_changed", times=99)
    )
    report = phone.sync_once()
    assert (report.state, report.message) == ("error", "Fake: scope_changed.")


def test_lost_cursor_pulls_everything_and_removes_what_is_not_named(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    gone = stock(server, "Gone")
    phone.sync_once()
    for table, rid in (("account", gone.account), ("contact", gone.contact)):
        del server.records.rows[table, rid]
    phone.edit_contact(None, shop.account, {"name": "Lan", "title": "Boss"})
    clock.forward(1)
    server.epoch = "e2"
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert report.was_full_pull
    assert names(phone) == {"Nguyễn Café"}
    assert [one.name for one in phone.account(shop.account).contacts] == ["Aino", "Lan"]
    assert phone.sync_once().is_complete


def test_forgotten_page_token_starts_over(phone: PhoneCore, server: FakeServer) -> None:
    server.page_rows = 2
    for number in range(5):
        stock(server, f"Shop {number}")
    with _StopAfter(server, pulls=2):
        phone.sync_once()
    server.forget_pulls()
    assert phone.sync_once().is_complete
    assert len(names(phone)) == 6


def test_damaged_page_changes_nothing(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    server.records.put("account", shop.account, name="New name")
    server.records.put("contact", new_id(), account_id=shop.account, full_name="Boris")
    server.faults.append(Fault("/v1/sync/pull", "cut"))
    assert phone.sync_once().state == "offline"
    assert names(phone) == {"Nguyễn Café"}
    assert phone.sync_once().is_complete
    assert names(phone) == {"New name"}


def test_delta_pull_brings_only_changes(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    stock(server, "Second")
    assert phone.sync_once().pulled_rows == 3
    server.records.put("account", shop.account, name="Renamed")
    assert phone.sync_once().pulled_rows == 1
    assert phone.sync_once().pulled_rows == 0
