"""Access tokens (EdDSA, named keys): the one home of PyJWT.

The private keys lie in a folder that only the service reads, one file a key; the newest signs, all
verify, so that keys can be changed without signing anybody out.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.api.problems import Unauthenticated
from backend.clock import Clock
from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, OrgId, UserId, new_id

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"
_ISSUER = "tuyen"
_AUDIENCE = "tuyen-api"
_LEEWAY = timedelta(seconds=30)
_CACHE_SECONDS = 60
_CACHE_SIZE = 4096
_KID = re.compile(r"[0-9a-f-]{36}")


class Access(msgspec.Struct, frozen=True):
    """What a good access token says: who, at which version of their account, until when."""

    actor: Actor
    version: int
    expires_at: float


class _Seen(msgspec.Struct, frozen=True):
    access: Access
    trusted_until: float


class TokenService:
    """Signs and verifies access tokens."""

    def __init__(self, key_dir: Path, clock: Clock, *, lifetime: timedelta) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._key_dir = key_dir
        self._signing_kid, self._signing_key, self._public = _load_keys(key_dir)
        self._cache: OrderedDict[bytes, _Seen] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def lifetime_seconds(self) -> int:
        """How long a new token holds."""
        return int(self._lifetime.total_seconds())

    def sign(self, actor: Actor, *, version: int = 1) -> str:
        """Return an access token for the actor at a version of their account."""
        now = self._clock.now()
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": now - _LEEWAY,
            "exp": now + self._lifetime,
            "jti": str(new_id()),
            "sub": str(actor.user_id),
            "org": str(actor.org_id),
            "did": str(actor.device_id),
            "role": actor.role.value,
            "ver": version,
        }
        return jwt.encode(
            claims,
            self._signing_key,
            algorithm=_ALGORITHM,
            headers={"kid": self._signing_kid, "typ": _TYPE},
        )

    def verify(self, token: str) -> Actor:
        """Return who the token speaks for; raise Unauthenticated when it is not good (any more)."""
        return self.read(token).actor

    def read(self, token: str) -> Access:
        """Return all that the token says; raise Unauthenticated when it is not good (any more)."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        now = self._clock.now().timestamp()
        with self._lock:
            seen = self._cache.get(digest)
        if seen is not None and now < min(seen.access.expires_at, seen.trusted_until):
            return seen.access
        access = self._decode(token)
        with self._lock:
            self._cache[digest] = _Seen(access, now + _CACHE_SECONDS)
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return access

    def _decode(self, token: str) -> Access:
        try:
            claims = self._claims(token)
            actor = Actor(
                org_id=OrgId(UUID(claims["org"])),
                user_id=UserId(UUID(claims["sub"])),
                role=Role(claims["role"]),
                device_id=DeviceId(UUID(claims["did"])),
            )
            access = Access(actor, int(claims["ver"]), float(claims["exp"]))
        except (jwt.PyJWTError, LookupError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("The token cannot be used: sign in again.") from error
        if self._clock.now().timestamp() >= access.expires_at:
            raise Unauthenticated("The token has expired: refresh it.", code="token_expired")
        return access

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        public = self._find_key(header.get("kid"))
        if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM or public is None:
            raise Unauthenticated("The token was not made by this service: sign in again.")
        return jwt.decode(
            token,
            public,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            # Our own clock decides, so that tests can set it.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "require": ["exp", "iat", "sub", "jti"],
            },
        )

    def _find_key(self, kid: object) -> Ed25519PublicKey | None:
        """Return a key by its name, read from the folder when another process made it since."""
        if not isinstance(kid, str) or not _KID.fullmatch(kid):
            return None
        path = self._key_dir / f"{kid}.pem"
        if kid not in self._public and path.is_file():
            self._public[kid] = _read_key(path).public_key()
        return self._public.get(kid)


def _load_keys(folder: Path) -> tuple[str, Ed25519PrivateKey, dict[str, Ed25519PublicKey]]:
    """Read every key of the folder, making the first one; the newest name signs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not any(folder.glob("*.pem")):
        _make_key(folder, str(new_id()))
    private = {path.stem: _read_key(path) for path in folder.glob("*.pem")}
    newest = max(private)
    return newest, private[newest], {kid: key.public_key() for kid, key in private.items()}


def _read_key(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is not an Ed25519 private key.")
    return key


def _make_key(folder: Path, kid: str) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # Renamed when whole: a second process never reads half a key.
    unfinished = folder / f"{kid}.unfinished"
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(pem)
    unfinished.rename(folder / f"{kid}.pem")
