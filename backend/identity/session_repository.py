"""The queries of signing in, refreshing and signing out."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.identity.models import app_user, organisation, refresh_token
from backend.ids import DeviceId, OrgId, UserId


class Login(msgspec.Struct, frozen=True):
    """What a password is checked against."""

    org_id: OrgId
    user_id: UserId
    email: str
    password_hash: str
    locked_until: datetime | None


class Person(msgspec.Struct, frozen=True):
    """A person at sign-in or refresh, with the row held."""

    id: UUID
    org_id: UUID
    org_name: str
    time_zone: str
    email: str
    full_name: str
    role: str
    locale: str
    team_id: UUID | None
    password_hash: str
    is_active: bool
    token_version: int
    failed_logins: int


class TokenRow(msgspec.Struct, frozen=True):
    """A refresh token as stored."""

    id: UUID
    family_id: UUID
    device_id: UUID
    user_id: UUID
    successor_sealed: bytes | None
    used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime
    family_expires_at: datetime


def find_login_place(connection: sa.Connection, email: str) -> tuple[OrgId, UserId] | None:
    """Return whose email it is, before any organisation is known."""
    row = connection.execute(
        sa.text("SELECT org_id, user_id FROM tuyen_find_login(:email)"), {"email": email}
    ).one_or_none()
    return None if row is None else (OrgId(row.org_id), UserId(row.user_id))


def find_login(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> Login | None:
    """Return what a person's password is checked against."""
    query = sa.select(
        app_user.c.org_id,
        app_user.c.id.label("user_id"),
        app_user.c.email,
        app_user.c.password_hash,
        app_user.c.locked_until,
    ).where(app_user.c.org_id == org_id, app_user.c.id == user_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else msgspec.convert(row, Login)


def count_failure(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> int | None:
    """Count a wrong password; return how many in a row, None for a person who is not there."""
    # Losing a count in a crash is harmless, and waiting for the disk would tell known emails apart.
    connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
    row = connection.execute(
        sa.update(app_user)
        .where(app_user.c.org_id == org_id, app_user.c.id == user_id)
        .values(failed_logins=app_user.c.failed_logins + 1)
        .returning(app_user.c.failed_logins)
    ).one_or_none()
    return None if row is None else int(row.failed_logins)


def find_person(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> Person | None:
    """Return a person with their organisation's name."""
    return _one_person(connection, _select_person(org_id, user_id))


def hold_person(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, *, shared: bool
) -> Person | None:
    """Return a person with the row held: nobody changes password or status meanwhile.

    Shared holders do not wait for each other; who writes the row holds it alone.
    """
    query = _select_person(org_id, user_id)
    if shared:
        return _one_person(connection, query.with_for_update(read=True, of=app_user))
    return _one_person(connection, query.with_for_update(key_share=True, of=app_user))


def find_token_org(connection: sa.Connection, token_hash: bytes) -> OrgId | None:
    """Return the organisation of a refresh token, before any is known."""
    row = connection.execute(
        sa.text("SELECT org_id FROM tuyen_find_refresh(:hash)"), {"hash": token_hash}
    ).one_or_none()
    return None if row is None else OrgId(row.org_id)


def find_token(connection: sa.Connection, org_id: OrgId, token_hash: bytes) -> TokenRow | None:
    """Return a refresh token by the hash of its secret."""
    columns = [refresh_token.c[name] for name in TokenRow.__struct_fields__]
    query = sa.select(*columns).where(
        refresh_token.c.org_id == org_id, refresh_token.c.token_hash == token_hash
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else msgspec.convert(row, TokenRow)


def insert_token(connection: sa.Connection, values: Mapping[str, object]) -> None:
    """Insert a refresh token."""
    connection.execute(sa.insert(refresh_token).values(**values))


def use_token(
    connection: sa.Connection, org_id: OrgId, token_id: UUID, *, sealed: bytes, now: datetime
) -> None:
    """Mark a refresh token as used, with its sealed successor."""
    connection.execute(
        sa.update(refresh_token)
        .where(refresh_token.c.org_id == org_id, refresh_token.c.id == token_id)
        .values(used_at=now, successor_sealed=sealed)
    )


def revoke_tokens(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    now: datetime,
    user_id: UserId | None = None,
    device_id: DeviceId | None = None,
    family_id: UUID | None = None,
) -> None:
    """End the refresh tokens of a person, a device or a family (all of what is named)."""
    query = sa.update(refresh_token).where(
        refresh_token.c.org_id == org_id, refresh_token.c.revoked_at.is_(None)
    )
    wanted = {"user_id": user_id, "device_id": device_id, "family_id": family_id}
    for column, value in wanted.items():
        if value is not None:
            query = query.where(refresh_token.c[column] == value)
    connection.execute(query.values(revoked_at=now))


def delete_outlived_tokens(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, now: datetime
) -> None:
    """Remove a person's refresh tokens whose family is past its absolute life."""
    connection.execute(
        sa.delete(refresh_token).where(
            refresh_token.c.org_id == org_id,
            refresh_token.c.user_id == user_id,
            refresh_token.c.family_expires_at <= now,
        )
    )


def _select_person(org_id: OrgId, user_id: UserId) -> sa.Select[*tuple[object, ...]]:
    own = [name for name in Person.__struct_fields__ if name in app_user.c]
    return (
        sa.select(
            *(app_user.c[name] for name in own),
            organisation.c.name.label("org_name"),
            organisation.c.time_zone,
        )
        .join(organisation, organisation.c.id == app_user.c.org_id)
        .where(app_user.c.org_id == org_id, app_user.c.id == user_id)
    )


def _one_person(connection: sa.Connection, query: sa.Select[*tuple[object, ...]]) -> Person | None:
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else msgspec.convert(row, Person)
