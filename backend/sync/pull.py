"""Pull: from the snapshot that a device has seen to one that is whole and newer.

Each page is read in one snapshot transaction. Pages lead to a target snapshot; after the last one
the way goes on to the page's own snapshot, until a whole delta fits into one page: so what the
device commits in the end is one state that the server really had.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.sync import changelog
from backend.sync.changelog import Key, Standpoint
from backend.sync.cursor import (
    FIRST_ID,
    CursorExpired,
    CursorInvalid,
    CursorSigner,
    Holder,
    Position,
    ScopeChanged,
    Sealed,
    admit,
    projection_of,
)
from backend.sync.protocol.messages import Check, MutationResult, PullRequest
from backend.sync.protocol.tables import TABLES


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """A `PullResponse` with its rows as one JSON array, just as the database built them."""

    state: str
    server_time: datetime
    cols: dict[str, list[str]]
    rows: msgspec.Raw
    drop: list[Key]
    acks: list[MutationResult]
    token: str | None = None
    cursor: str | None = None
    next: Key | None = None
    check: dict[str, Check] | None = None


def pull(
    db: Database, actor: Actor, request: PullRequest, *, signer: CursorSigner, clock: Clock
) -> Page:
    """Return the next page; raise CursorInvalid, CursorExpired, EpochChanged or ScopeChanged."""
    tables = _known(request.tables)
    text = request.token or request.cursor
    sealed = None if text is None else signer.unseal(text)
    first = changelog.ask_standpoint(actor, None if sealed is None else sealed.position)
    with db.for_org(actor.org_id, snapshot=True, first=first) as connection:
        here = changelog.read_standpoint(connection)
        position = _start(sealed, request, tables, holder_of(actor, here), here)
        way = Way(connection, actor, here, request.limit)
        return way.follow(position, signer, clock, is_checked=request.check)


def holder_of(actor: Actor, here: Standpoint) -> Holder:
    """Return whom a cursor made here is for."""
    return Holder(
        user_id=actor.user_id,
        device_id=actor.device_id,
        epoch=here.epoch,
        projection=projection_of(actor.role),
    )


def check_way(position: Position, here: Standpoint) -> None:
    """Raise ScopeChanged or CursorExpired where a token's way cannot be gone on."""
    if position.target_buckets != here.buckets:
        raise ScopeChanged("What you may see changed meanwhile: pull again from your cursor.")
    if here.is_expired:
        raise CursorExpired("The pull took too long: begin again from your cursor.")


_DROPS_A_ROW = 8
"""A drop is only a name: so many of them stand on a page in the place of one row."""


