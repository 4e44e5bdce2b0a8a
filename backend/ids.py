"""The names of ids between rooms, and where new ones come from."""

from typing import NewType
from uuid import UUID

from backend.sync.protocol.ids import new_id as new_id_text

OrgId = NewType("OrgId", UUID)
UserId = NewType("UserId", UUID)
TeamId = NewType("TeamId", UUID)
DeviceId = NewType("DeviceId", UUID)
TerritoryId = NewType("TerritoryId", UUID)
AccountId = NewType("AccountId", UUID)
ContactId = NewType("ContactId", UUID)
RouteId = NewType("RouteId", UUID)
VisitId = NewType("VisitId", UUID)
MediaId = NewType("MediaId", UUID)


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return UUID(new_id_text())
