"""Pull for RxDB, which keeps every page at once instead of staging them to the end.

So a scope that changes between two pages must not send the client back: it has the pages before.
The way to the old target is finished with what is still the person's, and the next way sends all
that they hold now, and drops what they lost, over whatever the client has of either.
"""

from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.sync import changelog
from backend.sync.changelog import Standpoint
from backend.sync.cursor import (
    CursorExpired,
    CursorInvalid,
    CursorSigner,
    Holder,
    Position,
    Sealed,
    admit,
    projection_of,
)
from backend.sync.protocol.tables import Table
from backend.sync.rx.messages import Checkpoint, Document, RxPage, RxPullRequest

_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_ANEW = "anew"
"""In the place of a bucket that nobody holds: the next way sends everything again."""
_KEPT_FOR = timedelta(days=7)


def pull(
    db: Database,
    actor: Actor,
    table: Table,
    request: RxPullRequest,
    *,
    signer: CursorSigner,
    clock: Clock,
) -> RxPage:
    """Return the next documents of a table; raise CursorInvalid, CursorExpired or EpochChanged."""
    sealed = signer.unseal(request.checkpoint.place) if request.checkpoint else None
    position = sealed.position if sealed else Position(None, (), tables=(table.name,))
    if position.tables != (table.name,):
        raise CursorInvalid("The checkpoint is another collection's: start without one.")
    question = changelog.ask_standpoint(actor, position)
    with db.for_org(actor.org_id, snapshot=True, first=question) as connection:
        here = changelog.read_standpoint(connection)
        holder = Holder(
            user_id=actor.user_id,
            device_id=actor.device_id,
            epoch=here.epoch,
            projection=projection_of(actor.role),
        )
        if sealed is not None:
            position = _admit(sealed, holder)
        if here.is_expired:
            raise CursorExpired("The checkpoint is too old: start the collection anew.")
        way = _Way(connection, actor, table, here, request.batch_size)
        place = signer.seal(holder, way.go(position))
    now = clock.now()
    if request.checkpoint and not way.documents and now - request.checkpoint.at > _KEPT_FOR:
        # RxDB keeps a checkpoint with documents only, and an old one expires: so it gets one.
        way.documents.append({"id": _FIRST_ID, "_deleted": True})
    return RxPage(way.documents, Checkpoint(place, now))


def _admit(sealed: Sealed, holder: Holder) -> Position:
    """Return the position; on the way to a target other columns count like another scope."""
    position = sealed.position
    if position.target is None or sealed.holder.projection == holder.projection:
        return admit(sealed, holder)
    owner = msgspec.structs.replace(sealed.holder, projection=holder.projection)
    position = admit(Sealed(owner, position), holder)
    return msgspec.structs.replace(position, target_buckets=(*position.target_buckets, _ANEW))


class _Way:
    """The way from a position to the present, as far as a page goes."""

    def __init__(
        self, connection: sa.Connection, actor: Actor, table: Table, here: Standpoint, limit: int
    ) -> None:
        self.connection = connection
        self.actor = actor
        self.table = table
        self.here = here
        self.limit = limit
        self.documents: list[Document] = []

    def go(self, position: Position) -> Position:
        """Collect the documents of a page; return where the next one goes on."""
        if position.target is None:
            position = self._aim(position)
        while True:
            position = self._mark(position)
            last_id = self._fill(position)
            if last_id is not None:
                return msgspec.structs.replace(position, table=self.table.name, row_id=last_id)
            if self._is_there(position):
                return Position(position.target, position.target_buckets, tables=position.tables)
            position = self._aim(
                Position(
                    position.target,
                    tuple(one for one in position.target_buckets if one != _ANEW),
                    tables=position.tables,
                    is_anew=_ANEW in position.target_buckets,
                )
            )
            if len(self.documents) == self.limit:
                return position

    def _aim(self, position: Position) -> Position:
        return msgspec.structs.replace(
            position,
            target=self.here.snapshot,
            target_buckets=self.here.buckets,
            table="",
            row_id=_FIRST_ID,
        )

    def _is_there(self, position: Position) -> bool:
        wanted = (self.here.snapshot, self.here.buckets)
        return (position.target, position.target_buckets) == wanted

    def _mark(self, position: Position) -> Position:
        """Remember a scope that changed on the way."""
        if set(position.target_buckets) - {_ANEW} == set(self.here.buckets):
            return position
        buckets = (*(one for one in position.target_buckets if one != _ANEW), _ANEW)
        return msgspec.structs.replace(position, target_buckets=buckets)

    def _fill(self, position: Position) -> str | None:
        """Take what fits of the way to the target; return the last id when something is left."""
        held = set(self.here.buckets)
        still_held = tuple(one for one in position.target_buckets if one in held)
        room = self.limit - len(self.documents)
        found = changelog.read_page(
            self.connection,
            self.actor.org_id,
            msgspec.structs.replace(position, target_buckets=still_held),
            room + 1,
        )
        taken = found[:room]
        ids = [row_id for _, row_id, is_visible in taken if is_visible]
        documents = read_documents(self.connection, self.actor, self.table, ids)
        for _, row_id, _ in taken:
            gone: Document = {"id": row_id, "_deleted": True}
            self.documents.append(documents.get(row_id, gone))
        return taken[-1][1] if len(found) > room else None


_ROWS = msgspec.json.Decoder(list[tuple[str, str, int, list[Any]]])


def read_documents(
    connection: sa.Connection, actor: Actor, table: Table, ids: list[str]
) -> dict[str, Document]:
    """Return records of these ids as documents, whoever may see them."""
    if not ids:
        return {}
    rows = changelog.read_rows(connection, actor.org_id, {table.name: ids})
    return {
        row_id: {
            "id": row_id,
            "rv": rv,
            **dict(zip(table.columns, values, strict=True)),
            "_deleted": False,
        }
        for _, row_id, rv, values in _ROWS.decode(f"[{rows}]")
    }
