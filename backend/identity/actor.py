"""Who acts: the signed-in person behind a request or a device."""

from enum import StrEnum

import msgspec

from backend.ids import DeviceId, OrgId, UserId


class Role(StrEnum):
    """What a person may do."""

    REP = "rep"
    MANAGER = "manager"
    ANALYST = "analyst"
    AGENT = "agent"
    ADMIN = "admin"


class Actor(msgspec.Struct, frozen=True):
    """A person of an organisation, on one device."""

    org_id: OrgId
    user_id: UserId
    role: Role
    device_id: DeviceId

    @property
    def is_planner(self) -> bool:
        """Whether the person plans for others."""
        return self.role in {Role.MANAGER, Role.ADMIN}

    @property
    def sees_everything(self) -> bool:
        """Whether the whole organisation is in this person's scope, not just own territories."""
        return self.role is not Role.REP
