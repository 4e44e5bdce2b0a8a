"""What a mutation hangs on: a record or parent that may be not here yet, or never come."""

from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from backend.ids import OrgId
from backend.sync import ledger
from backend.sync.holds import Key, is_id
from backend.sync.ledger import rejected
from backend.sync.protocol.messages import Mutation, MutationResult, Op, Status
from backend.sync.protocol.tables import TABLES

_NEVER = frozenset({Status.REJECTED, Status.QUARANTINED})
_LATER = frozenset({Status.DEFERRED, Status.ERROR})
_VOIDS = "voids"


class Parents:
    """The records that the mutations of a batch hang on, and what became of those it creates."""

    def __init__(self, connection: sa.Connection, org_id: OrgId) -> None:
        self._connection = connection
        self._org_id = org_id
        self._there: set[Key] = set()
        self._tentative: set[Key] = set()
        self._fates: dict[str, Status] = {}

    def look_up(self, mutations: Iterable[Mutation]) -> None:
        """Look in one go which of the records are there that mutations hang on."""
        wanted: dict[str, list[str]] = {}
        for one in mutations:
            for _, table, rid in _needed(one):
                wanted.setdefault(table, []).append(rid)
        self._there |= ledger.find_existing(self._connection, self._org_id, wanted)

    def add(self, mutation: Mutation) -> None:
        """Note that a record was created, for the rest of its unit."""
        self._tentative.add((mutation.table, mutation.rid))

    def settle(self, unit: Iterable[Mutation], results: Mapping[str, MutationResult]) -> None:
        """Note what became of the records that a unit tried to create."""
        self._tentative.clear()
        for one in unit:
            if one.op is Op.CREATE:
                status = results[one.id].status
                self._fates[one.rid] = status
                if status is Status.APPLIED:
                    self._there.add((one.table, one.rid))

    def wait(self, mutation: Mutation) -> MutationResult | None:
        """Return `deferred` or `parent_rejected` when what the mutation hangs on is not there.

        A change of a record that nobody ever tried to create goes on, to be answered by who looks
        for it.
        """
        for name, table, rid in _needed(mutation):
            if (table, rid) in self._there or (table, rid) in self._tentative:
                continue
            if ledger.find_existing(self._connection, self._org_id, {table: [rid]}):
                continue
            known = self._fates.get(rid)
            fate = known or ledger.find_creation(self._connection, self._org_id, rid)
            if fate in _NEVER:
                return rejected(mutation, "parent_rejected", "What it belongs to was not taken.")
            if fate in _LATER or (mutation.op is Op.CREATE and name != _VOIDS):
                detail = "What it belongs to is not known yet: send that first."
                return MutationResult(
                    id=mutation.id, status=Status.DEFERRED, code="parent_unknown", detail=detail
                )
        return None


def _needed(mutation: Mutation) -> Iterator[tuple[str, str, str]]:
    """Yield field, table and id of what has to be there."""
    kind = TABLES.get(mutation.table)
    if kind is None:
        return
    if mutation.op is not Op.CREATE:
        yield "", mutation.table, mutation.rid
    elif kind.parent:
        fields = {"account_id": "account", "visit_id": "visit", _VOIDS: mutation.table}
        for name, table in fields.items():
            rid = mutation.set.get(name)
            if kind.field(name) is not None and isinstance(rid, str) and is_id(rid):
                yield name, table, rid