class Way:
    """A page being filled on the way to its snapshot, over one or more deltas."""

    def __init__(
        self, connection: sa.Connection, actor: Actor, here: Standpoint, limit: int
    ) -> None:
        self.connection = connection
        self.actor = actor
        self.here = here
        self._room = limit * _DROPS_A_ROW
        self._visible: dict[Key, bool] = {}

    def take(self, found: Mapping[Key, bool]) -> None:
        """Put records on the page, to be sent where True and dropped where False.

        All is read in one snapshot: what a later delta says of a record holds for the page.
        """
        self._room -= sum(map(_size, found.values()))
        self._visible |= found

    def follow(
        self, position: Position, signer: CursorSigner, clock: Clock, *, is_checked: bool = False
    ) -> Page:
        """Go on from a position as far as the page has room, and return the page."""
        holder = holder_of(self.actor, self.here)
        while (last := self._fill(position)) is None:
            if position.target == self.here.snapshot:
                break
            # The pages so far led to an older snapshot: go on to this one, in this very page.
            position = onwards(position, self.here)
        if last is not None:
            return self.page(clock, token=signer.seal(holder, last))
        kept = Position(
            seen=self.here.snapshot,
            buckets=self.here.buckets,
            acked=self.here.snapshot,
            tables=position.tables,
        )
        check = None
        if is_checked:
            check = changelog.read_checks(
                self.connection, self.actor.org_id, self.here.buckets, position.tables
            )
        return self.page(clock, cursor=signer.seal(holder, kept), check=check)

    def page(
        self,
        clock: Clock,
        *,
        token: str | None = None,
        cursor: str | None = None,
        next_key: Key | None = None,
        check: dict[str, Check] | None = None,
    ) -> Page:
        """Read the rows and return the page as a message; the last one brings the results."""
        wanted = changelog.by_table(key for key, is_seen in self._visible.items() if is_seen)
        rows = changelog.read_rows(self.connection, self.actor.org_id, wanted)
        return Page(
            state="more" if token else "done",
            server_time=clock.now(),
            cols={name: _COLUMNS[name] for name in wanted},
            rows=msgspec.Raw(f"[{rows}]".encode()),
            drop=[key for key, is_seen in self._visible.items() if not is_seen],
            acks=[] if token else self.here.acks,
            token=token,
            cursor=cursor,
            next=next_key,
            check=check,
        )

    def _fill(self, position: Position) -> Position | None:
        """Take what fits of the way to the target; return where it stopped, None at the end."""
        asked = self._room // _DROPS_A_ROW
        while asked > 0:
            found = changelog.read_page(self.connection, self.actor.org_id, position, asked + 1)
            fitting = self._fitting(found[:asked])
            self.take(fitting)
            if len(fitting) == len(found):
                return None
            table, row_id = next(reversed(fitting))
            position = msgspec.structs.replace(position, table=table, row_id=row_id)
            # A territory that went leaves many drops: the next ones are likely drops as well.
            rows = sum(fitting.values())
            asked = self._room if rows < len(fitting) // 2 else 0
        return position

    def _fitting(self, found: Sequence[tuple[str, str, bool]]) -> dict[Key, bool]:
        """Return the records that the page has room for: the first ones, at least one."""
        fitting: dict[Key, bool] = {}
        room = self._room
        for table, row_id, is_seen in found:
            room -= _size(is_seen)
            if room < 0 and fitting:
                break
            fitting[table, row_id] = is_seen
        return fitting


def _size(is_row: bool) -> int:  # noqa: FBT001  # the values of a mapping
    """Return how many drops could stand in the place of a row or a drop."""
    return _DROPS_A_ROW if is_row else 1


def onwards(position: Position, here: Standpoint) -> Position:
    """Return the way from a position's target, which the device then has seen whole, to now."""
    return Position(
        seen=position.target,
        buckets=position.target_buckets,
        target=here.snapshot,
        target_buckets=here.buckets,
        acked=position.acked,
        tables=position.tables,
        table=position.first_table,
    )


_COLUMNS = {name: list(table.columns) for name, table in TABLES.items()}


def _known(tables: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in tables if name not in TABLES]
    if unknown:
        words = f"There is no table '{unknown[0]}': name some of {', '.join(TABLES)}."
        raise malformed_field("tables", words, code="unknown_table")
    return tuple(sorted(set(tables)))


def _start(
    sealed: Sealed | None,
    request: PullRequest,
    tables: tuple[str, ...],
    holder: Holder,
    here: Standpoint,
) -> Position:
    if sealed is None:
        position = Position(seen=None, buckets=(), tables=tables)
    else:
        position = admit(sealed, holder)
        if position.tables != tables:
            raise CursorInvalid("The cursor was made for other tables: pull those anew.")
    if request.token is not None:
        if position.target is None or position.is_comparison:
            raise CursorInvalid("This is no page token of a pull: send a cursor as 'cursor'.")
        check_way(position, here)
        return position
    if position.target is not None:
        raise CursorInvalid("This is a page token, not a cursor: send it as 'token'.")
    if here.is_expired:
        raise CursorExpired("You were away too long: compare what you hold by the manifest.")
    return msgspec.structs.replace(
        position,
        target=here.snapshot,
        target_buckets=here.buckets,
        table=position.first_table,
        row_id=FIRST_ID,
    )
