"""Does the phone hold what it should? Checksums, the manifest, and cursors that are too old."""

import sqlite3
from pathlib import Path

import pytest

from backend.sync.protocol.messages import ManifestRequest, PullRequest, PullResponse
from mobile_client.core import PhoneCore
from mobile_client.store.resync import CHECK_AFTER
from tests.support.fake_answers import Fault
from tests.support.fake_pulls import Refused
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, open_phone, stock


def damage(tmp_path: Path, *statements: str) -> None:
    """Change what the phone holds behind its back."""
    db = sqlite3.connect(tmp_path / "phone" / "phone.sqlite")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def held(phone: PhoneCore) -> dict[str, str]:
    return {row.id: row.name for row in phone.accounts(limit=1000)}


def truth(server: FakeServer) -> dict[str, object]:
    return {rid: row["name"] for rid, row in server.records.image("account").items()}


def test_sums_are_compared_after_a_full_pull_and_once_a_day(
    phone: PhoneCore, server: FakeServer, clock: SetClock, tmp_path: Path
) -> None:
    second = stock(server, "Second")
    assert phone.sync_once().differing == ()
    damage(tmp_path, f"DELETE FROM account_base WHERE id = '{second.account}'")
    assert phone.sync_once().differing == ()
    assert set(held(phone).values()) == {"Nguyễn Café"}
    clock.forward(CHECK_AFTER.total_seconds())
    report = phone.sync_once()
    assert (report.differing, report.was_compared) == (("account",), True)
    assert not report.was_full_pull
    assert held(phone) == truth(server)
    assert (server.mismatches, server.pulls.manifests) == (1, 1)
    assert phone.sync_once().differing == ()
    assert server.mismatches == 1


def test_unclean_end_is_followed_by_a_check(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    assert phone.session is not None
    damage(tmp_path, f"UPDATE account_base SET rv = 99 WHERE id = '{shop.account}'")
    crashed = open_phone(tmp_path / "phone", server, clock)
    assert crashed.sync_once().differing == ("account",)
    crashed.close()
    damage(tmp_path, f"UPDATE account_base SET rv = 99 WHERE id = '{shop.account}'")
    closed = open_phone(tmp_path / "phone", server, clock)
    assert closed.sync_once().differing == ()
    closed.close()


@pytest.mark.parametrize("page_rows", [1000, 3])
def test_expired_cursor_brings_only_what_differs_and_keeps_the_outbox(
    phone: PhoneCore, server: FakeServer, shop: Shop, page_rows: int
) -> None:
    shops = [stock(server, f"Shop {number}") for number in range(8)]
    phone.sync_once()
    gone, hidden, changed = shops[:3]
    for table, rid in (("account", gone.account), ("contact", gone.contact)):
        del server.records.rows[table, rid]
    server.records.hide("account", hidden.account)
    server.records.put("account", changed.account, name="Renamed")
    new = stock(server, "New")
    server.pulls.expired_before = server.records.change
    server.page_rows = page_rows
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert report.was_compared
    assert not report.was_full_pull
    assert (report.pulled_rows, report.drops) == (4, 3)
    assert held(phone) == truth(server)
    assert new.account in held(phone)
    assert phone.account(shop.account).phone == "+358402"
    assert phone.sync_once().is_complete


def test_changes_during_a_comparison_are_not_lost(
    phone: PhoneCore, server: FakeServer, clock: SetClock, tmp_path: Path
) -> None:
    shops = [stock(server, f"Shop {number}") for number in range(6)]
    phone.sync_once()
    for shop in shops:
        server.records.put("account", shop.account, email="a@example.com")
    server.pulls.expired_before = server.records.change
    server.page_rows = 2
    original = server.pulls.manifest

    def meddle(request: ManifestRequest) -> PullResponse | Refused:
        answer = original(request)
        if server.pulls.manifests == 2:
            server.stop()
            for shop in shops[::2]:
                server.records.put("account", shop.account, name="Changed meanwhile")
            server.records.hide("account", shops[1].account)
        return answer

    server.pulls.manifest = meddle  # type: ignore[method-assign] # a change amid the pages
    assert phone.sync_once().state == "offline"
    server.start()
    again = open_phone(tmp_path / "phone", server, clock)
    report = again.sync_once()
    assert (report.was_compared, report.differing) == (True, ())
    assert held(again) == truth(server)
    again.close()


def test_sums_that_never_fit_end_with_one_full_pull(
    phone: PhoneCore, server: FakeServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.records, "versions", lambda _: [("nothing", 1)])
    clock.forward(CHECK_AFTER.total_seconds())
    report = phone.sync_once()
    assert (report.state, report.was_compared, report.was_full_pull) == ("idle", True, True)
    assert report.differing
    assert phone.sync_once().pages == 1


def test_restored_server_is_pulled_from_the_beginning(phone: PhoneCore, server: FakeServer) -> None:
    server.epoch = "e2"
    server.pulls.expired_before = server.records.change + 1
    report = phone.sync_once()
    assert (report.was_full_pull, report.was_compared) == (True, False)


def test_page_token_that_died_costs_the_pages_and_not_the_cursor(
    phone: PhoneCore, server: FakeServer
) -> None:
    server.page_rows = 2
    for number in range(5):
        stock(server, f"Shop {number}")
    original = server.pulls.pull

    def forgetful(request: PullRequest) -> PullResponse | Refused:
        answer = original(request)
        if request.token is None:
            server.pulls.pull = original  # type: ignore[method-assign] # only once
            server.forget_pulls()
        return answer

    server.pulls.pull = forgetful  # type: ignore[method-assign] # tokens die after the first page
    report = phone.sync_once()
    assert (report.is_complete, report.was_full_pull) == (True, False)
    assert held(phone) == truth(server)
