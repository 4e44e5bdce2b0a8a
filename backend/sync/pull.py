"""Pull: from the snapshot that a device has seen to one that is whole and newer.

Each page is read in one snapshot transaction. Pages lead to a target snapshot; after the last one
the way goes on to the page's own snapshot, until a whole delta fits into one page: so what the
device commits in the end is one state that the server really had.
"""

from itertools import groupby

import msgspec
import sqlalchemy as sa

from backend.clock import Clock
from backend.db.tenancy import Query
from backend.identity.actor import Actor
from backend.sync import changelog
from backend.sync.cursor import (
    CursorInvalid,
    CursorSigner,
    Holder,
    Position,
    ScopeChanged,
    projection_of,
)
from backend.sync.protocol.messages import MutationResult, PullRequest, PullResponse
from backend.sync.protocol.tables import TABLES


def opening(actor: Actor, request: PullRequest, signer: CursorSigner) -> Query:
    """Return the query that a pull's transaction opens with; raise CursorInvalid."""
    return changelog.ask_standpoint(actor, signer.acked_of(request.token or request.cursor))


def pull(
    connection: sa.Connection,
    actor: Actor,
    request: PullRequest,
    *,
    signer: CursorSigner,
    clock: Clock,
) -> PullResponse:
    """Return the next page; `connection` is a snapshot transaction begun with `opening`."""
    here = changelog.read_standpoint(connection)
    holder = Holder(
        user_id=actor.user_id,
        device_id=actor.device_id,
        epoch=here.epoch,
        projection=projection_of(actor.role),
    )
    position = _start(request, signer, holder, here.snapshot, here.buckets)
    page = _Page(connection, actor, request.limit)
    while True:
        is_complete = page.fill(position)
        if not is_complete:
            return _more(page, signer, holder, clock)
        if position.target == here.snapshot:
            kept = Position(
                seen=here.snapshot, buckets=position.target_buckets, acked=here.snapshot
            )
            cursor = signer.seal(holder, kept)
            return page.response(clock, token=None, cursor=cursor, acks=here.acks)
        # The pages so far led to an older snapshot: go on to this one, in this very page.
        position = msgspec.structs.replace(
            position,
            seen=position.target,
            buckets=position.target_buckets,
            target=here.snapshot,
            table="",
            row_id=_FIRST_ID,
            is_anew=False,
        )


_COLUMNS = {name: list(table.columns) for name, table in TABLES.items()}
_FIRST_ID = "00000000-0000-0000-0000-000000000000"


def _start(
    request: PullRequest,
    signer: CursorSigner,
    holder: Holder,
    snapshot: str,
    buckets: tuple[str, ...],
) -> Position:
    if request.token is not None:
        position = signer.open(request.token, holder)
        if position.target is None:
            raise CursorInvalid("This is a cursor, not a page token: send it as 'cursor'.")
        if position.target_buckets != buckets:
            raise ScopeChanged("What you may see changed meanwhile: pull again from your cursor.")
        return position
    position = Position(seen=None, buckets=())
    if request.cursor is not None:
        position = signer.open(request.cursor, holder)
        if position.target is not None:
            raise CursorInvalid("This is a page token, not a cursor: send it as 'token'.")
    return msgspec.structs.replace(
        position, target=snapshot, target_buckets=buckets, table="", row_id=_FIRST_ID
    )


class _Page:
    """A page being filled, over one or more deltas."""

    def __init__(self, connection: sa.Connection, actor: Actor, limit: int) -> None:
        self.connection = connection
        self.actor = actor
        self.room = limit
        self.rows: list[msgspec.Raw] = []
        self.drop: list[tuple[str, str]] = []
        self.columns: dict[str, list[str]] = {}
        self.last: Position | None = None

    def fill(self, position: Position) -> bool:
        """Take what fits of the way to the position's target; True when all of it did."""
        self.last = position
        if self.room <= 0:
            return False
        found = changelog.read_page(self.connection, self.actor.org_id, position, self.room + 1)
        taken = found[: self.room]
        self.room -= len(taken)
        for name, group in groupby(taken, key=lambda one: one.table):
            self._read(name, list(group))
        if len(found) > len(taken):
            self.last = msgspec.structs.replace(
                position, table=taken[-1].table, row_id=taken[-1].id
            )
            return False
        return True

    def _read(self, name: str, group: list[changelog.Candidate]) -> None:
        visible = [one.id for one in group if one.is_visible]
        if visible:
            table = TABLES[name]
            self.columns[name] = _COLUMNS[name]
            self.rows += changelog.read_rows(self.connection, self.actor.org_id, table, visible)
        self.drop += [(name, one.id) for one in group if not one.is_visible]

    def response(
        self, clock: Clock, *, token: str | None, cursor: str | None, acks: list[MutationResult]
    ) -> PullResponse:
        """Return the page as a message."""
        return PullResponse(
            state="more" if token else "done",
            server_time=clock.now(),
            cols=self.columns,
            rows=self.rows,
            drop=self.drop,
            acks=acks,
            token=token,
            cursor=cursor,
        )


def _more(page: _Page, signer: CursorSigner, holder: Holder, clock: Clock) -> PullResponse:
    if page.last is None:
        raise AssertionError("A page that is not complete knows where it stopped.")
    return page.response(clock, token=signer.seal(holder, page.last), cursor=None, acks=[])
