"""Calendars over HTTP: made and ended by people who are signed in, read by programs that cannot."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from backend.api.etags import has_tag
from backend.api.opts import SECRET_PATH, WRITES_LITTLE
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY
from backend.routes.handout import feeds
from backend.routes.handout.errors import UNLISTED, NoSuchCalendar
from backend.routes.handout.feed_schemas import (
    CalendarFeedCreate,
    CalendarFeedCreated,
    CalendarFeedRead,
)
from backend.routes.handout.feeds import FeedGate
from backend.routes.handout.tags import content_tag

ICALENDAR = "text/calendar"
_NO_CHANGE = 304


class CalendarFeedController(Controller):
    """Calendars of visits that phones and mail programs subscribe to."""

    path = "/v1/calendar-feeds"
    tags = ["visit routes"]
    guards = [ANYBODY]

    @post(operation_id="add_calendar_feed", sync_to_thread=True)
    def add_calendar_feed(
        self, request: Call, data: JSONBody[CalendarFeedCreate]
    ) -> Response[CalendarFeedCreated]:
        """Make a calendar; its address is told this once and needs no sign-in."""
        base_url = str(request.base_url)
        with request.db.for_org(request.actor.org_id) as connection:
            made = feeds.add_feed(connection, request.actor, data, base_url=base_url)
        return Response(made, headers={"Cache-Control": "no-store"})

    @get(operation_id="list_calendar_feeds", sync_to_thread=True)
    def list_calendar_feeds(self, request: Call) -> Page[CalendarFeedRead]:
        """List the calendars of one's own visits and those that one made, without addresses."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return Page(feeds.list_feeds(connection, request.actor))

    @delete(
        "/{feed_id:uuid}",
        operation_id="revoke_calendar_feed",
        opt=WRITES_LITTLE,
        sync_to_thread=True,
    )
    def revoke_calendar_feed(self, request: Call, feed_id: FromPath[UUID]) -> None:
        """End a calendar: its address answers 404 from now on."""
        with request.db.for_org(request.actor.org_id) as connection:
            feeds.revoke_feed(connection, request.actor, feed_id)


class CalendarController(Controller):
    """A calendar by its address."""

    path = feeds.PATH
    tags = ["visit routes"]

    @get(
        "/{file_name:str}",
        operation_id="read_calendar",
        media_type=ICALENDAR,
        opt=SECRET_PATH,
        sync_to_thread=True,
    )
    def read_calendar(self, request: Call, file_name: FromPath[str]) -> Response[bytes]:
        """Read a calendar `/{secret}.ics`: the visits of the last 14 and the next 60 days."""
        secret, _, suffix = file_name.rpartition(".")
        if suffix != "ics":
            raise NoSuchCalendar
        opened = feeds.open_feed(
            request.db, request.part(FeedGate), secret, now=request.clock.now()
        )
        tag = content_tag("ics", opened.feed.locale, opened)
        headers = UNLISTED | {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Content-Disposition": 'inline; filename="visits.ics"',
        }
        if has_tag(request, tag):
            return Response(b"", status_code=_NO_CHANGE, headers=headers)
        return Response(opened.write(), headers=headers)
