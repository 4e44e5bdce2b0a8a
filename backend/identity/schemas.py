"""The shapes of sign-in, people, teams and devices on the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.api.payloads import LonLatPair, Name, Payload
from backend.identity.actor import Role
from backend.identity.passwords import MAX_LENGTH

Email = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^\s*[^@\s\x00]+@[^@\s\x00]+\s*$")]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LENGTH)]
"""A password as typed."""
Locale = Literal["vi", "en"]
Platform = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z0-9 ._-]+$")]
"""What the device is; `web` is a browser, which keeps its refresh token in a cookie."""


class Credentials(Payload, frozen=True):
    """A sign-in from a device, which makes its own id."""

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
    password: Secret
    device_id: UUID
    device_name: Name
    platform: Platform


class DeviceCreate(Payload, frozen=True):
    """A new id for a device that is signed in; its refresh token proves that."""

    device_id: UUID
    device_name: Name
    platform: Platform
    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RefreshRequest(Payload, frozen=True):
    """A refresh; a browser sends neither field, its cookie speaks for it."""

    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    device_id: UUID | None = None


class SessionUser(msgspec.Struct, frozen=True):
    """The signed-in person; days and times are told in the organisation's time zone."""

    id: UUID
    org_id: UUID
    org_name: str
    time_zone: str
    email: str
    full_name: str
    role: Role
    locale: str
    team_id: UUID | None


class SessionRead(msgspec.Struct, frozen=True):
    """A sign-in; in a browser `refresh_token` is null, for it lies in an HttpOnly cookie."""

    access_token: str
    expires_in: int
    refresh_token: str | None
    device_id: UUID
    user: SessionUser


class UserCreate(Payload, frozen=True):
    """A new person; without `locale` they get the organisation's."""

    email: Email
    full_name: Name
    role: Role
    password: Secret
    team_id: UUID | None = None
    locale: Locale | None = None
    home_location: LonLatPair | None = None


class UserPatch(Payload, frozen=True):
    """What changes of a person; one's own new password needs `current_password`."""

    email: Email | msgspec.UnsetType = msgspec.UNSET
    full_name: Name | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    team_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    locale: Locale | msgspec.UnsetType = msgspec.UNSET
    home_location: LonLatPair | msgspec.UnsetType | None = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET
    password: Secret | msgspec.UnsetType = msgspec.UNSET
    current_password: Secret | msgspec.UnsetType = msgspec.UNSET


class UserRead(msgspec.Struct, frozen=True):
    """A person of the organisation."""

    id: UUID
    email: str
    full_name: str
    role: Role
    team_id: UUID | None
    locale: str
    is_active: bool
    home_location: LonLatPair | None
    rv: int
    created_at: datetime
    updated_at: datetime


class TeamCreate(Payload, frozen=True):
    """A new team."""

    name: Name


class TeamRead(msgspec.Struct, frozen=True):
    """A team and how many active people are in it."""

    id: UUID
    name: str
    member_count: int
    created_at: datetime


class DeviceRead(msgspec.Struct, frozen=True):
    """A device that somebody signed in from."""

    id: UUID
    user_id: UUID
    user_name: str
    name: str
    platform: str
    status: Literal["active", "revoked"]
    created_at: datetime
    last_seen_at: datetime
