"""How people and devices stand now: a disabled person or a revoked device is out within 30 s.

An access token cannot be called back, so every authenticated call asks here. The answer is kept for
30 s a device; only a miss goes to the database, in a thread. What this process changes itself
(`forget_user`) takes effect at once.
"""

import threading
from collections import OrderedDict

import msgspec

from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity import repository
from backend.identity.actor import Actor, Role
from backend.identity.errors import DeviceRevoked, SessionEnded, UserDisabled
from backend.identity.tokens import Access
from backend.ids import DeviceId, OrgId, UserId

_KEPT_SECONDS = 30
_CACHE_SIZE = 20_000


class Standing(msgspec.Struct, frozen=True):
    """A person on a device, as the database has them."""

    role: Role
    is_active: bool
    token_version: int
    is_device_active: bool


type _Key = tuple[OrgId, UserId, DeviceId]


class Standings:
    """Remembers standings for a short while; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[Standing, float]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, actor: Actor) -> Standing | None:
        """Return the remembered standing, None when it is unknown or too old; never waits."""
        with self._lock:
            standing, until = self._kept.get(_key(actor), (None, 0.0))
        return standing if self._clock.now().timestamp() < until else None

    def load(self, actor: Actor) -> Standing:
        """Read the standing from the database; raise SessionEnded for who is not there."""
        # The age counts from before the read: what changes meanwhile is not kept longer.
        until = self._clock.now().timestamp() + _KEPT_SECONDS
        with self._database.for_org(actor.org_id) as connection:
            row = repository.find_standing(connection, actor)
        if row is None:
            raise SessionEnded
        standing = msgspec.convert(row, Standing)
        with self._lock:
            self._kept[_key(actor)] = (standing, until)
            self._kept.move_to_end(_key(actor))
            while len(self._kept) > _CACHE_SIZE:
                self._kept.popitem(last=False)
        return standing

    def forget_user(self, org_id: OrgId, user_id: UserId) -> None:
        """Ask the database anew at the person's next call, on any of their devices."""
        with self._lock:
            for key in [key for key in self._kept if key[:2] == (org_id, user_id)]:
                del self._kept[key]


def admit(access: Access, standing: Standing) -> Actor:
    """Return the actor with today's role; raise when device, person or token are out."""
    if not standing.is_device_active:
        raise DeviceRevoked
    if not standing.is_active:
        raise UserDisabled
    if access.version != standing.token_version:
        raise SessionEnded
    if access.actor.role is standing.role:
        return access.actor
    return msgspec.structs.replace(access.actor, role=standing.role)


def _key(actor: Actor) -> _Key:
    return actor.org_id, actor.user_id, actor.device_id
