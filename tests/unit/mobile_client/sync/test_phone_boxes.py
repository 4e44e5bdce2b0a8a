"""Unsent work in a sealed file: to another phone, to a desk, and for a user who was shut out."""

from pathlib import Path

import pytest

from mobile_client.core import PhoneCore
from mobile_client.device.sealing import SealError
from mobile_client.facade import OutboxNotEmpty
from mobile_client.views import CheckInDraft
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, full_draft, open_phone, sign_in

WORDS = "con mèo màu xanh"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tmp_path / "unsent.box"


def test_unsent_work_arrives_from_another_phone_with_its_files(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path, box: Path
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    phone.edit_account(shop.account, {"phone": "+358402"})
    photo = phone.new_media_path("photo")
    phone.device.camera.take(photo, lambda _: None)
    phone.save_draft(CheckInDraft(shop.account, note="half", photo_paths=(photo,)))
    boxed = phone.export_box(box, WORDS)
    assert (boxed.mutations, boxed.files, boxed.missing, boxed.drafts) == (6, 3, 0, 1)
    assert b"358402" not in box.read_bytes()
    other = open_phone(tmp_path / "other", server, clock)
    sign_in(other)
    unpacked = other.import_box(box, WORDS)
    assert (unpacked.mutations, unpacked.uploads) == (6, 2)
    assert other.account(shop.account).phone == "+358402"
    draft = other.draft(shop.account)
    assert draft is not None
    assert (draft.note, draft.photo_paths[0].read_bytes()) == ("half", photo.read_bytes())
    again = other.import_box(box, WORDS)
    assert (again.mutations, again.uploads) == (0, 0)
    assert other.sync_once().is_complete
    assert len(server.stored) == 2
    report = phone.sync_once()
    assert report.is_complete
    assert report.statuses == {"duplicate": 6}
    assert set(server.records.effects.values()) == {1}
    other.close()


def test_files_whose_records_were_sent_already_are_taken_along(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path, box: Path
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    server.faults.append(Fault("/v1/media/", "answer", status=500, times=9))
    assert phone.sync_once().left == 2
    server.faults.clear()
    phone.export_box(box, WORDS)
    other = open_phone(tmp_path / "other", server, clock)
    sign_in(other)
    assert other.import_box(box, WORDS).uploads == 2
    assert other.sync_once().is_complete
    assert len(server.stored) == 2
    other.close()


def test_wrong_passphrase_changes_nothing(
    phone: PhoneCore, shop: Shop, clock: SetClock, box: Path
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    phone.export_box(box, WORDS)
    phone.sync_once()
    with pytest.raises(SealError, match="passphrase is wrong"):
        phone.import_box(box, "another passphrase")
    assert phone.sync_status().waiting == 0


def test_short_passphrase_and_full_disk_leave_no_box(phone: PhoneCore, box: Path) -> None:
    with pytest.raises(SealError, match="8 characters"):
        phone.export_box(box, "short")
    part = box.with_name(f"{box.name}.part")
    part.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        phone.export_box(box, WORDS)
    assert not box.exists()
    assert not part.exists()


def test_user_who_was_shut_out_loses_the_data_and_not_the_unsent_work(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path, box: Path
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    server.revoked_code = "user_disabled"
    assert phone.sync_once().state == "error"
    assert phone.session is None
    assert phone.accounts() == []
    next((tmp_path / "phone" / "media").glob("*.wav")).unlink()
    boxed = phone.export_box(box, WORDS)
    assert (boxed.mutations, boxed.files, boxed.missing) == (5, 1, 1)
    server.revoked_code = ""
    desk = open_phone(tmp_path / "desk", server, clock)
    desk.import_box(box, WORDS)
    sign_in(desk)
    assert desk.sync_status().waiting == 0
    assert len(server.records.image("note")) == 1
    assert len(server.stored) == 1
    desk.close()


def test_after_an_export_signing_out_still_asks(
    phone: PhoneCore, shop: Shop, clock: SetClock, tmp_path: Path, box: Path, server: FakeServer
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    phone.export_box(box, WORDS)
    with pytest.raises(OutboxNotEmpty):
        phone.sign_out()
    phone.sign_out(discard_outbox=True)
    later = open_phone(tmp_path / "later", server, clock)
    sign_in(later)
    later.import_box(box, WORDS)
    assert later.sync_once().is_complete
    assert server.records.image("account")[shop.account]["phone"] == "+358402"
    later.close()
