"""From what a document has become to the mutation that says so."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from backend.identity.actor import Actor
from backend.sync.protocol.messages import Id, Mutation, Op
from backend.sync.protocol.tables import Field, FieldType, Policy, Table
from backend.sync.rx.messages import Document, RxRow

_NAMESPACE = UUID("5b0c8f6e-6f0e-5d3a-9c1e-0f6b7a2d4c11")
_OWN = frozenset({"id", "rv", "_deleted", "_rev", "_meta", "_attachments"})
"""What a document holds besides its table's fields; RxDB's own marks may come along."""
_FIXED = frozenset({Policy.READ_ONLY, Policy.ON_CREATE})
_TOP_BIT = 1 << 62
_ENCODER = msgspec.json.Encoder(order="sorted")


def is_id(value: object) -> bool:
    """Tell whether a document's id can be a record's."""
    try:
        msgspec.convert(value, Id)
    except msgspec.ValidationError:
        return False
    return True


def values_of(document: Document) -> dict[str, Any]:
    """Return the table's fields of a document; what is null is as good as missing."""
    return {name: one for name, one in document.items() if name not in _OWN and one is not None}


def is_deleted(document: Document | None) -> bool:
    """Tell whether a document is none, or none any more."""
    return document is None or bool(document.get("_deleted"))


def are_equal(table: Table, one: Document, other: Document) -> bool:
    """Tell whether two states say the same, whatever their versions."""
    left, right = values_of(one), values_of(other)
    return all(
        _plain(table.field(name), left.get(name)) == _plain(table.field(name), right.get(name))
        for name in {**left, **right}
    )


def mutation_of(
    actor: Actor, table: Table, row: RxRow, master: Document | None, last: Sequence[str]
) -> Mutation | None:
    """Return what the client did, or None when nothing has to be done.

    `master` is the record as its person may see it now, `last` the ids of the device's last
    mutations of it. A repeat gives the same mutation with the same id: the id names what was said
    and the mutation before it. Raises msgspec.ValidationError for values of no known type.
    """
    repeated = _repeated(actor, table, row, last)
    if repeated is not None:
        return repeated
    said = _say(table, row, master)
    if said is None:
        return None
    return _made(actor, table, row, said, last[0] if last else "")


def _repeated(actor: Actor, table: Table, row: RxRow, last: Sequence[str]) -> Mutation | None:
    """Return the device's last mutation where this says it again, for its answer was lost."""
    said = _heard(table, row)
    if said is None or not last:
        return None
    mutation = _made(actor, table, row, said, last[1] if len(last) > 1 else "")
    return mutation if mutation.id == last[0] else None


def _made(actor: Actor, table: Table, row: RxRow, said: dict[str, Any], after: str) -> Mutation:
    """Make the mutation, named by what it says and by the one that came before it."""
    body = {"table": table.name, "rid": row.new_document_state["id"], **said}
    mark = [str(actor.device_id), after, row.assumed_master_state, row.new_document_state, body]
    mutation_id = uuid5(_NAMESPACE, hashlib.sha256(_ENCODER.encode(mark)).hexdigest())
    # RxDB does not count. One id gives always the same number, and no two ids the same one.
    seq = _TOP_BIT | mutation_id.int % _TOP_BIT
    return msgspec.convert({"id": str(mutation_id), "seq": seq, **body}, Mutation)


def _heard(table: Table, row: RxRow) -> dict[str, Any] | None:
    """Return what a create or a change says by itself, whatever the server has."""
    new, assumed = row.new_document_state, row.assumed_master_state
    if is_deleted(new):
        return None
    if assumed is not None and not is_deleted(assumed):
        return _patch(table, assumed, new)
    return {"op": Op.CREATE, "set": values_of(new)}


def _say(table: Table, row: RxRow, master: Document | None) -> dict[str, Any] | None:
    new, assumed = row.new_document_state, row.assumed_master_state
    if is_deleted(new):
        return None if master is None else _delete(table, assumed, master)
    if master is None or (assumed is not None and not is_deleted(assumed)):
        return _heard(table, row)
    # Made here before, and the answer was lost: what was written since is a change of it, made
    # without having seen the server's values.
    said = _patch(table, master, {**master, **_changeable(table, new)})
    return said and {**said, "base": {}}


def _delete(table: Table, assumed: Document | None, master: Document) -> dict[str, Any]:
    """Delete what the person saw: its version then, or now where nothing else has changed."""
    seen = assumed or {}
    version = master["rv"] if are_equal(table, seen, master) else seen.get("rv", 0)
    return {"op": Op.DELETE, "base_rv": version}


def _patch(table: Table, before: Document, after: Document) -> dict[str, Any] | None:
    old, new = values_of(before), values_of(after)
    parts: dict[str, dict[str, Any]] = {}
    for name in sorted({**old, **new}):
        was, is_now = old.get(name), new.get(name)
        if was != is_now:
            _note(parts, name, table.field(name), was, is_now)
    return {"op": Op.PATCH, **parts} if parts else None


def _note(
    parts: dict[str, dict[str, Any]], name: str, field: Field | None, was: object, is_now: object
) -> None:
    policy = field.policy if field else None
    if policy is Policy.ADD_REMOVE:
        old, new = _as_set(was), _as_set(is_now)
        if new - old:
            parts.setdefault("add", {})[name] = sorted(new - old)
        if old - new:
            parts.setdefault("remove", {})[name] = sorted(old - new)
    elif policy is Policy.INCREMENT:
        parts.setdefault("inc", {})[name] = _as_number(is_now) - _as_number(was)
    else:
        parts.setdefault("set", {})[name] = is_now
        parts.setdefault("base", {})[name] = was


def _changeable(table: Table, document: Document) -> dict[str, Any]:
    found = {name: table.field(name) for name in values_of(document)}
    return {
        name: document[name]
        for name, field in found.items()
        if field and field.policy not in _FIXED
    }


def _plain(field: Field | None, value: object) -> object:
    if field and field.type is FieldType.MOMENT and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    if field and field.type is FieldType.SET:
        return _as_set(value)
    return value


def _as_set(value: object) -> set[str]:
    return {str(one) for one in value} if isinstance(value, list) else set()


def _as_number(value: object) -> int | float:
    return value if isinstance(value, int | float) else 0
