"""Push, pull and manifest over HTTP."""

import itertools
import logging

import msgspec
from litestar import Controller, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import RawBody
from litestar.response import Response

from backend.api.compression import COMPRESSED, compressed_json
from backend.api.opts import WRITES_LITTLE
from backend.api.problems import Forbidden, Problem, TooLarge
from backend.identity.actor import Actor
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.sync import manifest, pull, push
from backend.sync.cursor import CursorSigner
from backend.sync.protocol.messages import (
    MAX_PUSH_BYTES,
    ManifestRequest,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
)
from backend.sync.protocol.version import OLDEST_VERSION, PROTOCOL_VERSION

_PUSH = msgspec.json.Decoder(PushRequest)
_PULL = msgspec.json.Decoder(PullRequest)
_MANIFEST = msgspec.json.Decoder(ManifestRequest)
_ENCODER = msgspec.json.Encoder()
_READING = {**COMPRESSED, **WRITES_LITTLE}
_PAGE_SCHEMA = {200: ResponseSpec(PullResponse, description="A page", generate_examples=False)}
_LOG = logging.getLogger("tuyen.sync")
_MISMATCHES = itertools.count(1)


class BadEnvelope(Problem):
    """The message cannot be read at all."""

    status, code, title = 422, "bad_envelope", "The message cannot be read"


class UpgradeRequired(Problem):
    """The client speaks a newer protocol than the server, or one that is too old."""

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

    @post(
        "/pull",
        operation_id="sync_pull",
        status_code=200,
        sync_to_thread=True,
        opt=_READING,
        responses=_PAGE_SCHEMA,
    )
    def pull(self, request: Call, body: RawBody) -> Response[bytes]:
        """Return the next page of what changed for this device."""
        wanted = _decode(_PULL, body)
        _check(wanted.protocol, wanted.device_id, request.actor)
        _note_mismatch(request)
        signer = request.part(CursorSigner)
        page = pull.pull(request.db, request.actor, wanted, signer=signer, clock=request.clock)
        return _answer(request, page)

    @post(
        "/manifest",
        operation_id="sync_manifest",
        status_code=200,
        sync_to_thread=True,
        opt=_READING,
        responses=_PAGE_SCHEMA,
    )
    def manifest(self, request: Call, body: RawBody) -> Response[bytes]:
        """Return the next page of what differs from what the device tells to hold."""
        wanted = _decode(_MANIFEST, body)
        _check(wanted.protocol, wanted.device_id, request.actor)
        _note_mismatch(request)
        signer = request.part(CursorSigner)
        page = manifest.compare(
            request.db, request.actor, wanted, signer=signer, clock=request.clock
        )
        return _answer(request, page)


def _answer(request: Call, page: pull.Page) -> Response[bytes]:
    return compressed_json(_ENCODER.encode(page), request.headers.get("accept-encoding", ""))


def _note_mismatch(request: Call) -> None:
    """Log that a device found its records to differ from the checksums that it was given."""
    if request.headers.get("tuyen-check") == "mismatch":
        actor = request.actor
        _LOG.warning(
            "A device holds what it should not, or lacks what it should: organisation %s, user %s,"
            " device %s; number %d since the start.",
            actor.org_id,
            actor.user_id,
            actor.device_id,
            next(_MISMATCHES),
        )


def _decode[T](decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEnvelope(f"The message cannot be read: {error}.") from error


def _check(protocol: int, device_id: str, actor: Actor) -> None:
    if not OLDEST_VERSION <= protocol <= PROTOCOL_VERSION:
        raise UpgradeRequired(
            f"The server speaks versions {OLDEST_VERSION} to {PROTOCOL_VERSION} of the protocol."
        )
    if device_id != str(actor.device_id):
        raise Forbidden(
            "The token was made for another device: sign in on this one.", code="device_mismatch"
        )
