"""Staying signed in and signing out: rotating refresh tokens, bound to a device.

A sign-in starts a family of refresh tokens on one device. Each refresh uses up its token and makes
the one successor. The just-used token may come again within 60 s (a reply was lost) and gets the
same successor; any later replay means a copied token, and ends the family (RFC 9700, 4.14).
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from backend.db.tenancy import Database
from backend.identity import audit, repository
from backend.identity import session_repository as store
from backend.identity.actor import Actor, Role
from backend.identity.desk import Desk
from backend.identity.devices import claim_device
from backend.identity.errors import DeviceRevoked, RefreshInvalid, RefreshReused, UserDisabled
from backend.identity.refresh_secrets import (
    hash_secret,
    new_secret,
    open_successor,
    seal_successor,
)
from backend.identity.schemas import DeviceCreate, SessionRead, SessionUser
from backend.identity.session_repository import Person, TokenRow
from backend.ids import DeviceId, OrgId, UserId, new_id

_REPLAY_WINDOW = timedelta(seconds=60)


def start(
    connection: sa.Connection,
    desk: Desk,
    person: Person,
    device_id: DeviceId,
    *,
    now: datetime,
    ends_at: datetime | None = None,
) -> SessionRead:
    """Open a session on a device that the caller holds; the one before it on the device ends.

    It lives as long as a sign-in may, but not longer than to `ends_at`.
    """
    org_id, user_id = OrgId(person.org_id), UserId(person.id)
    store.revoke_tokens(connection, org_id, user_id=user_id, device_id=device_id, now=now)
    store.delete_outlived_tokens(connection, org_id, user_id, now)
    secret = new_secret()
    longest = now + desk.absolute
    ends_at = longest if ends_at is None else min(ends_at, longest)
    _insert(connection, desk, person, device_id, secret, family=(new_id(), ends_at), now=now)
    actor = _actor(person, device_id)
    audit.record(connection, actor, "auth.signed_in", subject="device", subject_id=device_id)
    return _session(desk, person, device_id, secret)


def refresh(
    db: Database, desk: Desk, presented: str, *, device_id: DeviceId | None, now: datetime
) -> SessionRead:
    """Swap a refresh token for its successor; `device_id` is None for a browser's cookie."""
    token_hash = hash_secret(presented)
    with db.without_org() as connection:
        org_id = store.find_token_org(connection, token_hash)
    if org_id is None:
        raise RefreshInvalid
    with db.for_org(org_id) as connection:
        person, token = _hold(connection, org_id, token_hash, device_id)
        session = _rotate(connection, desk, person, token, presented=presented, now=now)
        if session is None:
            _end_family(connection, person, token, now)
    # Raised only now: the end of the family has to be committed.
    if session is None:
        raise RefreshReused
    return session


def move_on(
    connection: sa.Connection, desk: Desk, actor: Actor, offered: DeviceCreate, *, now: datetime
) -> SessionRead:
    """Go on under a new device id, without a password, as long as this sign-in would last.

    For a device that finds that it lives twice: the session under the old id stays with its twin.
    Raises RefreshInvalid unless the refresh token is this device's and good.
    """
    token = store.find_token(connection, actor.org_id, hash_secret(offered.refresh_token))
    person = store.hold_person(connection, actor.org_id, actor.user_id, shared=True)
    if person is None or token is None or token.user_id != actor.user_id:
        raise RefreshInvalid
    if token.device_id != actor.device_id or token.revoked_at is not None:
        raise RefreshInvalid("This sign-in has ended: sign in again.")
    # The twin may have used it a moment ago; longer ago, it is one that was copied.
    is_used = token.used_at is not None and now - token.used_at > _REPLAY_WINDOW
    if is_used or now >= min(token.expires_at, token.family_expires_at):
        raise RefreshInvalid("This refresh token is too old: sign in again.")
    device_id = claim_device(connection, actor.org_id, actor.user_id, offered, now=now)
    audit.record(
        connection,
        actor,
        "device.moved_on",
        subject="device",
        subject_id=device_id,
        detail={"from": str(actor.device_id)},
    )
    return start(connection, desk, person, device_id, now=now, ends_at=token.family_expires_at)


def sign_out(connection: sa.Connection, actor: Actor, *, now: datetime) -> None:
    """End the actor's session on this device; the access token runs out by itself."""
    store.revoke_tokens(
        connection, actor.org_id, user_id=actor.user_id, device_id=actor.device_id, now=now
    )
    audit.record(connection, actor, "auth.signed_out", subject="device", subject_id=actor.device_id)


def end_all(connection: sa.Connection, org_id: OrgId, user_id: UserId, *, now: datetime) -> None:
    """End every session of a person, refresh and access tokens alike."""
    repository.raise_token_version(connection, org_id, user_id)
    store.revoke_tokens(connection, org_id, user_id=user_id, now=now)


