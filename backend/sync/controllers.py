"""Push and pull over HTTP."""

import msgspec
from litestar import Controller, post
from litestar.params import RawBody
from litestar.response import Response

from backend.api.problems import Forbidden, Problem, TooLarge
from backend.identity.actor import Actor
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.sync import pull, push
from backend.sync.cursor import CursorSigner
from backend.sync.protocol.messages import (
    MAX_PUSH_BYTES,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
)
from backend.sync.protocol.version import PROTOCOL_VERSION

_PUSH = msgspec.json.Decoder(PushRequest)
_PULL = msgspec.json.Decoder(PullRequest)


class BadEnvelope(Problem):
    """The message cannot be read at all."""

    status, code, title = 422, "bad_envelope", "The message cannot be read"


class UpgradeRequired(Problem):
    """The client speaks a newer protocol than the server."""

    status, code, title = 426, "upgrade_required", "The protocol versions do not fit"


class SyncController(Controller):
    """The devices' door: bodies are the messages of `backend.sync.protocol`."""

    path = "/v1/sync"
    tags = ["sync"]
    guards = [ANYBODY]

    @post("/push", operation_id="sync_push", status_code=200, sync_to_thread=True)
    def push(self, request: Call, body: RawBody) -> Response[PushResponse]:
        """Apply a batch of mutations; the answer has one result for each, in their order."""
        if len(body) > MAX_PUSH_BYTES:
            raise TooLarge("Send at most 1 MiB at once: halve the batch.", code="batch_too_large")
        batch = _decode(_PUSH, body)
        _check(batch.protocol, batch.device_id, request.actor)
        results = push.push(request.db, request.actor, batch, request.clock)
        return Response(results, media_type="application/json")

    @post("/pull", operation_id="sync_pull", status_code=200, sync_to_thread=True)
    def pull(self, request: Call, body: RawBody) -> Response[PullResponse]:
        """Return the next page of what changed for this device."""
        actor, wanted = request.actor, _decode(_PULL, body)
        _check(wanted.protocol, wanted.device_id, actor)
        signer = request.part(CursorSigner)
        first = pull.opening(actor, wanted, signer)
        with request.db.for_org(actor.org_id, snapshot=True, first=first) as connection:
            page = pull.pull(connection, actor, wanted, signer=signer, clock=request.clock)
        return Response(page, media_type="application/json")


def _decode[T](decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEnvelope(f"The message cannot be read: {error}.") from error


def _check(protocol: int, device_id: str, actor: Actor) -> None:
    if protocol > PROTOCOL_VERSION:
        raise UpgradeRequired(f"The server speaks version {PROTOCOL_VERSION} of the protocol.")
    if device_id != str(actor.device_id):
        raise Forbidden(
            "The token was made for another device: sign in on this one.", code="device_mismatch"
        )
