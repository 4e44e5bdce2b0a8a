"""The peer of push: the statements that the same batches come to, by raw psycopg2."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from backend.sync.protocol.ids import new_id
from tests.benchmarks.sync_ground import Ground, Rep
from tests.benchmarks.sync_load import Run, hammer

_CLAIM = """INSERT INTO sync_mutation
 (org_id, id, device_id, user_id, body_hash, op, tbl, rid, result)
 VALUES (%s, %s, %s, %s, '\\x00', %s, %s, %s, '{}') ON CONFLICT DO NOTHING"""
_RESULT = "UPDATE sync_mutation SET result = %s WHERE org_id = %s AND id = %s"
_LOOK = "SELECT rv, category, phone FROM account WHERE org_id = %s AND id = %s FOR NO KEY UPDATE"
_PATCH = "UPDATE account SET category = %s WHERE org_id = %s AND id = %s RETURNING rv"
_CREATE = {
    "visit": "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
             " VALUES (%(org)s, %(id)s, %(account_id)s, %(rep_id)s, %(planned_on)s, 'done', 'met')",
    "check_in": "INSERT INTO check_in (org_id, id, account_id, visit_id, rep_id, captured_at,"
                " corrected_at, accuracy_m) VALUES (%(org)s, %(id)s, %(account_id)s, %(visit_id)s,"
                " %(rep_id)s, %(captured_at)s, %(captured_at)s, %(accuracy_m)s)",
    "note": "INSERT INTO note (org_id, id, account_id, visit_id, author_id, body, captured_at)"
            " VALUES (%(org)s, %(id)s, %(account_id)s, %(visit_id)s, %(author_id)s, %(body)s,"
            " %(captured_at)s)",
}  # fmt: skip


type Bodies = Sequence[Sequence[list[dict[str, object]]]]
"""Batches of mutations, by phone."""


def push_raw(ground: Ground, reps: Sequence[Rep], bodies: Bodies) -> Run:
    """Send the statements of the same batches: one transaction each, a savepoint a mutation.

    New records get ids of their own and patches write what stands there already, so that the same
    batches can be pushed through the service afterwards.
    """

    def send(rep: Rep, batches: Sequence[list[dict[str, object]]]) -> Iterator[None]:
        with closing(psycopg2.connect(ground.owner_url)) as connection:
            for batch in batches:
                _send_raw(connection, rep, batch)
                yield

    return hammer([send(*pair) for pair in zip(reps, bodies, strict=True)])


def _send_raw(connection: Connection, rep: Rep, batch: list[dict[str, object]]) -> None:
    org, actor = str(rep.actor.org_id), rep.actor
    ids = {str(one["rid"]): new_id() for one in batch if one["op"] == "create"}
    with connection.cursor() as cursor:
        for one in batch:
            own = new_id()
            rid = ids.get(str(one["rid"]), one["rid"])
            cursor.execute("SAVEPOINT m")
            who = (str(actor.device_id), str(actor.user_id))
            cursor.execute(_CLAIM, (org, own, *who, one["op"], one["table"], rid))
            if one["op"] == "patch":
                cursor.execute(_LOOK, (org, rid))
                cursor.fetchone()
                base: dict[str, object] = msgspec.convert(one["base"], dict[str, object])
                cursor.execute(_PATCH, (base["category"], org, rid))
                cursor.fetchone()
            else:
                values = msgspec.convert(one["set"], dict[str, object])
                visit = ids.get(str(values.get("visit_id")))
                values |= {"org": org, "id": rid, "visit_id": visit}
                cursor.execute(_CREATE[str(one["table"])], values)
            cursor.execute(_RESULT, ('{"status": "applied"}', org, own))
            cursor.execute("RELEASE SAVEPOINT m")
    connection.commit()
