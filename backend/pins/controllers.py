"""HTTP of doubtful pins."""

import math
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Response

from backend.accounts.scope import WRITERS
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_cursor,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.api.problems import malformed_field
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS, RequireRole
from backend.pins import service
from backend.pins.schemas import (
    Answer,
    AnswerRead,
    CheckRead,
    DoubtRead,
    QueueKey,
    Reason,
    Summary,
    Wanted,
)
from backend.pins.sheet import write_sheet

_WRITE = RequireRole(*WRITERS)
_CSV = "text/csv"
ReasonQuery = Annotated[Reason | None, QueryParameter(description="Only pins doubtful for this")]


class PinController(Controller):
    """Accounts whose place on the map is doubtful, with why, and what people say of them."""

    path = "/v1/pins"
    tags = ["pins"]
    guards = [ANYBODY]

    @get(operation_id="list_doubtful_pins", sync_to_thread=True)
    def list_doubtful_pins(
        self,
        request: Call,
        reason: ReasonQuery = None,
        territory_id: FromQuery[UUID | None] = None,
        account_id: FromQuery[UUID | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[DoubtRead]:
        """List the doubtful pins that you see, with the evidence; those farthest off first."""
        db, actor, after = request.db, request.actor, _read_cursor(cursor)
        wanted = Wanted(reason=reason, territory_id=territory_id, account_id=account_id)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_queue(connection, actor, wanted, after=after, limit=limit + 1)
        items = found[:limit]
        if len(found) <= limit:
            return Page(items)
        return Page(items, encode_cursor(repr(items[-1].distance_m), str(items[-1].id)))

    @get("/summary", operation_id="summarise_pins", sync_to_thread=True)
    def summarise_pins(self, request: Call, territory_id: FromQuery[UUID | None] = None) -> Summary:
        """Count the doubtful pins that you see by reason, and tell how far the latest check is."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.summarise(connection, actor, Wanted(territory_id=territory_id))

    @get("/doubtful.csv", operation_id="doubtful_pins_sheet", media_type=_CSV,
         sync_to_thread=True)  # fmt: skip
    def sheet(
        self,
        request: Call,
        reason: ReasonQuery = None,
        territory_id: FromQuery[UUID | None] = None,
    ) -> Response[bytes]:
        """Download the doubtful pins that you see, up to 50,000, as CSV."""
        db, actor = request.db, request.actor
        wanted = Wanted(reason=reason, territory_id=territory_id)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_queue(
                connection, actor, wanted, after=None, limit=service.MOST_IN_SHEET
            )
        return Response(
            write_sheet(found),
            media_type=_CSV,
            headers={"Content-Disposition": 'attachment; filename="pins.csv"'},
        )

    @post("/checks", operation_id="start_pin_check", guards=[PLANNERS], sync_to_thread=True)
    def start_check(self, request: Call) -> CheckRead:
        """Have all accounts looked at, in the background; one check at a time."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.start_check(connection, actor)

    @post(
        "/{doubt_id:uuid}/answer", operation_id="answer_pin", guards=[_WRITE], sync_to_thread=True
    )
    def answer(
        self, request: Call, doubt_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> list[AnswerRead]:
        """Approve a suggested place, move the account by hand, or say that its place is right."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.answer(connection, actor, doubt_id, data)

    @get("/answers", operation_id="list_pin_answers", sync_to_thread=True)
    def list_answers(
        self,
        request: Call,
        account_id: FromQuery[UUID | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[AnswerRead]:
        """List what was said about pins of accounts that you see, the latest first."""
        db, actor, before = request.db, request.actor, decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_history(
                connection, actor, account_id=account_id, before=before, limit=limit + 1
            )
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @post("/answers/{answer_id:uuid}/undo", operation_id="undo_pin_answer", guards=[_WRITE],
          sync_to_thread=True)  # fmt: skip
    def undo(self, request: Call, answer_id: FromPath[UUID]) -> AnswerRead:
        """Put an account back where it was before an answer; the doubt is open again."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return service.undo(connection, actor, answer_id)


def _read_cursor(cursor: str | None) -> QueueKey | None:
    """Return where a page ended; raise Malformed for what is not ours."""
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        distance_m, doubt_id = float(key[0]), UUID(key[1])
    except ValueError:
        distance_m, doubt_id = math.nan, UUID(int=0)
    if not math.isfinite(distance_m):
        raise malformed_field("cursor", "This is no cursor of ours: leave it out to start anew.")
    return distance_m, doubt_id
