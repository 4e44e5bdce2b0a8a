"""What a batch writes, gathered: a table's rows go in one statement, and its triggers run once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.writing import AccountWrites
from backend.identity.actor import Actor
from backend.sync import issues
from backend.sync.protocol.messages import Mutation, Value
from backend.visits.writing import VisitWrites


class Writes:
    """Changes that are decided and not yet written.

    Whoever reads or writes a table by other ways flushes first.
    """

    def __init__(self, connection: sa.Connection, actor: Actor) -> None:
        self._connection = connection
        self._actor = actor
        self._issues: list[Mapping[str, object]] = []
        self.accounts = AccountWrites(connection, actor.org_id)
        self.visits = VisitWrites(connection, actor.org_id, self.accounts)

    def insert_issue(
        self,
        mutation: Mutation,
        *,
        code: str,
        mine: Mapping[str, Value],
        theirs: Mapping[str, Any],
    ) -> UUID:
        """Keep the values that lost, so that a person can choose them again."""
        issue = issues.new_issue(self._actor, mutation, code=code, mine=mine, theirs=theirs)
        self._issues.append(issue)
        return UUID(str(issue["id"]))

    def flush(self) -> None:
        """Write what is waiting."""
        self.visits.flush()
        waiting, self._issues = self._issues, []
        issues.insert_issues(self._connection, self._actor.org_id, waiting)

    def clear(self) -> None:
        """Forget what is waiting."""
        self.visits.clear()
        self._issues = []
