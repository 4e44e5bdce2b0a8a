"""Manifest: a device tells what it holds, and gets what differs from what it should hold.

The comparison goes page by page through all keys, in the order of table and id, towards one
target snapshot; then the way goes on from there to now, as in every pull.
"""

import sqlalchemy as sa
from msgspec.structs import replace

from backend.api.problems import malformed_field
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.sync import changelog
from backend.sync.changelog import Key, Standpoint
from backend.sync.cursor import (
    FIRST_ID,
    CursorInvalid,
    CursorSigner,
    Position,
    Sealed,
    admit,
)
from backend.sync.protocol.messages import ManifestRequest
from backend.sync.pull import Page, Way, check_way, holder_of, onwards


def compare(
    db: Database, actor: Actor, request: ManifestRequest, *, signer: CursorSigner, clock: Clock
) -> Page:
    """Return the next page of what differs; an expired cursor will do.

    Raise Malformed, CursorInvalid, EpochChanged, ScopeChanged, or CursorExpired for a token.
    """
    sealed = signer.unseal(request.cursor if request.token is None else request.token)
    first = changelog.ask_standpoint(actor, sealed.position)
    with db.for_org(actor.org_id, snapshot=True, first=first) as connection:
        here = changelog.read_standpoint(connection)
        position = _start(sealed, request, actor, here)
        held = _held(request, (position.table, position.row_id))
        differing, end = _compare(connection, actor, position, request, held)
        way = Way(connection, actor, here, request.limit)
        way.take(differing)
        if end is None:
            return way.follow(onwards(position, here), signer, clock)
        stopped = replace(position, table=end[0], row_id=end[1])
        token = signer.seal(holder_of(actor, here), stopped)
        return way.page(clock, token=token, next_key=end)


def _start(sealed: Sealed, request: ManifestRequest, actor: Actor, here: Standpoint) -> Position:
    """Return where the comparison goes on, towards the snapshot at which it began."""
    position = admit(sealed, holder_of(actor, here))
    if request.token is not None:
        if not position.is_comparison:
            raise CursorInvalid("This token is not a manifest's: go on with it by pull.")
        check_way(position, here)
        return position
    if position.target is not None:
        raise CursorInvalid("This is a page token, not a cursor: send it as 'token'.")
    return replace(
        position,
        # Nothing that the device saw counts but what it names.
        seen=None,
        buckets=(),
        target=here.snapshot,
        target_buckets=here.buckets,
        table="",
        row_id=FIRST_ID,
        is_comparison=True,
    )


def _held(request: ManifestRequest, after: Key) -> dict[Key, int]:
    """Return the versions that the device has; raise Malformed where they are out of order."""
    held: dict[Key, int] = {}
    last = after
    for table, row_id, rv in request.have:
        if (table, row_id) <= last:
            raise malformed_field("have", "List records by table and id, after 'next'.")
        last = (table, row_id)
        held[last] = rv
    if request.upto is not None and (request.upto < last or request.upto <= after):
        raise malformed_field("upto", "Name the last record of 'have', or a later one.")
    return held


def _compare(
    connection: sa.Connection,
    actor: Actor,
    position: Position,
    request: ManifestRequest,
    held: dict[Key, int],
) -> tuple[dict[Key, bool], Key | None]:
    """Return what to send (True) and to drop (False), and up to where; None when all is done."""
    # So many hold more than a page of differences, even where the device has the rest right.
    enough = len(held) + request.limit + 1
    found = [key[:2] for key in changelog.read_page(connection, actor.org_id, position, enough)]
    end = request.upto
    if len(found) == enough:
        end = found[-1] if end is None else min(end, found[-1])
    expected = {key for key in found if end is None or key <= end}
    known = {} if position.is_anew else _versions(connection, actor, expected & held.keys())
    differing = {key: True for key in expected if key not in known or held[key] != known[key]}
    differing |= {key: False for key in held if key not in expected and (not end or key <= end)}
    keys = sorted(differing)
    if len(keys) > request.limit:
        keys = keys[: request.limit]
        end = keys[-1]
    return {key: differing[key] for key in keys}, end


def _versions(connection: sa.Connection, actor: Actor, keys: set[Key]) -> dict[Key, int]:
    return changelog.read_versions(connection, actor.org_id, changelog.by_table(keys))
