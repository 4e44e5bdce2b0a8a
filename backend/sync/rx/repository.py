"""The SQL that only RxDB's clients need."""

from collections.abc import Sequence

import sqlalchemy as sa

from backend.identity.actor import Actor


def find_visible(
    connection: sa.Connection, actor: Actor, table: str, ids: Sequence[str], buckets: Sequence[str]
) -> list[str]:
    """Return which of these records lie in any of the buckets."""
    query = sa.text(
        "SELECT DISTINCT id::text FROM sync_row WHERE org_id = :org_id AND tbl = :tbl"
        " AND id = ANY (cast(:ids AS uuid[])) AND NOT removed AND bucket = ANY (:buckets)"
    )
    values = {"org_id": actor.org_id, "tbl": table, "ids": list(ids), "buckets": list(buckets)}
    return list(connection.execute(query, values).scalars())


def last_mutations(
    connection: sa.Connection, actor: Actor, table: str, ids: Sequence[str]
) -> dict[str, list[str]]:
    """Return the ids of the device's last two mutations of each record, the last one first."""
    query = sa.text(
        "SELECT rid::text, array_agg(id::text ORDER BY place) FROM ("
        "  SELECT rid, id, row_number() OVER (PARTITION BY rid ORDER BY xid DESC) AS place"
        "    FROM sync_mutation WHERE org_id = :org_id AND device_id = :device_id AND tbl = :tbl"
        "     AND rid = ANY (cast(:ids AS uuid[]))) m"
        " WHERE place <= 2 GROUP BY rid"
    )
    values = {
        "org_id": actor.org_id,
        "device_id": actor.device_id,
        "tbl": table,
        "ids": list(ids),
    }
    return {rid: list(last) for rid, last in connection.execute(query, values)}
