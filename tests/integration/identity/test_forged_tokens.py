"""Access tokens that were not made here, or not for this: each is refused with a clear 401."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.identity.actor import Actor, Role
from backend.ids import new_id
from backend.settings import Settings
from tests.integration.identity.conftest import Door, bearer, problem
from tests.support.people import Org, make_org

INVALID = (401, "token_invalid")


class Forger:
    """Knows everything but the private key, or, to test one thing at a time, even that."""

    def __init__(self, token: str, settings: Settings) -> None:
        path = next(settings.key_dir.glob("*.pem"))
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        self.token, self.key, self.kid = token, key, path.stem
        self.claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})

    def signed(self, *, kid: str | None = None, typ: str = "at+jwt", **claims: object) -> str:
        body = {name: value for name, value in (self.claims | claims).items() if value is not None}
        headers = {"kid": kid or self.kid, "typ": typ}
        return jwt.encode(body, self.key, algorithm="EdDSA", headers=headers)

    def unsigned(self) -> str:
        headers = {"kid": self.kid, "typ": "at+jwt"}
        return jwt.encode(self.claims, "", algorithm="none", headers=headers)

    def signed_with_the_public_key(self) -> str:
        public = self.key.public_key()
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        headers = {"kid": self.kid, "typ": "at+jwt"}
        return jwt.encode(self.claims, raw, algorithm="HS256", headers=headers)

    def signed_by_a_stranger(self) -> str:
        key = Ed25519PrivateKey.generate()
        headers = {"kid": self.kid, "typ": "at+jwt"}
        return jwt.encode(self.claims, key, algorithm="EdDSA", headers=headers)

    def with_another_body(self) -> str:
        head, _, signature = self.token.split(".")
        body = json.dumps(self.claims | {"role": "admin"}).encode()
        return f"{head}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "no algorithm": Forger.unsigned,
    "HS256 with the public key": Forger.signed_with_the_public_key,
    "another key under our kid": Forger.signed_by_a_stranger,
    "tampered body": Forger.with_another_body,
    "tampered signature": lambda forger: forger.token[:-6] + "AAAAAA",
    "unknown kid": lambda forger: forger.signed(kid=str(new_id())),
    "kid that is a path": lambda forger: forger.signed(kid="../../../etc/passwd"),
    "another type": lambda forger: forger.signed(typ="JWT"),
    "wrong audience": lambda forger: forger.signed(aud="another-api"),
    "wrong issuer": lambda forger: forger.signed(iss="somebody"),
    "no expiry": lambda forger: forger.signed(exp=None),
    "no version": lambda forger: forger.signed(ver=None),
    "unknown role": lambda forger: forger.signed(role="king"),
    "ids that are none": lambda forger: forger.signed(org="1"),
    "no token at all": lambda _: "x.y.z",
    "nested without end": lambda _: base64.urlsafe_b64encode(b"[" * 20_000).decode() + ".e30.e30",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(door: Door, settings: Settings, name: str) -> None:
    session = door.session()
    forger = Forger(session["access_token"], settings)
    assert door.me({"access_token": forger.signed()}).status_code == 200
    assert problem(door.me({"access_token": FORGERIES[name](forger)})) == INVALID


def test_an_expired_token_says_so_to_the_second(door: Door) -> None:
    session = door.session()
    door.clock.move(seconds=599)
    assert door.me(session).status_code == 200
    door.clock.move(seconds=1)
    assert problem(door.me(session)) == (401, "token_expired")


@pytest.mark.parametrize("header", ["", "Basic bGFuOmxhbg==", "Bearer", "Bearer ", "Token x"])
def test_another_scheme_or_none_is_refused(door: Door, header: str) -> None:
    answer = door.client.get("/v1/me", headers={"Authorization": header})
    assert problem(answer) == INVALID


@pytest.fixture
def stranger(door: Door) -> Org:
    return make_org(door.database.owner_url, "Bia Hải Đăng")


def test_a_well_signed_token_of_ids_that_do_not_belong_together_is_refused(
    door: Door, stranger: Org
) -> None:
    lan, tokens = door.ids["lan"], door.client.app.state.tokens
    for actor in (
        Actor(stranger.id, lan, Role.REP, stranger.rep.device_id),
        Actor(door.org_id, stranger.rep.user_id, Role.REP, stranger.rep.device_id),
        Actor(door.org_id, lan, Role.REP, stranger.rep.device_id),
    ):
        assert problem(door.me({"access_token": tokens.sign(actor)})) == INVALID


def test_another_organisations_ids_are_not_there(door: Door, stranger: Org) -> None:
    admin = bearer(door.session("minh@songhan.test"))
    url = f"/v1/users/{stranger.rep.user_id}"
    answer = door.client.patch(url, json={"full_name": "X"}, headers=admin)
    assert problem(answer) == (404, "not_found")
    answer = door.client.post(f"/v1/devices/{stranger.rep.device_id}/revoke", headers=admin)
    assert problem(answer) == (404, "not_found")


def test_a_key_that_another_process_made_verifies_too(door: Door, settings: Settings) -> None:
    session = door.session()
    forger = Forger(session["access_token"], settings)
    forger.kid, forger.key = str(new_id()), Ed25519PrivateKey.generate()
    pem = forger.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert problem(door.me({"access_token": forger.signed()})) == INVALID
    (settings.key_dir / f"{forger.kid}.pem").write_bytes(pem)
    assert door.me({"access_token": forger.signed()}).status_code == 200
