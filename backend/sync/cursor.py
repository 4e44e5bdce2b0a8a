"""The pull cursor and page token: stateless, and signed so that nobody writes their own.

A cursor names the database snapshot that the device has seen whole, and the buckets it then held.
A token names a page on the way from one snapshot to the next.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec

from backend.api.problems import Conflict, Problem
from backend.sync.protocol.tables import schema_hash

FIRST_ID = "00000000-0000-0000-0000-000000000000"
"""Comes before every id of a record."""


class CursorInvalid(Problem):
    """The cursor is not ours, or belongs to another person or device."""

    status, code, title = 400, "cursor_invalid", "The cursor cannot be used"


class ScopeChanged(Conflict):
    """What the person may see changed between two pages."""

    code, title = "scope_changed", "Discard the staged pages and pull again"


class EpochChanged(Problem):
    """The database was restored since: its snapshots mean something else now."""

    status, code, title = 410, "epoch_changed", "Pull everything anew"


class CursorExpired(Problem):
    """What was removed since the cursor was made is not all known any more."""

    status, code, title = 410, "cursor_expired", "Compare what you hold by the manifest"


class Holder(msgspec.Struct, frozen=True):
    """Whom a cursor is for, and what it was made under."""

    user_id: UUID
    device_id: UUID
    epoch: str
    projection: str
    """A hash of the columns that the holder may see; another one makes every row new."""


class Position(msgspec.Struct, frozen=True):
    """Where a device is: at `seen`, holding `buckets`; on the way to `target` when that is set."""

    seen: str | None
    buckets: tuple[str, ...]
    target: str | None = None
    target_buckets: tuple[str, ...] = ()
    table: str = ""
    row_id: str = FIRST_ID
    acked: str | None = None
    """The snapshot up to which results of mutations were told."""
    is_anew: bool = False
    """Whether rows that the device holds are sent again, since it may read other columns now."""
    tables: tuple[str, ...] = ()
    """The only tables that the device asked for, in order; all when empty."""
    is_comparison: bool = False
    """Whether a token goes on with a manifest: `table` and `row_id` are where it stopped."""

    @property
    def since(self) -> str | None:
        """The oldest snapshot that the way leads on from: tombstones after it are needed."""
        return self.seen or self.target

    @property
    def first_table(self) -> str:
        """Together with FIRST_ID, the place before everything that the device asked for."""
        return self.tables[0] if self.tables else ""


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """What a cursor or token holds; it is ours, but whose it is was not looked at yet."""

    holder: Holder
    position: Position


class CursorSigner:
    """Seals positions with a secret that the service keeps."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(b"tuyen sync cursor" + secret).digest()

    def seal(self, holder: Holder, position: Position) -> str:
        """Return a position as opaque text."""
        body = msgspec.msgpack.encode(Sealed(holder, position))
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def unseal(self, text: str) -> Sealed:
        """Return what a cursor or token holds, once it is sure to be ours; raise CursorInvalid."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            if not hmac.compare_digest(raw[:16], self._mac(raw[16:])):
                raise CursorInvalid("The cursor was not made here: pull everything anew.")
            return msgspec.msgpack.decode(raw[16:], type=Sealed)
        except (binascii.Error, ValueError, msgspec.DecodeError) as error:
            raise CursorInvalid("The cursor cannot be read: pull everything anew.") from error

    def open(self, text: str, holder: Holder) -> Position:
        """Return the position of a cursor; raise like `unseal` and `admit`."""
        return admit(self.unseal(text), holder)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")[:16]


def admit(sealed: Sealed, holder: Holder) -> Position:
    """Return the position for its holder; raise CursorInvalid, EpochChanged or ScopeChanged.

    Where only the projection differs, the device still holds what it held, but nothing of it
    as it may be seen now: every row is sent again, and what is out of sight is dropped.
    """
    owner, position = sealed.holder, sealed.position
    if (owner.user_id, owner.device_id) != (holder.user_id, holder.device_id):
        raise CursorInvalid("The cursor is another device's: pull everything anew.")
    if owner.epoch != holder.epoch:
        raise EpochChanged("The server's data was restored: pull everything anew.")
    if owner.projection == holder.projection:
        return position
    if position.target is not None:
        raise ScopeChanged("What you may see changed meanwhile: pull again from your cursor.")
    return msgspec.structs.replace(position, is_anew=True)


@cache
def projection_of(role: str) -> str:
    """Return the hash of what a role may read."""
    return hashlib.sha256(f"{schema_hash()}:{role}".encode()).hexdigest()[:16]


def load_secret(folder: Path) -> bytes:
    """Return the service's secret from its key folder, made there the first time."""
    path = folder / "cursor.secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()
