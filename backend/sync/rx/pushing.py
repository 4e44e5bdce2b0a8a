"""Push for RxDB: documents become mutations of the devices' own push, and its results conflicts.

Three transactions: what the documents are now, the push itself, and what they are then.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.api.problems import Conflict, FieldError, Unavailable
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.sync import changelog, push
from backend.sync.protocol.messages import Mutation, MutationResult, PushRequest, Status
from backend.sync.protocol.tables import Table
from backend.sync.protocol.version import PROTOCOL_VERSION
from backend.sync.rx import repository
from backend.sync.rx.changes import are_equal, is_deleted, is_id, mutation_of
from backend.sync.rx.messages import Document, RxOutcome, RxResult, RxRow
from backend.sync.rx.pulling import read_documents

_AGAIN = frozenset({Status.DEFERRED, Status.ERROR})
"""Neither done nor refused: the same document is to be sent again."""

type Masters = dict[str, Document]


def apply_rows(
    db: Database,
    actor: Actor,
    table: Table,
    rows: Sequence[RxRow],
    *,
    client_time: datetime | None,
    clock: Clock,
) -> RxOutcome:
    """Apply documents and return the server's state of those that have become something else."""
    known = [row for row in rows if is_id(row.new_document_state.get("id"))]
    ids = [row.new_document_state["id"] for row in known]
    before, last = _look(db, actor, table, ids)
    refused: dict[str, RxResult] = {
        str(row.new_document_state.get("id")): _malformed(row, "An id is a UUID in lower case.")
        for row in rows
        if row not in known
    }
    mutations: list[Mutation] = []
    for row in known:
        rid = row.new_document_state["id"]
        try:
            mutation = mutation_of(actor, table, row, before.get(rid), last.get(rid, []))
        except msgspec.ValidationError as error:
            refused[rid] = _malformed(row, f"{error}.")
        else:
            mutations += [mutation] if mutation else []
    results = _push(db, actor, mutations, client_time, clock)
    after, _ = _look(db, actor, table, ids) if mutations else (before, {})
    return _answer(table, rows, results, refused, before, after)


def insist(outcome: RxOutcome) -> list[Document]:
    """Return the conflicts for a client that knows nothing else.

    Raises Conflict or Unavailable, so that it sends everything again, while a document waits.
    """
    waiting = [one for one in outcome.results if Status(one.status) in _AGAIN]
    if any(one.status == Status.ERROR for one in waiting):
        raise Unavailable("The server failed at a document: try again.", headers=_SHORTLY)
    if waiting:
        raise Conflict(
            "Documents wait for what they belong to: send that, then these again.",
            code="parent_unknown",
            errors=[FieldError(one.id, one.detail or "") for one in waiting],
            headers=_SHORTLY,
        )
    return outcome.conflicts


_SHORTLY = {"Retry-After": "2"}


def _look(
    db: Database, actor: Actor, table: Table, ids: Sequence[str]
) -> tuple[Masters, dict[str, list[str]]]:
    """Return the records as the person may see them, and the device's last mutations of them."""
    question = changelog.ask_standpoint(actor, None)
    with db.for_org(actor.org_id, snapshot=True, first=question) as connection:
        buckets = changelog.read_standpoint(connection).buckets
        visible = repository.find_visible(connection, actor, table.name, ids, buckets)
        masters = read_documents(connection, actor, table, visible)
        return masters, repository.last_mutations(connection, actor, table.name, ids)


def _push(
    db: Database,
    actor: Actor,
    mutations: list[Mutation],
    client_time: datetime | None,
    clock: Clock,
) -> dict[str, MutationResult]:
    """Return the result of each record's mutation."""
    if not mutations:
        return {}
    request = PushRequest(
        device_id=str(actor.device_id),
        batch_id=str(new_id()),
        client_time=client_time or clock.now(),
        mutations=mutations,
        protocol=PROTOCOL_VERSION,
    )
    results = push.push(db, actor, request, clock).results
    return {one.rid: result for one, result in zip(mutations, results, strict=True)}


def _answer(
    table: Table,
    rows: Sequence[RxRow],
    results: dict[str, MutationResult],
    refused: dict[str, RxResult],
    before: Masters,
    after: Masters,
) -> RxOutcome:
    conflicts: list[Document] = []
    told: list[RxResult] = []
    for row in rows:
        rid = str(row.new_document_state.get("id"))
        result = results.get(rid)
        status = result and (result.was or result.status)
        if rid in refused:
            told.append(refused[rid])
        elif result is not None and status not in {None, Status.APPLIED}:
            told.append(RxResult(rid, str(status), result.code, result.detail, result.issue))
        if status in _AGAIN:
            continue
        is_settled = rid not in refused and status in {None, Status.APPLIED}
        has_moved = result is not None and _version(before, rid) != _version(after, rid)
        # What was applied comes down by pull as well, so the client needs no word of it now; and
        # whoever types on meanwhile is not interrupted.
        if not is_settled or not (has_moved or _is_same(table, row, after.get(rid))):
            conflicts.append(after.get(rid) or {"id": rid, "_deleted": True})
    return RxOutcome(conflicts, told)


def _version(masters: Masters, rid: str) -> int | None:
    return masters[rid]["rv"] if rid in masters else None


def _is_same(table: Table, row: RxRow, master: Document | None) -> bool:
    if master is None or is_deleted(row.new_document_state):
        return master is None and is_deleted(row.new_document_state)
    return are_equal(table, row.new_document_state, master)


def _malformed(row: RxRow, detail: str) -> RxResult:
    return RxResult(str(row.new_document_state.get("id")), Status.REJECTED, "malformed", detail)
