"""Files over HTTP: reading them, and seeing which are missed."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from backend.api.etags import has_tag
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.api.problems import NotFound
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS
from backend.media import service
from backend.media.blobs import Blobs, UnreadableImageError
from backend.media.schemas import MediaItem, MediaKind, MediaState

ActorRequest = Request[Actor, None, State]
StateQuery = Annotated[
    MediaState | None, QueryParameter(name="state", description="Only files of this state")
]
AgeQuery = Annotated[
    int | None, QueryParameter(ge=0, le=3650, description="Announced at least so many days ago")
]


class MediaController(Controller):
    """Photos and voice notes."""

    path = "/v1"
    tags = ["media"]
    guards = [ANYBODY]

    @get("/media", operation_id="list_media", guards=[PLANNERS], sync_to_thread=True)
    def list_media(
        self,
        request: Call,
        in_state: StateQuery = None,
        older_than_days: AgeQuery = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[MediaItem]:
        """List announced files and how much of each has arrived, the oldest first."""
        db, actor = request.db, request.actor
        age = timedelta(days=older_than_days) if older_than_days is not None else None
        after = decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            items = service.list_media(
                connection,
                actor,
                state=in_state,
                received_before=request.clock.now() - age if age is not None else None,
                after=after,
                limit=limit,
            )
        is_more = len(items) == limit
        return Page(items, encode_cursor(str(items[-1].id)) if is_more else None)

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
