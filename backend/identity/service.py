"""The rules about organisations and people."""

import unicodedata
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import sqlalchemy as sa

from backend.api.paging import encode_cursor
from backend.api.payloads import LonLatPair, Page
from backend.api.problems import Conflict, Forbidden, NotFound, malformed_field
from backend.db.tenancy import Database
from backend.geo.vocabulary import GeoError, check_lonlat
from backend.identity import audit, repository, sessions
from backend.identity import session_repository as store
from backend.identity.actor import Actor, Role
from backend.identity.cursors import after_name
from backend.identity.desk import Desk
from backend.identity.passwords import check_password, hash_password
from backend.identity.schemas import UserCreate, UserPatch, UserRead
from backend.identity.sign_in import prove_password
from backend.ids import OrgId, UserId, new_id

_OWN_FIELDS = frozenset({"full_name", "locale", "home_location", "password", "current_password"})
_NOT_ON_ONESELF = frozenset({"role", "is_active"})
_NOT_COLUMNS = frozenset({"password", "current_password", "is_active"})


def create_organisation(
    connection: sa.Connection,
    *,
    name: str,
    country: str = "VN",
    time_zone: str = "Asia/Ho_Chi_Minh",
    locale: str = "vi",
    currency: str = "VND",
) -> OrgId:
    """Create an organisation, over a connection of the owner's role; return its id."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        sentence = f"'{time_zone}' is no time zone: write it like Asia/Ho_Chi_Minh."
        raise malformed_field("time_zone", sentence) from error
    if not name.strip():
        raise malformed_field("name", "An organisation has a name: it cannot be blank.")
    org_id = OrgId(new_id())
    values = {
        "id": org_id,
        "name": _tidy(name),
        "country": country,
        "time_zone": time_zone,
        "locale": locale,
        "currency": currency,
    }
    repository.insert_organisation(connection, values)
    return org_id


def create_user(
    connection: sa.Connection, org_id: OrgId, data: UserCreate, *, by: Actor | None = None
) -> UserId:
    """Create a person who signs in with the password; `by` is None for the command line."""
    email = data.email.strip().lower()
    check_password(data.password, email=email)
    _check_team(connection, org_id, data.team_id)
    _check_home(data.home_location)
    user_id = UserId(new_id())
    values = {
        "org_id": org_id,
        "id": user_id,
        "email": email,
        "full_name": _tidy(data.full_name),
        "role": data.role.value,
        "team_id": data.team_id,
        "locale": data.locale or repository.get_organisation_locale(connection, org_id),
        "home_location": data.home_location,
        "password_hash": hash_password(data.password),
    }
    repository.insert_user(connection, values)
    _note(connection, org_id, by, "user.created", user_id, {"role": data.role.value})
    return user_id


def set_password(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    password: str,
    *,
    now: datetime,
    by: Actor | None = None,
) -> None:
    """Give a person a new password, unlock them and end all their sessions."""
    person = store.hold_person(connection, org_id, user_id, shared=False)
    if person is None:
        raise _no_such_user()
    check_password(password, email=person.email)
    fresh = {"password_hash": hash_password(password), "failed_logins": 0, "locked_until": None}
    repository.update_user(connection, org_id, user_id, fresh)
    sessions.end_all(connection, org_id, user_id, now=now)
    _note(connection, org_id, by, "user.password_set", user_id)


def set_active(
    connection: sa.Connection,
    org_id: OrgId,
    user_id: UserId,
    *,
    is_active: bool,
    now: datetime,
    by: Actor | None = None,
) -> None:
    """Disable a person, which ends all their sessions, or let them in again."""
    if store.hold_person(connection, org_id, user_id, shared=False) is None:
        raise _no_such_user()
    repository.update_user(connection, org_id, user_id, {"is_active": is_active})
    if not is_active:
        sessions.end_all(connection, org_id, user_id, now=now)
    _note(connection, org_id, by, "user.enabled" if is_active else "user.disabled", user_id)


def list_users(
    connection: sa.Connection, actor: Actor, *, limit: int, cursor: str | None
) -> Page[UserRead]:
    """Return the people of the organisation by name; a rep sees only themself."""
    only = None if actor.sees_everything else actor.user_id
    rows = repository.select_users(
        connection, actor.org_id, only=only, after=after_name(cursor), limit=limit + 1
    )
    users = msgspec.convert(rows[:limit], list[UserRead])
    more = len(rows) > limit
    return Page(users, encode_cursor(users[-1].full_name, str(users[-1].id)) if more else None)


def add_user(connection: sa.Connection, actor: Actor, data: UserCreate) -> UserRead:
    """Create a person in the actor's organisation."""
    user_id = create_user(connection, actor.org_id, data, by=actor)
    return _get_user(connection, actor.org_id, user_id)


