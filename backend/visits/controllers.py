"""Visits over HTTP."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.api.paging import DEFAULT_LIMIT, CursorQuery, LimitQuery, decode_cursor, encode_cursor
from backend.api.payloads import Page
from backend.api.problems import malformed_field
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.visits import service
from backend.visits.captures import capture_now
from backend.visits.schemas import (
    CheckInCreate,
    VisitComplete,
    VisitCreate,
    VisitRead,
    VisitStatus,
)

_AFTER_PARTS = 2
_AHEAD = timedelta(hours=14)
"""No place on earth is further ahead of UTC."""


class VisitController(Controller):
    """Planned and done visits with their evidence."""

    path = "/v1/visits"
    tags = ["visits"]
    guards = [ANYBODY]

    @get(operation_id="list_visits", sync_to_thread=True)
    def list_visits(
        self,
        request: Call,
        on_date: Annotated[date | None, QueryParameter(description="Planned on this day")] = None,
        rep_id: FromQuery[UUID | None] = None,
        account_id: FromQuery[UUID | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[VisitRead]:
        """List visits in your scope, by day."""
        db, actor = request.db, request.actor
        after = _read_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            visits = service.list_visits(
                connection,
                actor,
                on_date=on_date,
                rep_id=rep_id,
                account_id=account_id,
                after=after,
                limit=limit + 1,
            )
        page = visits[:limit]
        if len(visits) <= limit:
            return Page(page)
        return Page(page, encode_cursor(page[-1].planned_on.isoformat(), str(page[-1].id)))

    @get("/{visit_id:uuid}", operation_id="get_visit", sync_to_thread=True)
    def get_visit(self, request: Call, visit_id: FromPath[UUID]) -> VisitRead:
        """Read one visit."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            return service.get_visit(connection, actor, visit_id)

    @post(operation_id="create_visit", sync_to_thread=True)
    def create_visit(self, request: Call, data: JSONBody[VisitCreate]) -> VisitRead:
        """Plan a visit."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            # What took place today or before may be told late, as a phone may tell it.
            is_fact = data.planned_on <= (request.clock.now() + _AHEAD).date()
            visit_id = service.create_visit(connection, actor, data, is_fact=is_fact)
            return service.get_reported(connection, actor, visit_id)

    @post("/{visit_id:uuid}/check-in", operation_id="check_in", sync_to_thread=True)
    def check_in(
        self, request: Call, visit_id: FromPath[UUID], data: JSONBody[CheckInCreate]
    ) -> VisitRead:
        """Check in at the account."""
        db, actor, clock = request.db, request.actor, request.clock
        capture = capture_now(data.captured_at, clock.now())
        with db.for_org(actor.org_id) as connection:
            service.record_check_in(connection, actor, visit_id, data, capture)
            return service.get_reported(connection, actor, visit_id)

    @post("/{visit_id:uuid}/complete", operation_id="complete_visit", sync_to_thread=True)
    def complete(
        self, request: Call, visit_id: FromPath[UUID], data: JSONBody[VisitComplete]
    ) -> VisitRead:
        """End the visit with its outcome and, if wanted, a note."""
        db, actor, clock = request.db, request.actor, request.clock
        now = clock.now()
        with db.for_org(actor.org_id) as connection:
            service.move_visit(
                connection, actor, visit_id, at=now, status=VisitStatus.DONE, outcome=data.outcome
            )
            visit = service.get_reported(connection, actor, visit_id)
            if data.note:
                service.add_note(
                    connection,
                    actor,
                    account_id=visit.account_id,
                    visit_id=visit_id,
                    body=data.note,
                    captured_at=now,
                )
                visit = service.get_reported(connection, actor, visit_id)
            return visit


def _read_cursor(cursor: str | None) -> tuple[date, UUID] | None:
    """Return the day and id of the last visit seen; raise Malformed for what is not ours."""
    key = decode_cursor(cursor, _AFTER_PARTS)
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), UUID(key[1])
    except ValueError as error:
        raise malformed_field(
            "cursor", "This is no cursor of ours: leave it out to start anew."
        ) from error