def read_me(connection: sa.Connection, actor: Actor) -> SessionUser:
    """Return the signed-in person."""
    person = store.find_person(connection, actor.org_id, actor.user_id)
    if person is None:
        raise UserDisabled
    return _session_user(person)


def _hold(
    connection: sa.Connection, org_id: OrgId, token_hash: bytes, device_id: DeviceId | None
) -> tuple[Person, TokenRow]:
    """Return person and token, with person and device held so that refreshes come one by one."""
    seen = store.find_token(connection, org_id, token_hash)
    if seen is None or (device_id is not None and seen.device_id != device_id):
        raise RefreshInvalid
    person = store.hold_person(connection, org_id, UserId(seen.user_id), shared=True)
    held = repository.lock_device(connection, org_id, DeviceId(seen.device_id))
    # Read again: whoever held the device before may have used or ended the token.
    token = store.find_token(connection, org_id, token_hash)
    if person is None or held is None or token is None:
        raise RefreshInvalid
    if held[1] != "active":
        raise DeviceRevoked
    if not person.is_active:
        raise UserDisabled
    return person, token


def _rotate(
    connection: sa.Connection,
    desk: Desk,
    person: Person,
    token: TokenRow,
    *,
    presented: str,
    now: datetime,
) -> SessionRead | None:
    """Return the session under the token's one successor, None when the token is a replay."""
    org_id, device_id = OrgId(person.org_id), DeviceId(token.device_id)
    if token.revoked_at is not None:
        raise RefreshInvalid("This sign-in has ended: sign in again.")
    if token.used_at is not None:
        secret = _repeat(connection, org_id, token, presented, now)
        return None if secret is None else _session(desk, person, device_id, secret)
    if now >= min(token.expires_at, token.family_expires_at):
        raise RefreshInvalid("This sign-in is too old: sign in again.")
    secret = new_secret()
    family = (token.family_id, token.family_expires_at)
    _insert(connection, desk, person, device_id, secret, family=family, now=now)
    sealed = seal_successor(presented, secret, org_id=org_id)
    store.use_token(connection, org_id, token.id, sealed=sealed, now=now)
    repository.update_device(connection, org_id, device_id, {"last_seen_at": now})
    return _session(desk, person, device_id, secret)


def _repeat(
    connection: sa.Connection, org_id: OrgId, token: TokenRow, presented: str, now: datetime
) -> str | None:
    """Return the successor again while it is fresh and nobody has used it, else None."""
    if token.used_at is None or token.successor_sealed is None:
        return None
    if now - token.used_at > _REPLAY_WINDOW:
        return None
    secret = open_successor(presented, token.successor_sealed, org_id=org_id)
    successor = store.find_token(connection, org_id, hash_secret(secret))
    return None if successor is None or successor.used_at is not None else secret


def _end_family(connection: sa.Connection, person: Person, token: TokenRow, now: datetime) -> None:
    org_id = OrgId(person.org_id)
    store.revoke_tokens(connection, org_id, family_id=token.family_id, now=now)
    audit.record(
        connection,
        _actor(person, DeviceId(token.device_id)),
        "auth.refresh_reused",
        subject="device",
        subject_id=token.device_id,
        detail={"family_id": str(token.family_id)},
    )


def _insert(
    connection: sa.Connection,
    desk: Desk,
    person: Person,
    device_id: DeviceId,
    secret: str,
    *,
    family: tuple[UUID, datetime],
    now: datetime,
) -> None:
    family_id, family_expires_at = family
    store.insert_token(
        connection,
        {
            "org_id": person.org_id,
            "id": new_id(),
            "family_id": family_id,
            "device_id": device_id,
            "user_id": person.id,
            "token_hash": hash_secret(secret),
            "created_at": now,
            "expires_at": min(now + desk.idle, family_expires_at),
            "family_expires_at": family_expires_at,
        },
    )


def _actor(person: Person, device_id: DeviceId) -> Actor:
    return Actor(OrgId(person.org_id), UserId(person.id), Role(person.role), device_id)


def _session(desk: Desk, person: Person, device_id: DeviceId, secret: str) -> SessionRead:
    return SessionRead(
        access_token=desk.tokens.sign(_actor(person, device_id), version=person.token_version),
        expires_in=desk.tokens.lifetime_seconds,
        refresh_token=secret,
        device_id=device_id,
        user=_session_user(person),
    )


def _session_user(person: Person) -> SessionUser:
    return SessionUser(
        id=person.id,
        org_id=person.org_id,
        org_name=person.org_name,
        time_zone=person.time_zone,
        email=person.email,
        full_name=person.full_name,
        role=Role(person.role),
        locale=person.locale,
        team_id=person.team_id,
    )