def change_user(
    db: Database, desk: Desk, actor: Actor, user_id: UserId, patch: UserPatch, *, now: datetime
) -> UserRead:
    """Change a person; one's own new password needs the current one.

    It opens its own transactions: a wrong password has to be counted although the change fails.
    """
    is_own = user_id == actor.user_id
    if is_own and not isinstance(patch.password, msgspec.UnsetType):
        if isinstance(patch.current_password, msgspec.UnsetType):
            sentence = "Send your current password along with the new one."
            raise malformed_field("current_password", sentence)
        if not prove_password(db, desk, actor, patch.current_password, now=now):
            raise Forbidden("The current password is wrong.", code="current_password_wrong")
    with db.for_org(actor.org_id) as connection:
        user = _change(connection, actor, user_id, patch, now=now)
    desk.standings.forget_user(actor.org_id, user_id)
    return user


def _change(
    connection: sa.Connection, actor: Actor, user_id: UserId, patch: UserPatch, *, now: datetime
) -> UserRead:
    if not repository.lock_user(connection, actor.org_id, user_id):
        raise _no_such_user()
    changes: dict[str, object] = {
        name: value
        for name in patch.__struct_fields__
        if (value := getattr(patch, name)) is not msgspec.UNSET
    }
    _check_rights(actor, user_id, changes)
    columns = _columns(connection, actor.org_id, patch, changes)
    if columns:
        repository.update_user(connection, actor.org_id, user_id, columns)
        fields: dict[str, object] = {"fields": sorted(columns)}
        _note(connection, actor.org_id, actor, "user.changed", user_id, fields)
    if not isinstance(patch.password, msgspec.UnsetType):
        set_password(connection, actor.org_id, user_id, patch.password, now=now, by=actor)
    if not isinstance(patch.is_active, msgspec.UnsetType):
        set_active(connection, actor.org_id, user_id, is_active=patch.is_active, now=now, by=actor)
    return _get_user(connection, actor.org_id, user_id)


def _check_rights(actor: Actor, user_id: UserId, changes: dict[str, object]) -> None:
    is_own = user_id == actor.user_id
    if is_own and changes.keys() & _NOT_ON_ONESELF:
        raise Conflict(
            "Nobody changes their own role or disables themself: ask another administrator.",
            code="own_account",
        )
    if actor.role is Role.ADMIN:
        return
    if not is_own:
        raise (
            Forbidden("Only an administrator may change others.")
            if (actor.sees_everything)
            else _no_such_user()
        )
    refused = sorted(changes.keys() - _OWN_FIELDS)
    if refused:
        raise Forbidden(f"Only an administrator may change '{refused[0]}'.")


def _columns(
    connection: sa.Connection, org_id: OrgId, patch: UserPatch, changes: dict[str, object]
) -> dict[str, object]:
    """Return the changes that are plain columns, checked and tidied."""
    columns = {name: value for name, value in changes.items() if name not in _NOT_COLUMNS}
    if not isinstance(patch.team_id, msgspec.UnsetType):
        _check_team(connection, org_id, patch.team_id)
    if not isinstance(patch.home_location, msgspec.UnsetType):
        _check_home(patch.home_location)
    if not isinstance(patch.email, msgspec.UnsetType):
        columns["email"] = patch.email.strip().lower()
    if not isinstance(patch.full_name, msgspec.UnsetType):
        columns["full_name"] = _tidy(patch.full_name)
    return columns


def _get_user(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> UserRead:
    row = repository.find_user(connection, org_id, user_id)
    if row is None:
        raise _no_such_user()
    return msgspec.convert(row, UserRead)


def _no_such_user() -> NotFound:
    return NotFound("There is no such person, or they are not yours to see.")


def _check_team(connection: sa.Connection, org_id: OrgId, team_id: UUID | None) -> None:
    if team_id is not None and not repository.has_team(connection, org_id, team_id):
        raise malformed_field("team_id", "There is no such team.", code="unknown_reference")


def _check_home(point: LonLatPair | None) -> None:
    if point is None:
        return
    try:
        check_lonlat(point[0], point[1], field="home_location")
    except GeoError as error:
        raise malformed_field("home_location", error.message, code=error.code) from error


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _note(
    connection: sa.Connection,
    org_id: OrgId,
    by: Actor | None,
    action: str,
    user_id: UserId,
    detail: dict[str, object] | None = None,
) -> None:
    audit.record_event(
        connection, org_id, action, by=by, subject="user", subject_id=user_id, detail=detail
    )
