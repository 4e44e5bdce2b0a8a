"""Signing in and out, tokens that expire, and a phone that loses its access."""

import stat
from pathlib import Path

import pytest

from mobile_client.core import PhoneCore, open_core
from mobile_client.device.fakes import fake_device
from mobile_client.facade import EditError, OutboxNotEmpty, SignInError
from tests.support.fake_answers import Fault
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.phones import HELSINKI, SetClock, Shop, full_draft, open_phone, sign_in


def test_session_names_the_user(phone: PhoneCore) -> None:
    session = phone.session
    assert session is not None
    assert (session.user_name, session.org_name, session.locale) == ("Anna", "Fake & Sons", "vi")


def test_wrong_password_is_told(tmp_path: Path, server: FakeServer, clock: SetClock) -> None:
    phone = open_phone(tmp_path, server, clock)
    with pytest.raises(SignInError) as caught:
        phone.sign_in("anna@example.com", "wrong")
    assert caught.value.code == "bad_credentials"
    assert phone.session is None
    phone.close()


def test_sign_in_without_a_server_is_offline(
    tmp_path: Path, server: FakeServer, clock: SetClock
) -> None:
    phone = open_phone(tmp_path, server, clock)
    server.stop()
    with pytest.raises(SignInError) as caught:
        phone.sign_in("anna@example.com", PASSWORD)
    assert caught.value.code == "offline"
    phone.close()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(403, "user_disabled", "disabled"), (500, "internal", "server_error")],
)
def test_refused_sign_in_is_told(
    tmp_path: Path, server: FakeServer, clock: SetClock, status: int, code: str, told: str
) -> None:
    phone = open_phone(tmp_path, server, clock)
    server.faults.append(Fault("/v1/auth/login", "answer", status=status, code=code))
    with pytest.raises(SignInError) as caught:
        phone.sign_in("anna@example.com", PASSWORD)
    assert caught.value.code == told
    phone.close()


def test_address_of_the_server_is_checked(tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(ValueError, match="must look like"):
        open_core(tmp_path, "crm.example.com", fake_device(clock, HELSINKI), clock)


def test_refresh_token_is_private_and_survives_a_restart(
    phone: PhoneCore, server: FakeServer, clock: SetClock, tmp_path: Path
) -> None:
    (file,) = (tmp_path / "phone").glob("*.token")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = open_phone(tmp_path / "phone", server, clock)
    assert again.session == phone.session
    assert again.sync_once().is_complete
    again.close()


def test_expired_access_token_is_refreshed_in_mid_run(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    server.expire_access()
    assert phone.sync_once().is_complete
    clock.forward(3600)
    assert phone.sync_once().is_complete
    refreshes = [path for _, path in server.requests if path == "/v1/auth/refresh"]
    assert len(refreshes) == 2


@pytest.mark.parametrize("code", ["device_revoked", "user_disabled"])
def test_lost_access_wipes_the_data_and_keeps_what_is_unsent(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, code: str
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    server.revoked_code = code
    assert phone.sync_once().state == "error"
    assert phone.session is None
    assert phone.accounts() == []
    assert len(phone.export_outbox()) == 5
    server.revoked_code = ""
    sign_in(phone)
    assert phone.sync_status().waiting == 0
    assert len(server.records.image("note")) == 1
    assert len(server.stored) == 2


def test_family_of_tokens_that_was_revoked_asks_to_sign_in_and_keeps_the_data(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.expire_access()
    server.faults.append(Fault("/v1/auth/refresh", "answer", status=401, code="refresh_reused"))
    report = phone.sync_once()
    assert (report.state, report.message) == ("error", "Sign in again.")
    assert phone.session is None
    assert [row.name for row in phone.accounts()] == ["Nguyễn Café"]
    with pytest.raises(EditError):
        phone.edit_account(shop.account, {"phone": "+358403"})
    sign_in(phone)
    assert server.records.image("account")[shop.account]["phone"] == "+358402"


def test_sign_out_warns_of_unsent_work(phone: PhoneCore, shop: Shop, tmp_path: Path) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    with pytest.raises(OutboxNotEmpty) as caught:
        phone.sign_out()
    assert caught.value.count == 1
    assert phone.session is not None
    phone.sign_out(discard_outbox=True)
    assert phone.session is None
    assert phone.accounts() == []
    assert phone.export_outbox() == []
    assert not list((tmp_path / "phone").glob("*.token"))


def test_next_user_sees_and_sends_nothing_of_the_last(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.revoked_code = "device_revoked"
    phone.sync_once()
    server.revoked_code = ""
    first, server.user_id = server.user_id, "01940000-0000-7000-8000-000000000001"
    sign_in(phone)
    assert phone.sync_status().waiting == 0
    assert phone.account(shop.account).phone == "+358401"
    server.user_id = first
    sign_in(phone)
    assert server.records.image("account")[shop.account]["phone"] == "+358402"


def test_nobody_signed_in_is_no_crash(tmp_path: Path, server: FakeServer, clock: SetClock) -> None:
    phone = open_phone(tmp_path, server, clock)
    assert phone.sync_once().state == "error"
    assert phone.today().stops == ()
    assert phone.map_features().points == ()
    assert phone.sync_status().waiting == 0
    with pytest.raises(KeyError):
        phone.account("nothing")
    phone.close()
