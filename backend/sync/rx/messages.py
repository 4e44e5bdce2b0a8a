"""The bodies of RxDB's replication; the names of their fields are RxDB's."""

from typing import Annotated, Any

import msgspec

from backend.sync.protocol.messages import MAX_PULL_ROWS, Moment

type Document = dict[str, Any]
"""A record as RxDB keeps it: `id`, `rv`, the table's fields, and `_deleted`."""

BatchSize = Annotated[int, msgspec.Meta(ge=1, le=MAX_PULL_ROWS)]


class Checkpoint(msgspec.Struct, frozen=True):
    """Where a collection is. RxDB keeps it, and lays a newer one over it key by key."""

    place: str
    """A cursor or a page token, sealed."""
    at: Moment
    """When it was made."""


class RxPullRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Ask for what changed since a checkpoint; none asks for everything."""

    checkpoint: Checkpoint | None = None
    batch_size: BatchSize = 1000


class RxPage(msgspec.Struct, frozen=True):
    """Documents to keep; fewer than were asked for mean that there are no more now."""

    documents: list[Document]
    checkpoint: Checkpoint


class RxRow(msgspec.Struct, frozen=True, rename="camel"):
    """What a document has become, and what the client takes for the server's state of it."""

    new_document_state: Document
    assumed_master_state: Document | None = None


class RxResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one document that was not simply applied; `detail` is for people."""

    id: str
    status: str
    code: str | None = None
    detail: str | None = None
    issue: str | None = None


class RxOutcome(msgspec.Struct, frozen=True):
    """The answer to a push: the server's state where it is another one, and why."""

    conflicts: list[Document]
    results: list[RxResult]


class RxSchemas(msgspec.Struct, frozen=True):
    """RxDB's JSON schema of each table, parents before children."""

    version: int
    tables: dict[str, dict[str, Any]]
