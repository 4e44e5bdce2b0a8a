"""Visits and what was seen on them, written together: each table in one statement."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.writing import AccountWrites
from backend.ids import OrgId
from backend.visits import repository


class VisitWrites:
    """What is to be written of visits; nothing is before `flush`, and till then it can change."""

    def __init__(
        self, connection: sa.Connection, org_id: OrgId, accounts: AccountWrites | None = None
    ) -> None:
        self._connection = connection
        self._org_id = org_id
        self._new: dict[UUID, dict[str, Any]] = {}
        self._held: dict[UUID, dict[str, Any]] = {}
        self._changed: set[UUID] = set()
        self._check_ins: list[Mapping[str, object]] = []
        self._notes: list[Mapping[str, object]] = []
        self.accounts = accounts or AccountWrites(connection, org_id)

    def insert_visit(self, visit: Mapping[str, Any]) -> None:
        """Plan a visit; `visit` names columns of the table."""
        if visit["id"] in self._new:
            self.flush()  # the database refuses the second of one id
        if visit["asked_kind"] is None and self.accounts.is_waiting(visit["account_id"]):
            self.flush()  # what the kind of this one follows from
        status = {"outcome": None, "checked_in_at": None, "done_at": None, "rv": 1}
        self._new[visit["id"]] = {"status": "planned", **status, **visit}

    def find_visit(self, visit_id: UUID) -> Mapping[str, Any] | None:
        """Return a visit as it will be, held against other writers, its account first; or None."""
        found = self._new.get(visit_id) or self._held.get(visit_id)
        if found is None:
            found = repository.lock_visit(self._connection, self._org_id, visit_id)
            if found is not None:
                self._held[visit_id] = found
        return found

    def change_visit(self, visit_id: UUID, changes: Mapping[str, Any]) -> int:
        """Change a visit that was found or inserted; return the version it will have."""
        if visit_id in self._new:
            self._new[visit_id] |= changes
            return 1
        visit = self._held[visit_id]
        if visit_id not in self._changed:
            self._changed.add(visit_id)
            visit["rv"] += 1
        visit |= changes
        return int(visit["rv"])

    def insert_check_in(self, values: Mapping[str, object]) -> None:
        """Keep a check-in; `values` names columns, `lon` and `lat` for its location."""
        self._check_ins.append(values)

    def insert_note(self, values: Mapping[str, object]) -> None:
        """Keep a note; `values` names columns of the table."""
        self._notes.append(values)

    def flush(self) -> None:
        """Write what is waiting, the accounts' last visits as well."""
        connection, org_id = self._connection, self._org_id
        new, changed = list(self._new.values()), [self._held[one] for one in self._changed]
        check_ins, notes = self._check_ins, self._notes
        self._forget()
        # What a visit is for depends on those before it: it is no visit before itself.
        repository.insert_visits(connection, org_id, new)
        self.accounts.flush()
        repository.update_visits(connection, org_id, changed)
        repository.insert_check_ins(connection, org_id, check_ins)
        repository.insert_notes(connection, org_id, notes)

    def clear(self) -> None:
        """Forget what is waiting."""
        self._forget()
        self.accounts.clear()

    def _forget(self) -> None:
        self._new, self._held, self._changed = {}, {}, set()
        self._check_ins, self._notes = [], []


@contextmanager
def written(
    connection: sa.Connection, org_id: OrgId, writes: VisitWrites | None
) -> Iterator[VisitWrites]:
    """Yield where to write: to the caller's, or to one that is flushed at the end of the block."""
    if writes is not None:
        yield writes
        return
    own = VisitWrites(connection, org_id)
    yield own
    own.flush()
