"""The doors that RxDB's HTTP replication knocks at, one set for each table."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, HeaderParameter, QueryParameter, RawBody
from litestar.response import Stream

from backend.api.opts import WRITES_LITTLE
from backend.api.problems import NotFound, TooLarge, malformed_field
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.sync.controllers import BadEnvelope
from backend.sync.cursor import CursorSigner
from backend.sync.protocol.messages import MAX_MUTATIONS, MAX_PULL_ROWS, MAX_PUSH_BYTES
from backend.sync.protocol.tables import TABLES, Table
from backend.sync.rx import pulling, pushing
from backend.sync.rx.messages import (
    Checkpoint,
    Document,
    RxOutcome,
    RxPage,
    RxPullRequest,
    RxRow,
    RxSchemas,
)
from backend.sync.rx.schema import SCHEMAS, VERSION
from backend.sync.stream_controllers import STREAMING, open_stream

_PULL = msgspec.json.Decoder(RxPullRequest)
_ROWS = msgspec.json.Decoder(list[RxRow])
_RESYNC = b'data: "RESYNC"\n\n'

CheckpointQuery = Annotated[
    str | None, QueryParameter(description="The last checkpoint as JSON; none asks for everything")
]
SizeQuery = Annotated[
    int, QueryParameter(name="batchSize", ge=1, le=MAX_PULL_ROWS, description="Documents a page")
]
ResultsQuery = Annotated[
    bool, QueryParameter(description="Answer with an object that tells why documents conflict")
]
ClientTime = Annotated[
    datetime | None, HeaderParameter(name="Tuyen-Client-Time", description="The device's clock now")
]


class RxController(Controller):
    """RxDB's replication of one table; the messages are `backend.sync.rx.messages`."""

    path = "/v1/rx"
    tags = ["rxdb"]
    guards = [ANYBODY]

    @get("/schema", operation_id="rx_schemas", sync_to_thread=False)
    def get_schemas(self) -> RxSchemas:
        """Read RxDB's JSON schema of each table, parents before children."""
        return RxSchemas(VERSION, SCHEMAS)

    @post(
        "/{table:str}/pull",
        operation_id="rx_pull",
        status_code=200,
        opt=WRITES_LITTLE,
        sync_to_thread=True,
    )
    def pull(self, table: FromPath[str], request: Call, body: RawBody) -> RxPage:
        """Return the next documents after a checkpoint."""
        try:
            wanted = _PULL.decode(body)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise BadEnvelope(f"The message cannot be read: {error}.") from error
        return _pull(request, table, wanted)

    @get("/{table:str}/pull", operation_id="rx_pull_by_query", sync_to_thread=True)
    def pull_by_query(
        self,
        table: FromPath[str],
        request: Call,
        checkpoint: CheckpointQuery = None,
        batch_size: SizeQuery = 1000,
    ) -> RxPage:
        """Return the next documents after a checkpoint that fits a URL."""
        try:
            kept = msgspec.json.decode(checkpoint, type=Checkpoint) if checkpoint else None
        except msgspec.MsgspecError as error:
            raise malformed_field("checkpoint", f"Send it as it came: {error}.") from error
        return _pull(request, table, RxPullRequest(kept, batch_size))

    @post(
        "/{table:str}/push",
        operation_id="rx_push",
        status_code=200,
        sync_to_thread=True,
    )
    def push(
        self,
        table: FromPath[str],
        request: Call,
        body: RawBody,
        results: ResultsQuery = False,  # noqa: FBT002  # a query parameter, never positional
        client_time: ClientTime = None,
    ) -> list[Document] | RxOutcome:
        """Take documents; return the server's state of those that have become something else."""
        outcome = pushing.apply_rows(
            request.db,
            request.actor,
            _table(table),
            _rows(body),
            client_time=client_time,
            clock=request.clock,
        )
        return outcome if results else pushing.insist(outcome)

    @get("/{table:str}/stream", operation_id="rx_stream", opt=STREAMING)
    async def stream(self, table: FromPath[str], request: Call) -> Stream:
        """Say RESYNC at once, and whenever something that the person holds may have changed."""
        _table(table)
        return open_stream(request, _RESYNC)


def _pull(request: Call, table: str, wanted: RxPullRequest) -> RxPage:
    return pulling.pull(
        request.db,
        request.actor,
        _table(table),
        wanted,
        signer=request.part(CursorSigner),
        clock=request.clock,
    )


def _table(name: str) -> Table:
    if name not in TABLES:
        raise NotFound(f"There is no table {name}: there are {', '.join(TABLES)}.")
    return TABLES[name]


def _rows(body: bytes) -> list[RxRow]:
    if len(body) > MAX_PUSH_BYTES:
        raise TooLarge("Send at most 1 MiB at once: halve the batch.", code="batch_too_large")
    try:
        rows = _ROWS.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEnvelope(f"The message cannot be read: {error}.") from error
    if len(rows) > MAX_MUTATIONS:
        raise TooLarge(f"Send at most {MAX_MUTATIONS} documents at once.", code="batch_too_large")
    return rows
