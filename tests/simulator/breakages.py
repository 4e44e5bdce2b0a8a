"""Deliberate breakages of the product, one at a time: the simulator must see each of them.

They replace parts of the real modules in the service's process. Where a part is no longer there or
reads differently, breaking fails loudly: a breakage that breaks nothing would prove nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import Database, driver_cursor
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.sync import changelog, ledger, pull, push
from backend.sync.cursor import Position, Sealed
from backend.sync.ledger import Known
from backend.sync.protocol.messages import Mutation, MutationResult, PushRequest, PushResponse


def _replace(text: str, old: str, new: str, count: int) -> str:
    """Replace a part of a text that must stand in it so many times."""
    if text.count(old) != count:
        raise AssertionError(f"There are {text.count(old)} and not {count} of {old!r} to break.")
    return text.replace(old, new)


def _sequence_cursor() -> None:
    """Take what has a higher number than any seen, as a sequence or a timestamp would."""
    page = changelog._TYPED_PAGE
    page = _replace(
        page,
        "xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)"
        " AND NOT pg_visible_in_snapshot(xid, %(seen)s::pg_snapshot)",
        "xid >= pg_snapshot_xmax(%(seen)s::pg_snapshot)",
        1,
    )
    changelog._TYPED_PAGE = page


def _no_target_tests() -> None:
    """Let what entered a bucket after the target snapshot into the page."""
    test = "pg_visible_in_snapshot(first_xid, %(target)s::pg_snapshot)"
    page = _replace(changelog._TYPED_PAGE, test, "true", 2)
    other = "pg_visible_in_snapshot(s.first_xid, %(target)s::pg_snapshot)"
    changelog._TYPED_PAGE = _replace(page, other, "true", 1)


def _dedupe_by_device() -> None:
    """Know a mutation again only when the same device sends it; see also `SCHEMA`."""
    ledger._KNOWN = _replace(
        ledger._KNOWN,
        "WHERE org_id = %(org)s::uuid AND (",
        "WHERE org_id = %(org)s::uuid AND device_id = %(device)s::uuid AND (",
        1,
    )


def _results_apart() -> None:
    """Claim mutations and store their results in a transaction of their own, after the effect."""
    plain_claim, plain_push, plain_store = ledger.claim, push.push, ledger.store_results

    def look_only(
        connection: sa.Connection, actor: Actor, mutations: Sequence[Mutation], **_: Any
    ) -> dict[str, Known]:
        ids = [one.id for one in mutations]
        with driver_cursor(connection) as cursor:
            cursor.execute(
                "SELECT id::text, device_id::text, seq, body_hash, result::text FROM sync_mutation"
                " WHERE org_id = %s AND id = ANY (%s::uuid[])",
                (str(actor.org_id), ids),
            )
            return {
                row[0]: Known(row[1], row[2], bytes(row[3]), ledger._RESULT.decode(row[4]))
                for row in cursor.fetchall()
            }

    def store_nothing(
        connection: sa.Connection, org_id: OrgId, results: Iterable[MutationResult]
    ) -> None:
        del connection, org_id, results

    def push_and_store(
        db: Database, actor: Actor, request: PushRequest, clock: Any
    ) -> PushResponse:
        answer = plain_push(db, actor, request, clock)
        final = [one for one in answer.results if one.status in _STORED]
        ids = {one.id for one in final}
        mutations = [one for one in request.mutations if one.id in ids]
        if mutations:
            with db.for_org(actor.org_id) as connection:
                plain_claim(connection, actor, mutations, is_counted=False)
                plain_store(connection, actor.org_id, final)
        return answer

    ledger.claim, ledger.store_results, push.push = look_only, store_nothing, push_and_store


_STORED = frozenset({"applied", "merged", "conflict", "rejected", "quarantined"})


def _believe_the_device() -> None:
    """Drop by the buckets that the device last asked with, not by those of its sealed cursor."""
    plain = pull._start
    told: dict[UUID, tuple[str, ...]] = {}

    def start(sealed: Sealed | None, request: Any, tables: Any, holder: Any, here: Any) -> Position:
        position = plain(sealed, request, tables, holder, here)
        if sealed is not None and request.token is None:
            position = msgspec.structs.replace(
                position, buckets=told.get(holder.device_id, position.buckets)
            )
        told[holder.device_id] = here.buckets
        return position

    pull._start = start


_BREAKAGES: dict[str, Callable[[], None]] = {
    "sequence cursor": _sequence_cursor,
    "no tests against the target": _no_target_tests,
    "deduplication by device": _dedupe_by_device,
    "results stored apart": _results_apart,
    "drops by the device's word": _believe_the_device,
}

SCHEMA: dict[str, str] = {
    "deduplication by device": (
        "ALTER TABLE sync_mutation DROP CONSTRAINT sync_mutation_pkey;"
        " ALTER TABLE sync_mutation ADD PRIMARY KEY (org_id, device_id, id)"
    ),
}
"""What a breakage changes in the database, as the owner."""
REPAIR: dict[str, str] = {
    "deduplication by device": (
        "DELETE FROM sync_mutation m USING sync_mutation o WHERE m.org_id = o.org_id"
        " AND m.id = o.id AND m.device_id > o.device_id;"
        " ALTER TABLE sync_mutation DROP CONSTRAINT sync_mutation_pkey;"
        " ALTER TABLE sync_mutation ADD PRIMARY KEY (org_id, id)"
    ),
}
"""How it is undone."""


def break_service(name: str) -> None:
    """Break the service in this process; the empty name breaks nothing."""
    if name:
        _BREAKAGES[name]()
