"""The tus 1.0 door: core, creation, termination, checksum, expiration."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, head, patch, post, route
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Response
from litestar.types import Guard

from backend.api.opts import PUBLIC, WRITES_FILES, WRITES_LITTLE
from backend.api.problems import Conflict, malformed_field
from backend.api.rendering import EXCEPTION_HANDLERS
from backend.identity.actor import Actor
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.media import tus, uploads
from backend.media.blobs import Blobs
from backend.media.inbox import Inbox, Turn
from backend.media.schemas import MAX_VOICE_BYTES, Upload

_PIECE_BYTES = 256 * 1024
_PATCH_TYPE = "application/offset+octet-stream"

AnyRequest = Request[Any, Any, State]


async def _speaks_tus(
    connection: ASGIConnection[object, Actor, object, State], _: BaseRouteHandler
) -> None:
    tus.check_version(connection.headers)


# By handler, for one of them is open to everybody.
_SENDERS: list[Guard] = [ANYBODY, _speaks_tus]


def _render(request: AnyRequest, error: Exception) -> Response[Any]:
    """Render a problem as everywhere, and name the protocol's version on it."""
    answer = EXCEPTION_HANDLERS[Exception](request, error)
    answer.headers.update(tus.VERSION)
    return answer


class UploadController(Controller):
    """Photos and voice notes on their way."""

    path = "/v1"
    tags = ["media"]
    opt = WRITES_FILES
    exception_handlers = {Exception: _render}

    @route(
        ["/uploads", "/uploads/{upload_id:uuid}", "/media/{media_id:uuid}/upload"],
        http_method=[HttpMethod.OPTIONS],
        # One answer for three paths, and the description wants an id for each.
        include_in_schema=False,
        opt=PUBLIC,
        status_code=204,
        sync_to_thread=False,
    )
    # Named to be the first: handlers are put up in the order of their names, and a path that has
    # one without OPTIONS first is given the framework's own.
    def ask_abilities(self) -> Response[None]:
        """Tell the protocol's version, its extensions here and the largest file: to everybody."""
        return Response(None, status_code=204, headers=tus.ABILITIES)

    @post(
        "/media/{media_id:uuid}/upload",
        operation_id="begin_upload",
        guards=_SENDERS,
        sync_to_thread=True,
    )
    def begin_upload(self, media_id: FromPath[UUID], request: Call) -> Response[None]:
        """Begin sending an announced file, or learn where to go on (tus creation)."""
        db, actor, clock = request.db, request.actor, request.clock
        size = tus.read_number(request.headers, "Upload-Length")
        with db.for_org(actor.org_id) as connection:
            upload = uploads.open_upload(connection, actor, media_id, size, clock)
        if upload is not None and upload.is_whole:
            # The last piece is safe, but whoever took it was stopped before the end.
            _finish(request, upload)
            upload = None
        if upload is None:
            return Response(None, status_code=200, headers=tus.RECEIPT)
        return Response(None, status_code=201, headers=tus.tell_place(upload))

    @post("/uploads", operation_id="create_upload", guards=_SENDERS, sync_to_thread=True)
    def create_upload(self, request: Call) -> Response[None]:
        """Begin sending the file that Upload-Metadata names by `media_id` (tus creation)."""
        db, actor, clock = request.db, request.actor, request.clock
        size = tus.read_number(request.headers, "Upload-Length")
        metadata = request.headers.get("upload-metadata", "")
        media_id = tus.read_media_id(metadata)
        with db.for_org(actor.org_id) as connection:
            upload = uploads.create_upload(connection, actor, media_id, (size, metadata), clock)
        return Response(None, status_code=201, headers=tus.tell_place(upload))

    @head("/uploads/{upload_id:uuid}", operation_id="get_upload_offset", guards=_SENDERS)
    async def get_offset(self, request: Call, upload_id: FromPath[UUID]) -> Response[None]:
        """Tell how many bytes are safe here (tus core); a piece under way is cut short."""
        await asyncio.to_thread(_find, request, upload_id)
        await request.part(Inbox).stop_writer(upload_id)
        upload = await asyncio.to_thread(_find, request, upload_id)
        if upload.is_whole:
            await asyncio.to_thread(_finish, request, upload)
        return Response(None, headers=tus.tell_progress(upload))

    @delete(
        "/uploads/{upload_id:uuid}", operation_id="end_upload", guards=_SENDERS, opt=WRITES_LITTLE
    )
    async def end_upload(self, upload_id: FromPath[UUID], request: Call) -> Response[None]:
        """Give an upload up (tus termination); a file that is stored stays."""
        inbox = request.part(Inbox)

        def end() -> None:
            with request.db.for_org(request.actor.org_id) as connection:
                uploads.end_upload(connection, request.actor, upload_id, request.clock)
            inbox.remove(upload_id)

        await asyncio.to_thread(_find, request, upload_id)
        await inbox.stop_writer(upload_id)
        await asyncio.to_thread(end)
        return Response(None, status_code=204, headers=tus.HEADERS)

    @patch(
        "/uploads/{upload_id:uuid}",
        operation_id="send_upload_piece",
        guards=_SENDERS,
        status_code=204,
        request_max_body_size=MAX_VOICE_BYTES,
    )
    async def send_piece(self, upload_id: FromPath[UUID], request: Call) -> Response[None]:
        """Take the next bytes (tus core): each piece is safe before the next is read."""
        if request.headers.get("content-type") != _PATCH_TYPE:
            raise malformed_field("Content-Type", f"Send bytes as {_PATCH_TYPE}.")
        writer = _Writer(request, upload_id, tus.read_number(request.headers, "Upload-Offset"))
        await asyncio.to_thread(_find, request, upload_id)
        async with request.part(Inbox).turn(upload_id) as turn:
            upload = await writer.take(turn)
            if turn.stopped.is_set() and not upload.is_whole:
                raise Conflict("Another request goes on with this upload.", code="upload_taken")
            if upload.is_whole:
                await asyncio.to_thread(_finish, request, upload)
        return Response(None, status_code=204, headers=tus.tell_progress(upload))


