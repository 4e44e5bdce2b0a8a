"""The messages of push and pull, and the words of their states."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

Value = bool | int | float | str | list[bool | int | float | str | None] | dict[str, object] | None
"""A field's value on the wire."""

Id = Annotated[
    str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", max_length=36)
]
"""A UUID in lower-case text."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware time."""

MAX_MUTATIONS = 100
MAX_PUSH_BYTES = 1024 * 1024
MAX_PULL_ROWS = 5000


class Op(StrEnum):
    """What a mutation does to its record."""

    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"


class Status(StrEnum):
    """What became of a mutation."""

    APPLIED = "applied"
    MERGED = "merged"
    """Applied in part: the fields in `kept_server` kept the server's value."""
    CONFLICT = "conflict"
    """Nothing applied: the server's values stand, the issue keeps ours."""
    DUPLICATE = "duplicate"
    """Seen before: nothing was done again; `was` tells what became of it then."""
    REJECTED = "rejected"
    DEFERRED = "deferred"
    """Its parent is not known yet: send it again after the parent."""
    ERROR = "error"
    """The server failed; send it again later."""
    QUARANTINED = "quarantined"


FINAL = frozenset(
    {
        Status.APPLIED,
        Status.MERGED,
        Status.CONFLICT,
        Status.DUPLICATE,
        Status.REJECTED,
        Status.QUARANTINED,
    }
)
"""With these the mutation leaves the outbox."""


class Mutation(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One change of one record, made on a device."""

    id: Id
    seq: int
    op: Op
    table: str
    rid: Id
    base_rv: int | None = None
    base: dict[str, Value] = {}
    set: dict[str, Value] = {}
    add: dict[str, list[str]] = {}
    remove: dict[str, list[str]] = {}
    inc: dict[str, int | float] = {}
    """Differences to add to quantities."""
    group: str | None = None
    """Mutations of one group are applied all or not at all."""
    at: Moment | None = None
    """The device's clock when the person did it."""
    elapsed_ms: int | None = None
    """Monotonic milliseconds since the device's boot."""
    boot_id: str | None = None


class PushRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch of mutations, applied in order."""

    device_id: Id
    batch_id: Id
    client_time: Moment
    mutations: Annotated[list[Mutation], msgspec.Meta(max_length=MAX_MUTATIONS)]
    protocol: int = 1
    boot_id: str | None = None
    """The device's boot now, and the monotonic milliseconds since it, when the batch was sent."""
    elapsed_ms: int | None = None


class MutationResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one mutation; `detail` is a sentence for people."""

    id: str
    status: Status
    was: Status | None = None
    rv: int | None = None
    code: str | None = None
    detail: str | None = None
    kept_server: list[str] = []
    issue: str | None = None
    """The id of the issue that keeps the values which lost."""
    duplicate_of: str | None = None
    """Another account that may be the one just created."""


class PushResponse(msgspec.Struct, frozen=True):
    """One result a mutation, in the order they were sent."""

    server_time: Moment
    results: list[MutationResult]


class PullRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for what changed since `cursor`, or for the next page by `token`."""

    device_id: Id
    cursor: str | None = None
    token: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PULL_ROWS)] = 1000
    protocol: int = 1
    tables: list[str] = []
    """Only these tables; none named means all. A cursor is good for the tables it was made with."""
    check: bool = False
    """Whether the last page shall bring checksums of all that the device should hold."""


class Check(msgspec.Struct, frozen=True):
    """How many records of a table a device should hold, and the exclusive or of their hashes."""

    count: int
    digest: str
    """16 hexadecimal digits: see `backend.sync.protocol.checksum`."""


class ManifestRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Compare what a device holds with what it should: answers bring only what differs.

    `have` lists all that the device holds after the place named by the last answer's `next` (from
    the beginning at first) up to `upto`, ordered by table and id; `upto` is null with the last.
    """

    device_id: Id
    cursor: str
    """The device's last cursor, expired or not: it tells which life of the database it saw."""
    have: Annotated[list[tuple[str, Id, int]], msgspec.Meta(max_length=MAX_PULL_ROWS)]
    upto: tuple[str, Id] | None = None
    token: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PULL_ROWS)] = 1000
    protocol: int = 2


class PullResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page: rows to write, ids to drop, results of earlier mutations.

    `state` is `more` (go on with `token`) or `done` (keep `cursor`). A row is
    `[table, id, rv, [values in the order of cols[table]]]`, a drop `[table, id]`.
    """

    state: str
    server_time: Moment
    cols: dict[str, list[str]]
    rows: list[msgspec.Raw]
    drop: list[tuple[str, str]]
    acks: list[MutationResult]
    token: str | None = None
    cursor: str | None = None
    next: tuple[str, str] | None = None
    """In answer to a manifest: the table and id after which the comparison goes on; without it,
    the rest comes by pull with `token`."""
    check: dict[str, Check] | None = None
    """With the last page, where it was asked for: a check for each table."""


class SyncProblem(msgspec.Struct, frozen=True):
    """The problem+json body of a refused call, as far as a client needs it."""

    code: str
    title: str = ""
    detail: str = ""
    status: int = 0
