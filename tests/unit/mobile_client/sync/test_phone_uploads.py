"""Files: resumed where the server stands, kept until it has them."""

from pathlib import Path

from mobile_client.core import PhoneCore
from mobile_client.store.outbox import KEEP_SECONDS
from mobile_client.sync.upload import CHUNK_BYTES
from mobile_client.views import CheckInDraft
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, full_draft

PNG = b"\x89PNG\r\n\x1a\n"


def check_in_photo(phone: PhoneCore, shop: Shop, size: int = 3 * CHUNK_BYTES + 17) -> bytes:
    content = PNG + bytes(number % 251 for number in range(size))
    path = phone.new_media_path("photo")
    path.write_bytes(content)
    phone.check_in(CheckInDraft(shop.account, shop.visit, "met", photo_paths=(path,)))
    return content


def test_upload_goes_on_from_the_servers_offset(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    content = check_in_photo(phone, shop)
    # A kept connection that fails is tried once more on a new one.
    server.faults.append(Fault("/v1/uploads/", "drop_before", times=2, method="PATCH"))
    assert phone.sync_once().state == "offline"
    (item,) = phone.sync_status().items
    assert (item.kind, item.state, item.total_bytes) == ("photo", "waiting", len(content))
    server.faults.append(Fault("/v1/uploads/", "drop_after", method="PATCH"))
    report = phone.sync_once()
    assert report.is_complete
    assert (report.files_sent, report.file_bytes) == (1, len(content))
    assert list(server.stored.values()) == [content]


def test_lost_receipt_is_asked_for_again(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    content = check_in_photo(phone, shop, size=100)
    server.faults.append(Fault("/v1/uploads/", "drop_after", times=2, method="PATCH"))
    phone.sync_once()
    assert phone.sync_once().is_complete
    assert list(server.stored.values()) == [content]
    (media,) = phone.account(shop.account).media
    assert media.state == "sent"


def test_expired_upload_starts_over(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    content = check_in_photo(phone, shop)
    server.faults.append(Fault("/v1/uploads/", "drop_before", times=2, method="PATCH"))
    phone.sync_once()
    server.uploads.clear()
    assert phone.sync_once().is_complete
    assert list(server.stored.values()) == [content]


def test_checksum_mismatch_sends_the_file_once_more(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    content = check_in_photo(phone, shop, size=100)
    fault = Fault("/v1/uploads/", "answer", status=460, code="checksum_mismatch", method="PATCH")
    server.faults.append(fault)
    assert phone.sync_once().is_complete
    assert list(server.stored.values()) == [content]


def test_file_damaged_on_the_phone_becomes_an_issue(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    check_in_photo(phone, shop, size=100)
    (file,) = (tmp_path / "phone" / "media").glob("*.png")
    file.write_bytes(PNG + b"x" * 100)
    assert phone.sync_once().state == "error"
    (issue,) = phone.sync_status().issues
    assert (issue.kind, issue.message) == ("photo", "The recording was damaged on this phone.")
    assert phone.sync_status().items == ()
    assert server.stored == {}


def test_refused_type_becomes_an_issue_and_the_file_stays(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    check_in_photo(phone, shop, size=100)
    server.faults.append(
        Fault("/v1/uploads/", "answer", status=422, code="media_type_refused", method="PATCH")
    )
    phone.sync_once()
    assert [issue.can_use_mine for issue in phone.sync_status().issues] == [False]
    assert phone.sync_status().items == ()
    assert list((tmp_path / "phone" / "media").glob("*.png"))


def test_files_wait_for_their_record(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    check_in_photo(phone, shop, size=100)
    server.faults.append(Fault("/v1/sync/push", "answer", status=500))
    phone.sync_once()
    assert not [path for _, path in server.requests if path.startswith("/v1/media")]


def test_same_photo_twice_is_kept_once_and_sent_for_both(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    check_in_photo(phone, shop, size=100)
    check_in_photo(phone, shop, size=100)
    assert len(list((tmp_path / "phone" / "media").iterdir())) == 1
    assert phone.sync_once().is_complete
    assert len(server.stored) == 2


def test_sent_files_stay_fourteen_days_and_unsent_ones_for_ever(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    media = tmp_path / "phone" / "media"
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    assert phone.sync_once().is_complete
    assert len(list(media.iterdir())) == 2
    server.faults.append(Fault("/v1/media/", "answer", status=500, times=99))
    check_in_photo(phone, shop, size=100)
    clock.forward(KEEP_SECONDS + 1)
    phone.sync_once()
    assert [path.suffix for path in media.iterdir()] == [".png"]
    clock.forward(KEEP_SECONDS + 1)
    phone.sync_once()
    assert [path.suffix for path in media.iterdir()] == [".png"]


def test_busy_server_puts_the_upload_off(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    check_in_photo(phone, shop, size=100)
    server.faults.append(Fault("/v1/media/", "answer", status=503, code="busy", retry_after="60"))
    report = phone.sync_once()
    assert (report.state, report.left) == ("error", 1)
    (item,) = phone.sync_status().items
    assert (item.state, item.tries, item.error) == ("retry", 1, "Fake: busy.")


def test_upload_that_expired_on_the_server_begins_again(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    content = check_in_photo(phone, shop)
    server.faults.append(Fault("/v1/uploads/", "drop_before", times=2, method="PATCH"))
    phone.sync_once()
    server.expired.update(server.uploads)
    assert phone.sync_once().is_complete
    assert list(server.stored.values()) == [content]


def test_upload_that_will_not_go_on_is_ended_on_the_server(
    phone: PhoneCore, server: FakeServer, shop: Shop, tmp_path: Path
) -> None:
    check_in_photo(phone, shop)
    server.faults.append(Fault("/v1/uploads/", "drop_before", times=2, method="PATCH"))
    phone.sync_once()
    (begun,) = server.uploads
    (file,) = (tmp_path / "phone" / "media").glob("*.png")
    file.unlink()
    phone.sync_once()
    assert server.terminated == [begun]


def test_signing_out_for_good_ends_uploads_on_the_server(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    check_in_photo(phone, shop)
    server.faults.append(Fault("/v1/uploads/", "drop_before", times=2, method="PATCH"))
    phone.sync_once()
    (begun,) = server.uploads
    phone.sign_out(discard_outbox=True)
    assert server.terminated == [begun]
