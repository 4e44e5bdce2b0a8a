"""Pages of a pull, written by hand."""

import uuid
from collections.abc import Iterable, Mapping

import msgspec

from backend.sync.protocol.messages import MutationResult, PullResponse
from backend.sync.protocol.tables import TABLES
from tests.support.fake_server import SERVER_TIME

type Row = tuple[str, str, int, Mapping[str, object]]


def uid(name: str) -> str:
    """Return an id that stays the same for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def page(
    rows: Iterable[Row] = (),
    *,
    drop: Iterable[tuple[str, str]] = (),
    acks: Iterable[MutationResult] = (),
    cursor: str | None = "c1",
    token: str | None = None,
) -> PullResponse:
    """Return a page with every column, the last one unless it has a token."""
    raw = [
        msgspec.Raw(
            msgspec.json.encode((name, rid, rv, [row.get(c) for c in TABLES[name].columns]))
        )
        for name, rid, rv, row in rows
    ]
    return PullResponse(
        state="more" if token else "done",
        server_time=SERVER_TIME,
        cols={name: list(table.columns) for name, table in TABLES.items()},
        rows=raw,
        drop=list(drop),
        acks=list(acks),
        token=token,
        cursor=None if token else cursor,
    )