class _Writer:
    """Writes a request's body to an upload, piece by piece.

    With a checksum the pieces count only when all of them are here and it is right.
    """

    def __init__(self, request: Call, upload_id: UUID, offset: int) -> None:
        self._request = request
        self._upload_id = upload_id
        self._offset = offset
        self._held = 0
        self._wanted = tus.read_checksum(request.headers)
        self._door = request.part(Inbox), request.clock

    async def take(self, turn: Turn) -> Upload:
        """Write what comes until the body ends, or somebody else wants to write."""
        buffer = bytearray()
        is_whole = False
        try:
            async for chunk in _chunks(self._request, turn):
                buffer += chunk
                if len(buffer) >= _PIECE_BYTES:
                    await asyncio.to_thread(self._write, bytes(buffer))
                    buffer.clear()
            is_whole = not turn.stopped.is_set()
        finally:
            # Also what a broken connection left: every byte that arrived need not be sent again.
            upload = await asyncio.to_thread(self._end, bytes(buffer), is_whole=is_whole)
        return upload

    def _write(self, piece: bytes) -> Upload:
        request, offset, held = self._request, self._offset, self._held
        call = uploads.hold if self._wanted else uploads.append
        if self._wanted:
            self._wanted[0].update(piece)
        with request.db.for_org(request.actor.org_id) as connection:
            upload = call(
                connection,
                request.actor,
                self._upload_id,
                self._door,
                offset=offset,
                held=held,
                data=piece,
            )
        if self._wanted:
            self._held += len(piece)
        else:
            self._offset = upload.offset_bytes
        return upload

    def _end(self, rest: bytes, *, is_whole: bool) -> Upload:
        upload = self._write(rest)
        if not self._wanted or not is_whole:
            return upload
        digest, expected = self._wanted
        if digest.digest() != expected:
            raise uploads.ChecksumMismatch("These bytes arrived damaged: send them again.")
        request = self._request
        with request.db.for_org(request.actor.org_id) as connection:
            return uploads.append(
                connection,
                request.actor,
                self._upload_id,
                self._door,
                offset=self._offset,
                held=self._held,
                data=b"",
            )


async def _chunks(request: Call, turn: Turn) -> AsyncIterator[bytes]:
    """Yield the body as it comes, and end when the turn is over, however long the body stalls."""
    stream = request.stream()
    stopped = asyncio.create_task(turn.stopped.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(stream, None))
            try:
                await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
            if coming.cancelled() or (chunk := coming.result()) is None:
                return
            yield chunk
    finally:
        stopped.cancel()


def _find(request: Call, upload_id: UUID) -> Upload:
    with request.db.for_org(request.actor.org_id) as connection:
        return uploads.get_upload(connection, request.actor, upload_id, request.clock)


def _finish(request: Call, upload: Upload) -> None:
    uploads.finish(
        request.db,
        request.actor.org_id,
        upload,
        request.part(Inbox),
        request.part(Blobs),
        request.clock,
    )
