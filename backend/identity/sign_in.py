"""Signing in: the password, its locks, and the device that it is done from."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from backend.db.tenancy import Database
from backend.identity import audit, repository, sessions
from backend.identity import session_repository as store
from backend.identity.actor import Actor
from backend.identity.desk import Desk
from backend.identity.devices import claim_device
from backend.identity.errors import BadCredentials, TooManyAttempts, UserDisabled
from backend.identity.passwords import hash_password, needs_rehash, verify_password
from backend.identity.schemas import Credentials, SessionRead
from backend.identity.session_repository import Login, Person
from backend.identity.throttle import lock_seconds
from backend.ids import OrgId, UserId

_NOBODY = UserId(UUID(int=0))
_NOWHERE = OrgId(UUID(int=0))


def sign_in(
    db: Database, desk: Desk, offered: Credentials, *, address: str, now: datetime
) -> SessionRead:
    """Check the password and open a session on the device.

    It opens its own short transactions, so that no connection is held while the password is hashed.
    """
    wait = desk.addresses.wait_seconds(address, now.timestamp())
    if wait > 0:
        raise TooManyAttempts(wait)
    login = _find_login(db, offered.email.strip())
    if not _prove(db, desk, login, offered.password, now=now):
        desk.addresses.record_failure(address, now.timestamp())
        raise BadCredentials
    with db.for_org(login.org_id) as connection:
        return _open_session(connection, desk, login, offered, now=now)


def prove_password(db: Database, desk: Desk, actor: Actor, password: str, *, now: datetime) -> bool:
    """Tell whether it is the actor's own password; a wrong one counts towards their lock."""
    with db.for_org(actor.org_id) as connection:
        login = store.find_login(connection, actor.org_id, actor.user_id)
    return login is not None and _prove(db, desk, login, password, now=now)


def _find_login(db: Database, email: str) -> Login:
    """Return a login; for an email that nobody has that of nobody, by the same round trips."""
    with db.without_org() as connection:
        place = store.find_login_place(connection, email)
    org_id, user_id = place or (_NOWHERE, _NOBODY)
    with db.for_org(org_id) as connection:
        login = store.find_login(connection, org_id, user_id)
    return login or Login(_NOWHERE, _NOBODY, email, "", None)


def _prove(db: Database, desk: Desk, login: Login, password: str, *, now: datetime) -> bool:
    """Tell whether the password is right, counting a wrong one; raise while the login is locked."""
    wait = _wait_seconds(desk, login, now)
    if wait > 0:
        raise TooManyAttempts(wait)
    is_known = login.user_id != _NOBODY
    if verify_password(login.password_hash if is_known else None, password) and is_known:
        return True
    with db.for_org(login.org_id) as connection:
        failures = store.count_failure(connection, login.org_id, login.user_id)
        if failures is not None and lock_seconds(failures) > 0:
            until = now + timedelta(seconds=lock_seconds(failures))
            locked = {"locked_until": until}
            repository.update_user(connection, login.org_id, login.user_id, locked)
            audit.record_event(
                connection,
                login.org_id,
                "auth.locked",
                by=None,
                subject="user",
                subject_id=login.user_id,
                detail={"failures": failures},
            )
    if failures is None:
        desk.unknown_emails.record_failure(login.email, now.timestamp())
    return False


def _wait_seconds(desk: Desk, login: Login, now: datetime) -> float:
    if login.user_id == _NOBODY:
        return desk.unknown_emails.wait_seconds(login.email, now.timestamp())
    return 0.0 if login.locked_until is None else (login.locked_until - now).total_seconds()


def _open_session(
    connection: sa.Connection, desk: Desk, login: Login, offered: Credentials, *, now: datetime
) -> SessionRead:
    person = store.hold_person(connection, login.org_id, login.user_id, shared=False)
    # The password may have been changed while the old one was checked.
    if person is None or person.password_hash != login.password_hash:
        raise BadCredentials
    if not person.is_active:
        raise UserDisabled
    device_id = claim_device(connection, login.org_id, login.user_id, offered, now=now)
    _renew_login(connection, login, person, offered.password)
    return sessions.start(connection, desk, person, device_id, now=now)


def _renew_login(connection: sa.Connection, login: Login, person: Person, password: str) -> None:
    """Forget wrong passwords, and hash the right one anew when its cost is out of date."""
    fresh: dict[str, object] = {}
    if person.failed_logins:
        fresh |= {"failed_logins": 0, "locked_until": None}
    if needs_rehash(person.password_hash):
        fresh |= {"password_hash": hash_password(password)}
    if fresh:
        repository.update_user(connection, login.org_id, login.user_id, fresh)
