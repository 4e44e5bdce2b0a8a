"""Files over HTTP: reading them, and the tus 1.0 door (core and creation) for sending them."""

import asyncio
from uuid import UUID

from litestar import Controller, Request, get, head, patch, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Response

from backend.api.etags import has_tag
from backend.api.problems import NotFound, malformed_field
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.media import service
from backend.media.blobs import Blobs, UnreadableImageError
from backend.media.schemas import MAX_VOICE_BYTES, MediaKind, Upload
from backend.settings import Settings

_TUS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
_PIECE_BYTES = 256 * 1024
_PATCH_TYPE = "application/offset+octet-stream"

ActorRequest = Request[Actor, None, State]


class MediaController(Controller):
    """Photos and voice notes."""

    path = "/v1"
    tags = ["media"]
    guards = [ANYBODY]

    @get("/media/{media_id:uuid}", operation_id="get_media", sync_to_thread=True)
    def get_media(self, media_id: FromPath[UUID], request: Call) -> Response[bytes]:
        """Read a file: a photo as JPEG without what its EXIF says, a voice note as it is."""
        db, actor, blobs = request.db, request.actor, request.part(Blobs)
        return _serve(media_id, request, db, actor, blobs, is_thumb=False)

    @get("/media/{media_id:uuid}/thumb", operation_id="get_media_thumb", sync_to_thread=True)
    def get_thumb(self, media_id: FromPath[UUID], request: Call) -> Response[bytes]:
        """Read a photo at 320 pixels."""
        db, actor, blobs = request.db, request.actor, request.part(Blobs)
        return _serve(media_id, request, db, actor, blobs, is_thumb=True)

    @post("/media/{media_id:uuid}/upload", operation_id="begin_upload", sync_to_thread=True)
    def begin_upload(self, media_id: FromPath[UUID], request: Call) -> Response[None]:
        """Begin sending an announced file, or learn where to go on (tus creation)."""
        db, actor, clock = request.db, request.actor, request.clock
        size = _read_number(request, "Upload-Length")
        with db.for_org(actor.org_id) as connection:
            upload = service.open_upload(connection, actor, media_id, size, clock)
        if upload is not None and upload.offset_bytes == upload.size_bytes:
            # The last piece is safe, but whoever took it was stopped before the end.
            folder = request.part(Settings).upload_dir
            service.finish(db, actor, upload, folder, request.part(Blobs), clock)
            upload = None
        if upload is None:
            return Response(None, status_code=200, headers={**_TUS, "Tuyen-Media-State": "stored"})
        headers = {
            **_TUS,
            "Location": f"/v1/uploads/{upload.id}",
            "Upload-Offset": str(upload.offset_bytes),
        }
        return Response(None, status_code=201, headers=headers)

    @head("/uploads/{upload_id:uuid}", operation_id="get_upload_offset", sync_to_thread=True)
    def get_offset(self, request: Call, upload_id: FromPath[UUID]) -> Response[None]:
        """Tell how many bytes are safe here (tus core)."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            upload = service.get_upload(connection, actor, upload_id)
        return Response(None, headers=_progress(upload))

    @patch(
        "/uploads/{upload_id:uuid}",
        operation_id="send_upload_piece",
        status_code=204,
        request_max_body_size=MAX_VOICE_BYTES,
    )
    async def send_piece(self, upload_id: FromPath[UUID], request: Call) -> Response[None]:
        """Take the next bytes (tus core): each piece is safe before the next is read."""
        db, actor, clock, settings, blobs = (
            request.db,
            request.actor,
            request.clock,
            request.part(Settings),
            request.part(Blobs),
        )
        if request.headers.get("content-type") != _PATCH_TYPE:
            raise malformed_field("Content-Type", f"Send bytes as {_PATCH_TYPE}.")
        offset = _read_number(request, "Upload-Offset")

        def write(piece: bytes) -> Upload:
            with db.for_org(actor.org_id) as connection:
                return service.append(
                    connection, actor, upload_id, settings.upload_dir, offset=offset, data=piece
                )

        buffer = bytearray()
        try:
            async for chunk in request.stream():
                buffer += chunk
                if len(buffer) >= _PIECE_BYTES:
                    upload = await asyncio.to_thread(write, bytes(buffer))
                    offset = upload.offset_bytes
                    buffer.clear()
        finally:
            # Also what a broken connection left: every byte that arrived need not be sent again.
            upload = await asyncio.to_thread(write, bytes(buffer))
        if upload.offset_bytes == upload.size_bytes:
            folder = settings.upload_dir
            await asyncio.to_thread(service.finish, db, actor, upload, folder, blobs, clock)
        return Response(None, status_code=204, headers=_progress(upload))


def _serve(
    media_id: UUID,
    request: ActorRequest,
    db: Database,
    actor: Actor,
    blobs: Blobs,
    *,
    is_thumb: bool,
) -> Response[bytes]:
    with db.for_org(actor.org_id, snapshot=True) as connection:
        media = service.find_readable(connection, actor, media_id)
    if media.state != "stored":
        raise NotFound("The file has not arrived yet.", code="media_pending")
    tag = f'"{media.sha256[:32]}{"t" if is_thumb else ""}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, max-age=86400",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{media_id}"',
        "Content-Security-Policy": "default-src 'none'",
    }
    if has_tag(request, tag):
        return Response(b"", status_code=304, headers=headers)
    if media.kind is MediaKind.VOICE:
        if is_thumb:
            raise NotFound("A voice note has no picture.", code="no_thumb")
        data, mime = blobs.get(actor.org_id, media.sha256), media.mime
    else:
        try:
            data = blobs.get_picture(actor.org_id, media.sha256, is_thumb=is_thumb)
        except UnreadableImageError as error:
            raise NotFound("The picture cannot be shown.", code="unreadable") from error
        mime = "image/jpeg"
    return Response(data, media_type=mime, headers=headers)


def _progress(upload: Upload) -> dict[str, str]:
    return {
        **_TUS,
        "Upload-Offset": str(upload.offset_bytes),
        "Upload-Length": str(upload.size_bytes),
    }


def _read_number(request: ActorRequest, header: str) -> int:
    text = request.headers.get(header.lower(), "")
    if not text.isdecimal():
        raise malformed_field(header, f"The header {header} must be a number of bytes.")
    return int(text)
