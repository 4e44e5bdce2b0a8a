"""The rules about devices: whose they are, and how one is shut out."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from backend.api.paging import decode_id_cursor, encode_cursor
from backend.api.payloads import Page
from backend.api.problems import NotFound
from backend.identity import audit, repository
from backend.identity import session_repository as store
from backend.identity.actor import Actor, Role
from backend.identity.errors import DeviceOfAnother, DeviceRevoked
from backend.identity.schemas import Credentials, DeviceCreate, DeviceRead
from backend.ids import DeviceId, OrgId, UserId


def claim_device(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    offered: Credentials | DeviceCreate,
    *,
    now: datetime,
) -> DeviceId:
    """Enrol a device, or hold it; raise when it is somebody else's or revoked."""
    device_id = DeviceId(offered.device_id)
    if repository.find_device_owners(connection, device_id) - {(org_id, user_id)}:
        raise DeviceOfAnother
    seen = {"name": offered.device_name.strip(), "platform": offered.platform, "last_seen_at": now}
    new = {"org_id": org_id, "id": device_id, "user_id": user_id, "created_at": now, **seen}
    repository.insert_device(connection, new)
    held = repository.lock_device(connection, org_id, device_id)
    # Somebody else may have taken the id since it was looked at.
    if held is None or held[0] != user_id:
        raise DeviceOfAnother
    if held[1] != "active":
        raise DeviceRevoked
    repository.update_device(connection, org_id, device_id, seen)
    return device_id


def list_devices(
    connection: sa.Connection, actor: Actor, *, limit: int, cursor: str | None
) -> Page[DeviceRead]:
    """Return everybody's devices to an administrator, their own to others."""
    rows = repository.select_devices(
        connection,
        actor.org_id,
        owner=_scope(actor),
        after=decode_id_cursor(cursor),
        limit=limit + 1,
    )
    devices = msgspec.convert(rows[:limit], list[DeviceRead])
    return Page(devices, encode_cursor(str(devices[-1].id)) if len(rows) > limit else None)


def revoke_device(
    connection: sa.Connection, actor: Actor, device_id: DeviceId, *, now: datetime
) -> DeviceRead:
    """Shut a device out for good: its sessions end, and it wipes itself at the next contact."""
    if not repository.select_devices(connection, actor.org_id, owner=_scope(actor), only=device_id):
        raise NotFound("There is no such device, or it is not yours.")
    repository.update_device(connection, actor.org_id, device_id, {"status": "revoked"})
    store.revoke_tokens(connection, actor.org_id, device_id=device_id, now=now)
    audit.record(connection, actor, "device.revoked", subject="device", subject_id=device_id)
    rows = repository.select_devices(connection, actor.org_id, owner=None, only=device_id)
    return msgspec.convert(rows[0], DeviceRead)


def _scope(actor: Actor) -> UserId | None:
    return None if actor.role is Role.ADMIN else actor.user_id
