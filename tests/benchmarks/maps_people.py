"""Who looks at the map of a million prospects: everybody's manager, and holders of some of it."""

from contextlib import closing
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg2
import psycopg2.extras

from backend.ids import UserId
from backend.maps.schemas import Scope
from tests.benchmarks.maps_ground import Ground

_HELD = (1, 5, 30, 100)


def scopes(laid: Ground) -> list[Scope]:
    """Return five scopes, each of a person who has it in the database, too."""
    manager, *reps = (_name(laid, count) for count in (0, *_HELD))
    _put_in(laid, manager, reps)
    held = [
        Scope(laid.org_id, rep, laid.territories[:n]) for rep, n in zip(reps, _HELD, strict=True)
    ]
    return [Scope(laid.org_id, manager, None), *held]


def _name(laid: Ground, count: int) -> UserId:
    return UserId(uuid5(NAMESPACE_OID, f"{laid.org_id} {count}"))


def _put_in(laid: Ground, manager: UserId, reps: list[UserId]) -> None:
    roles = {manager: "manager"} | dict.fromkeys(reps, "rep")
    people = [
        (str(laid.org_id), str(one), f"{one}@bench.test", "Bench", role)
        for one, role in roles.items()
    ]
    rows: list[tuple[str, str, str, str]] = []
    for rep, count in zip(reps, _HELD, strict=True):
        for territory in laid.territories[:count]:
            row_id: UUID = uuid5(rep, str(territory))
            rows.append((str(laid.org_id), str(row_id), str(territory), str(rep)))
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection:
        cursor = connection.cursor()
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO app_user (org_id, id, email, full_name, role, password_hash) VALUES %s"
            " ON CONFLICT DO NOTHING",
            people,
            template="(%s, %s, %s, %s, %s, '!')",
        )
        psycopg2.extras.execute_values(
            cursor,
            "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
            " VALUES %s ON CONFLICT DO NOTHING",
            rows,
            template="(%s, %s, %s, %s, '2020-01-01')",
        )
