"""What the server's clock showed at a device's time since boot: truer than the device's clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import driver_cursor
from backend.identity.actor import Actor
from backend.sync.protocol.messages import Mutation, PushRequest

_MAX_BOOT_ID = 100
_MAX_ELAPSED_MS = 100 * 366 * 24 * 3_600_000
"""No device runs for a century."""


class Anchor(msgspec.Struct, frozen=True):
    """A moment of one boot: the device's time since boot, and the server's clock then."""

    elapsed_ms: int
    server_at: datetime

    def date(self, elapsed_ms: int) -> datetime:
        """Return the server's time of what was made at this time since boot."""
        return self.server_at - timedelta(milliseconds=self.elapsed_ms - elapsed_ms)


type Anchors = Mapping[str, Anchor]
"""By boot."""

# A call that was held up on its way, or came again, has not the latest time since boot: it tells
# the server's clock worse than the one before.
_DROP = """
INSERT INTO sync_anchor AS a (org_id, device_id, boot_id, elapsed_ms, server_at)
VALUES (%(org)s::uuid, %(device)s::uuid, %(boot)s, %(elapsed)s, %(now)s)
ON CONFLICT (org_id, device_id, boot_id) DO UPDATE
   SET elapsed_ms = excluded.elapsed_ms, server_at = excluded.server_at
 WHERE excluded.elapsed_ms > a.elapsed_ms
"""
_FIND = """
SELECT boot_id, elapsed_ms, server_at FROM sync_anchor
 WHERE org_id = %(org)s::uuid AND device_id = %(device)s::uuid AND boot_id = ANY (%(boots)s)
"""


def drop_anchor(
    connection: sa.Connection, actor: Actor, request: PushRequest, now: datetime
) -> None:
    """Keep the server's time of a call that tells the device's time since boot."""
    boot_id, elapsed_ms = since_boot(request)
    if boot_id is None or elapsed_ms is None:
        return
    values = {"boot": boot_id, "elapsed": elapsed_ms, "now": now}
    with driver_cursor(connection) as cursor:
        cursor.execute(_DROP, {**_whose(actor), **values})


def find_anchors(connection: sa.Connection, actor: Actor, mutations: Iterable[Mutation]) -> Anchors:
    """Return the anchors of the boots that mutations were made in."""
    boots = {boot_id for boot_id, elapsed_ms in map(since_boot, mutations) if boot_id is not None}
    if not boots:
        return {}
    with driver_cursor(connection) as cursor:
        cursor.execute(_FIND, {**_whose(actor), "boots": sorted(boots)})
        return {boot: Anchor(elapsed, at) for boot, elapsed, at in cursor.fetchall()}


def date_edit(anchors: Anchors, mutation: Mutation) -> datetime | None:
    """Return the server's time of a mutation, or None where nothing tells it."""
    boot_id, elapsed_ms = since_boot(mutation)
    anchor = anchors.get(boot_id) if boot_id is not None else None
    return anchor.date(elapsed_ms) if anchor is not None and elapsed_ms is not None else None


def since_boot(message: Mutation | PushRequest) -> tuple[str | None, int | None]:
    """Return boot and time since boot as far as they can be true."""
    boot_id, elapsed_ms = message.boot_id, message.elapsed_ms
    if boot_id is not None and not (0 < len(boot_id) <= _MAX_BOOT_ID and "\0" not in boot_id):
        boot_id = None
    if elapsed_ms is not None and not 0 <= elapsed_ms <= _MAX_ELAPSED_MS:
        elapsed_ms = None
    return boot_id, elapsed_ms


def _whose(actor: Actor) -> dict[str, str]:
    return {"org": str(actor.org_id), "device": str(actor.device_id)}
