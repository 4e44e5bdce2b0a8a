"""Two lives of one phone: copied databases, restored backups, and what the server says of them."""

import shutil
import sqlite3
from pathlib import Path

from mobile_client.core import PhoneCore
from tests.support.fake_answers import Fault
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.phones import SetClock, Shop, open_phone, stock


def device_of(phone: PhoneCore) -> str:
    return phone._sessions.device_id


def copy_store(source: Path, target: Path, *names: str) -> None:
    """Copy what a person would copy: the database as one file, and whatever else is named."""
    target.mkdir(exist_ok=True)
    (target / "phone.sqlite").unlink(missing_ok=True)
    for stale in target.glob("phone.sqlite-*"):
        stale.unlink()
    with sqlite3.connect(source / "phone.sqlite") as db:
        db.execute("VACUUM INTO ?", (str(target / "phone.sqlite"),))
    db.close()
    for name in names:
        shutil.copy(source / name, target / name)


def effects(server: FakeServer) -> set[int]:
    return set(server.records.effects.values())


def test_server_that_knows_another_life_gets_a_new_device_and_the_whole_queue(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    everything = ("refresh.token", "installation.json")
    phone.edit_account(shop.account, {"phone": "+358402"})
    copy_store(tmp_path / "phone", tmp_path / "twin", *everything)
    twin = open_phone(tmp_path / "twin", server, clock)
    twin.edit_account(shop.account, {"email": "twin@example.com"})
    phone.edit_account(shop.account, {"website": "https://example.com"})
    assert twin.sync_once().is_complete
    shutil.copy(tmp_path / "twin" / "refresh.token", tmp_path / "phone" / "refresh.token")
    before = device_of(phone)
    report = phone.sync_once()
    assert report.is_complete, report.message
    assert report.statuses == {"duplicate": 1, "applied": 1}
    assert device_of(phone) != before == device_of(twin)
    account = server.records.image("account")[shop.account]
    assert (account["phone"], account["email"]) == ("+358402", "twin@example.com")
    assert account["website"] == "https://example.com"
    assert effects(server) == {1}
    assert phone.account(shop.account).email == "twin@example.com"
    twin.close()


def test_database_copied_to_another_phone_takes_a_new_device_before_it_sends(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    copy_store(tmp_path / "phone", tmp_path / "other", "refresh.token")
    other = open_phone(tmp_path / "other", server, clock)
    other.edit_account(shop.account, {"email": "b@example.com"})
    report = other.sync_once()
    assert report.is_complete, report.message
    assert report.was_full_pull
    devices = {push.device_id for push in server.pushes if push.mutations}
    assert devices == {device_of(other)}
    assert device_of(other) != device_of(phone)
    other.close()


def test_copied_database_without_a_token_signs_in_as_a_new_device(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    copy_store(tmp_path / "phone", tmp_path / "other")
    other = open_phone(tmp_path / "other", server, clock)
    assert other.sync_once().message == "Sign in again."
    other.sign_in("anna@example.com", PASSWORD)
    assert other.sync_once().is_complete
    assert device_of(other) != device_of(phone)
    assert server.records.image("account")[shop.account]["phone"] == "+358402"
    other.close()


def test_backup_that_is_restored_on_its_own_phone_is_noticed(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    folder = tmp_path / "phone"
    copy_store(folder, tmp_path / "backup")
    before = device_of(phone)
    phone.edit_account(shop.account, {"phone": "+358402"})
    assert phone.sync_once().is_complete
    phone.close()
    open_phone(folder, server, clock).close()
    copy_store(tmp_path / "backup", folder)
    restored = open_phone(folder, server, clock)
    restored.edit_account(shop.account, {"email": "c@example.com"})
    assert restored.sync_once().is_complete
    assert device_of(restored) != before
    account = server.records.image("account")[shop.account]
    assert (account["phone"], account["email"]) == ("+358402", "c@example.com")
    restored.close()


def test_ordinary_starts_keep_the_device(
    phone: PhoneCore, server: FakeServer, clock: SetClock, tmp_path: Path
) -> None:
    before = device_of(phone)
    phone.close()
    for _ in range(3):
        again = open_phone(tmp_path / "phone", server, clock)
        assert again.sync_once().is_complete
        assert device_of(again) == before
        again.close()


def test_lost_answer_to_a_new_device_asks_for_the_same_one_again(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    stock(server, "Second")
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.records.seqs = {(device_of(phone), number): "another life" for number in range(1, 9)}
    known = set(server.devices)
    server.faults.append(Fault("/v1/devices", "drop_after", times=2))
    assert phone.sync_once().state == "offline"
    assert phone.sync_once().is_complete
    assert len(set(server.devices) - known) == 1
    assert effects(server) == {1}


def test_server_that_insists_on_a_fork_ends_the_run_and_keeps_the_queue(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    fault = Fault("/v1/sync/push", "answer", status=409, code="device_forked", times=9)
    server.faults.append(fault)
    report = phone.sync_once()
    assert (report.state, report.left) == ("error", 1)
    fault.times = 0
    assert phone.sync_once().is_complete
