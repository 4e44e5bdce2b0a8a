"""Signing keys on disk and the life of an access token."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from backend.api.problems import Unauthenticated
from backend.identity.actor import Actor, Role
from backend.identity.tokens import TokenService
from backend.ids import DeviceId, OrgId, UserId, new_id


@dataclass
class SetClock:
    moment: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


ACTOR = Actor(OrgId(new_id()), UserId(new_id()), Role.MANAGER, DeviceId(new_id()))


def _service(folder: Path, clock: SetClock | None = None) -> TokenService:
    return TokenService(folder, clock or SetClock(), lifetime=timedelta(minutes=10))


def test_a_token_says_who_and_names_its_key(tmp_path: Path) -> None:
    service = _service(tmp_path / "keys")
    token = service.sign(ACTOR, version=7)
    assert service.verify(token) == ACTOR
    assert service.read(token).version == 7
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert [path.stem for path in (tmp_path / "keys").iterdir()] == [header["kid"]]


def test_keys_are_for_the_service_alone(tmp_path: Path) -> None:
    _service(tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()] == [0o600]


def test_a_token_outlives_a_restart_and_a_new_key(tmp_path: Path) -> None:
    token = _service(tmp_path).sign(ACTOR)
    newer = _service(tmp_path / "other").sign(ACTOR)
    key = next((tmp_path / "other").glob("*.pem"))
    key.rename(tmp_path / key.name)
    both = _service(tmp_path)
    assert both.verify(token) == both.verify(newer) == ACTOR
    assert jwt.get_unverified_header(both.sign(ACTOR))["kid"] == key.stem


def test_a_remembered_token_still_expires(tmp_path: Path) -> None:
    clock = SetClock()
    service = _service(tmp_path, clock)
    token = service.sign(ACTOR)
    for _ in range(2):
        assert service.verify(token) == ACTOR
    clock.moment += timedelta(minutes=10)
    with pytest.raises(Unauthenticated) as refusal:
        service.verify(token)
    assert refusal.value.code == "token_expired"


def test_another_services_token_is_refused(tmp_path: Path) -> None:
    token = _service(tmp_path / "a").sign(ACTOR)
    with pytest.raises(Unauthenticated) as refusal:
        _service(tmp_path / "b").verify(token)
    assert refusal.value.code == "token_invalid"


def test_a_file_that_is_no_signing_key_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "odd.pem").write_text("no key")
    with pytest.raises(ValueError, match="PEM"):
        _service(tmp_path)
