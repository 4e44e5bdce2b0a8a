"""Two small organisations to test with, put in as the owner."""

from dataclasses import dataclass
from uuid import UUID

import psycopg2
import psycopg2.extras

from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, OrgId, UserId, new_id

psycopg2.extras.register_uuid()


@dataclass(frozen=True)
class Org:
    """An organisation with two reps, a manager, an analyst, an agent and an admin."""

    id: OrgId
    rep: Actor
    other_rep: Actor
    manager: Actor
    analyst: Actor
    agent: Actor
    admin: Actor


def make_org(owner_url: str, name: str = "Cà phê Sông Hàn", *, time_zone: str = "UTC") -> Org:
    """Insert an organisation with its people and one device each; nobody has a password."""
    org_id = OrgId(new_id())
    roles = {
        "rep": Role.REP,
        "other_rep": Role.REP,
        "manager": Role.MANAGER,
        "analyst": Role.ANALYST,
        "agent": Role.AGENT,
        "admin": Role.ADMIN,
    }
    actors: dict[str, Actor] = {}
    with psycopg2.connect(owner_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisation (id, name, time_zone) VALUES (%s, %s, %s)",
            (org_id, name, time_zone),
        )
        for key, role in roles.items():
            user_id, device_id = UserId(new_id()), DeviceId(new_id())
            cursor.execute(
                "INSERT INTO app_user (org_id, id, email, full_name, role, password_hash)"
                " VALUES (%s, %s, %s, %s, %s, '!')",
                (org_id, user_id, f"{key}@{org_id}.test", key.replace("_", " ").title(), role),
            )
            insert_device(cursor, org_id, user_id, device_id)
            actors[key] = Actor(org_id, user_id, role, device_id)
    connection.close()
    return Org(id=org_id, **actors)


def insert_device(
    cursor: psycopg2.extensions.cursor, org_id: UUID, user_id: UUID, device_id: UUID
) -> None:
    """Insert an active test device."""
    cursor.execute(
        "INSERT INTO device (org_id, id, user_id, name, platform) VALUES (%s, %s, %s, 't', 'test')",
        (org_id, device_id, user_id),
    )
