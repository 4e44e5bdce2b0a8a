"""A full phone: nothing half saved, nothing lost, told in words, and it goes on by itself."""

import hashlib
from pathlib import Path

import pytest

from mobile_client.core import PhoneCore
from mobile_client.facade import EditError
from mobile_client.views import CheckInDraft
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, full_draft, open_phone, stock

FULL = Path("/dev/full")
PNG = b"\x89PNG\r\n\x1a\n"


def fill(phone: PhoneCore, *, spare_pages: int = 0) -> None:
    """Let the database grow by so many pages only."""
    writer = phone._database._writer
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    free = writer.execute("PRAGMA freelist_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages - free + spare_pages}")


def make_room(phone: PhoneCore) -> None:
    phone._database._writer.execute("PRAGMA max_page_count = 1000000")


def edit_until_full(phone: PhoneCore, shop: Shop) -> None:
    for number in range(50):
        phone.edit_account(shop.account, {"address": f"{number}" + "x" * 490})


def names(phone: PhoneCore) -> set[str]:
    return {row.name for row in phone.accounts(limit=1000)}


@pytest.mark.parametrize("spare_pages", [2, 20])
def test_full_amid_a_pull_keeps_the_old_state_and_goes_on_when_there_is_room(
    phone: PhoneCore, server: FakeServer, clock: SetClock, spare_pages: int
) -> None:
    server.page_rows = 20
    for number in range(60):
        stock(server, f"Shop {number} {'x' * 400}")
    fill(phone, spare_pages=spare_pages)
    report = phone.sync_once()
    status = phone.sync_status()
    assert (report.state, status.code) == ("error", "no_space")
    assert status.next_try_at is not None
    assert (status.next_try_at - clock.now()).total_seconds() == 30
    assert names(phone) == {"Nguyễn Café"}
    make_room(phone)
    assert phone.sync_once().is_complete
    assert len(names(phone)) == 61


def test_answer_that_cannot_be_written_down_is_asked_for_again(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    writer = phone._database._writer
    writer.execute(
        "CREATE TEMP TRIGGER full BEFORE UPDATE OF status ON main.mutation"
        " WHEN NEW.status IS NOT NULL BEGIN INSERT INTO stage(page) VALUES (zeroblob(9000000)); END"
    )
    fill(phone, spare_pages=10)
    assert phone.sync_once().state == "error"
    assert phone.sync_status().code == "no_space"
    assert phone.sync_status().waiting == 1
    writer.execute("DROP TRIGGER temp.full")
    make_room(phone)
    report = phone.sync_once()
    assert report.is_complete
    assert report.statuses == {"duplicate": 1}
    assert set(server.records.effects.values()) == {1}


def test_edit_on_a_full_phone_is_refused_whole(phone: PhoneCore, shop: Shop) -> None:
    fill(phone)
    with pytest.raises(EditError) as caught:
        edit_until_full(phone, shop)
    assert caught.value.code == "no_space"
    make_room(phone)
    assert phone.sync_once().is_complete


def test_photo_that_does_not_fit_leaves_no_half_file(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    photo = tmp_path / "gallery.png"
    photo.write_bytes(PNG + b"x" * 500_000)
    media = tmp_path / "phone" / "media"
    part = media / f"{hashlib.sha256(photo.read_bytes()).hexdigest()}.part"
    part.symlink_to(FULL)
    with pytest.raises(EditError) as caught:
        phone.check_in(CheckInDraft(shop.account, shop.visit, "met", photo_paths=(photo,)))
    assert caught.value.code == "no_space"
    assert list(media.iterdir()) == []
    assert phone.sync_status().waiting == 0
    phone.check_in(CheckInDraft(shop.account, shop.visit, "met", photo_paths=(photo,)))
    assert phone.sync_once().is_complete
    assert len(server.stored) == 1


def test_map_that_does_not_fit_keeps_nothing_else_from_going(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    server.map = (b"m" * 1_000_000, '"2"')
    part = tmp_path / "phone" / "map.mbtiles.part"
    part.symlink_to(FULL)
    phone.edit_account(shop.account, {"phone": "+358402"})
    report = phone.sync_once()
    assert (report.state, report.left) == ("error", 0)
    assert phone.sync_status().code == "no_space"
    assert phone.map_package() is None
    assert phone.sync_once().is_map_new


def test_first_pull_waits_for_room_and_unsent_work_does_not(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    phone.close()
    little = open_phone(tmp_path / "phone", server, clock, free=lambda _: 1_000_000)
    server.epoch = "e2"
    little.edit_account(shop.account, {"phone": "+358402"})
    report = little.sync_once()
    assert (report.left, report.pulled_rows, little.sync_status().code) == (0, 0, "no_space")
    assert server.records.image("account")[shop.account]["phone"] == "+358402"
    assert names(little) == {"Nguyễn Café"}
    little.close()


def test_full_server_is_left_alone_and_still_gives_out(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    stock(server, "Second")
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    fault = Fault("/v1/sync/push", "answer", status=507, code="storage_full", retry_after="300")
    server.faults.append(fault)
    report = phone.sync_once()
    assert (report.state, report.left) == ("error", 7)
    assert names(phone) == {"Nguyễn Café", "Second"}
    status = phone.sync_status()
    assert (status.code, status.next_try_at is not None) == ("storage_full", True)
    assert status.next_try_at is not None
    assert 300 <= (status.next_try_at - clock.now()).total_seconds() <= 360
    server.faults.append(
        Fault("/v1/media", "answer", status=507, code="storage_full", retry_after="60")
    )
    assert phone.sync_once().left == 2
    assert phone.sync_once().is_complete


def test_new_tokens_survive_a_phone_that_cannot_write_them(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    blocked = tmp_path / "phone" / "refresh.token.part"
    blocked.mkdir()
    server.expire_access()
    assert phone.sync_once().state == "error"
    server.expire_access()
    blocked.rmdir()
    assert phone.sync_once().is_complete
