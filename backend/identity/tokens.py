"""Access tokens (EdDSA, named keys): the one home of PyJWT.

The private keys lie in a folder that only the service reads, one file a key; the newest signs, all
verify, so that keys can be changed without signing anybody out.
"""

import hashlib
import threading
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
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


class _Seen(msgspec.Struct, frozen=True):
    actor: Actor
    expires_at: float
    trusted_until: float


class TokenService:
    """Signs and verifies access tokens."""

    def __init__(self, key_dir: Path, clock: Clock, *, lifetime: timedelta) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._signing_kid, self._signing_key, self._public = _load_keys(key_dir)
        self._cache: OrderedDict[bytes, _Seen] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def lifetime_seconds(self) -> int:
        """How long a new token holds."""
        return int(self._lifetime.total_seconds())

    def sign(self, actor: Actor) -> str:
        """Return an access token for the actor."""
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
        }
        return jwt.encode(
            claims,
            self._signing_key,
            algorithm=_ALGORITHM,
            headers={"kid": self._signing_kid, "typ": _TYPE},
        )

    def verify(self, token: str) -> Actor:
        """Return who the token speaks for; raise Unauthenticated when it is not good (any more)."""
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        now = self._clock.now().timestamp()
        with self._lock:
            seen = self._cache.get(digest)
        if seen is not None and now < min(seen.expires_at, seen.trusted_until):
            return seen.actor
        actor, expires_at = self._decode(token)
        with self._lock:
            self._cache[digest] = _Seen(actor, expires_at, now + _CACHE_SECONDS)
            while len(self._cache) > _CACHE_SIZE:
                self._cache.popitem(last=False)
        return actor

    def _decode(self, token: str) -> tuple[Actor, float]:
        try:
            header = jwt.get_unverified_header(token)
            public = self._public.get(str(header.get("kid")))
            if header.get("typ") != _TYPE or header.get("alg") != _ALGORITHM or public is None:
                raise Unauthenticated("The token was not made by this service: sign in again.")
            claims = jwt.decode(
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
            actor = Actor(
                org_id=OrgId(UUID(claims["org"])),
                user_id=UserId(UUID(claims["sub"])),
                role=Role(claims["role"]),
                device_id=DeviceId(UUID(claims["did"])),
            )
            expires_at = float(claims["exp"])
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise Unauthenticated("The token cannot be used: sign in again.") from error
        if self._clock.now().timestamp() >= expires_at:
            raise Unauthenticated("The token has expired: refresh it.", code="token_expired")
        return actor, expires_at


def _load_keys(folder: Path) -> tuple[str, Ed25519PrivateKey, dict[str, Ed25519PublicKey]]:
    """Read every key of the folder, making the first one; the newest name signs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not any(folder.glob("*.pem")):
        _make_key(folder / f"{new_id()}.pem")
    private: dict[str, Ed25519PrivateKey] = {}
    for path in sorted(folder.glob("*.pem")):
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} is not an Ed25519 private key.")
        private[path.stem] = key
    newest = max(private)
    return newest, private[newest], {kid: key.public_key() for kid, key in private.items()}


def _make_key(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.touch(mode=0o600)
    path.write_bytes(pem)
