"""Changes of accounts that are written together, in one statement."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from backend.accounts import repository
from backend.ids import OrgId


class AccountWrites:
    """Changes of accounts that the caller holds; nothing is written before `flush`."""

    def __init__(self, connection: sa.Connection, org_id: OrgId) -> None:
        self._connection = connection
        self._org_id = org_id
        self._changes: dict[UUID, Mapping[str, object]] = {}
        self._versions: dict[UUID, int] = {}
        self._visited: dict[UUID, datetime] = {}
        self._country: str | None = None

    @property
    def country(self) -> str:
        """The organisation's country, ISO alpha-2; asked once."""
        if self._country is None:
            self._country = repository.country_of(self._connection, self._org_id)
        return self._country

    def change(self, account_id: UUID, rv: int, changes: Mapping[str, object]) -> int:
        """Change plain columns of an account of this version; return the version it will have."""
        if account_id in self._changes:
            self.flush()
        self._changes[account_id] = changes
        self._versions[account_id] = rv + 1
        return rv + 1

    def note_visit(self, account_id: UUID, at: datetime) -> None:
        """Note that the account was visited, unless a later visit is known."""
        self._visited[account_id] = max(at, self._visited.get(account_id, at))

    def is_waiting(self, account_id: UUID) -> bool:
        """Return whether something of the account is not written yet."""
        return account_id in self._changes or account_id in self._visited

    def flush(self) -> None:
        """Write what is waiting; raise RuntimeError when an account was not held."""
        rows = [
            {**self._changes.get(one, {}), "id": one, "visited_at": self._visited.get(one)}
            for one in {**self._changes, **self._visited}
        ]
        expected = self._versions
        self.clear()
        if rows:
            found = repository.update_accounts(self._connection, self._org_id, rows)
            if any(found.get(one) != rv for one, rv in expected.items()):
                raise RuntimeError("An account changed that was held.")

    def clear(self) -> None:
        """Forget what is waiting."""
        self._changes, self._versions, self._visited = {}, {}, {}
