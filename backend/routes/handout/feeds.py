"""Calendars that are read without signing in: made, listed, revoked, opened by their secret."""

import re
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from backend.api.problems import Forbidden, NotFound, malformed_field
from backend.db.tenancy import Database
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.identity.refresh_secrets import hash_secret, new_secret
from backend.identity.throttle import AddressThrottle
from backend.ids import UserId, new_id
from backend.routes.handout import feed_repository
from backend.routes.handout.calendar import window, write_calendar
from backend.routes.handout.errors import NoSuchCalendar, TooManyFeeds, TooManyReads
from backend.routes.handout.feed_schemas import (
    CalendarFeedCreate,
    CalendarFeedCreated,
    CalendarFeedRead,
    Feed,
    FeedLunch,
    FeedVisit,
)
from backend.routes.handout.words import words_of

PATH = "/v1/calendar"
MAX_FEEDS = 10
"""Of one person's visits: more than they and their managers have phones."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""What 256 bits look like as text."""


class FeedGate:
    """How often one address is read: ten times at once, then every minute; programs poll hourly.

    Counted before the database is asked, under the hash of the secret, right or wrong.
    """

    def __init__(self) -> None:
        self._reads = AddressThrottle(burst=10, interval_s=60.0)

    def enter(self, secret_hash: bytes, now: datetime) -> None:
        """Count a read; raise TooManyReads when it is one too many."""
        key, now_s = secret_hash.hex(), now.timestamp()
        wait_s = self._reads.wait_seconds(key, now_s)
        if wait_s > 0:
            raise TooManyReads(wait_s)
        self._reads.record_failure(key, now_s)


class OpenedFeed(msgspec.Struct, frozen=True):
    """A calendar's content before it is written."""

    feed: Feed
    visits: list[FeedVisit]
    lunches: list[FeedLunch]
    days: tuple[date, date]

    def write(self) -> bytes:
        """Return the calendar file."""
        words = words_of(self.feed.locale)
        return write_calendar(self.feed, self.visits, self.lunches, self.days, words)


def add_feed(
    connection: sa.Connection, actor: Actor, data: CalendarFeedCreate, *, base_url: str
) -> CalendarFeedCreated:
    """Make a calendar of one's own visits or, as a planner, of somebody's; tell its address once.

    Raises Forbidden, NotFound, Malformed or TooManyFeeds.
    """
    rep_id = UserId(data.rep_id or actor.user_id)
    if rep_id != actor.user_id and not actor.is_planner:
        raise Forbidden("Only managers share somebody else's visits.")
    person = feed_repository.lock_person(connection, actor.org_id, rep_id)
    if person is None:
        raise NotFound("There is no such person in your organisation.")
    name, is_active = person
    if not is_active:
        raise malformed_field("rep_id", f"{name} is not active any more.")
    if feed_repository.count_feeds(connection, actor.org_id, rep_id) >= MAX_FEEDS:
        raise TooManyFeeds(MAX_FEEDS)
    feed_id, secret = new_id(), new_secret()
    values = {
        "id": feed_id,
        "rep_id": rep_id,
        "created_by": actor.user_id,
        "label": data.label.strip(),
        "secret_hash": hash_secret(secret),
    }
    feed_repository.insert_feed(connection, actor.org_id, values)
    audit.record(
        connection,
        actor,
        "calendar_feed.added",
        subject="calendar_feed",
        subject_id=feed_id,
        detail={"rep_id": str(rep_id)},
    )
    (feed,) = feed_repository.select_feeds(connection, actor.org_id, actor.user_id, feed_id=feed_id)
    path = f"{PATH}/{secret}.ics"
    return CalendarFeedCreated(feed, path, base_url.rstrip("/") + path)


def list_feeds(connection: sa.Connection, actor: Actor) -> list[CalendarFeedRead]:
    """Return the calendars of one's own visits and those that one made."""
    return feed_repository.select_feeds(connection, actor.org_id, actor.user_id)


def revoke_feed(connection: sa.Connection, actor: Actor, feed_id: UUID) -> None:
    """End a calendar for good; raise NotFound for one that is not there or not one's own."""
    if not feed_repository.revoke_feed(connection, actor.org_id, actor.user_id, feed_id):
        raise NotFound("There is no such calendar of yours.")
    audit.record(
        connection,
        actor,
        "calendar_feed.revoked",
        subject="calendar_feed",
        subject_id=feed_id,
    )


def open_feed(db: Database, gate: FeedGate, secret: str, *, now: datetime) -> OpenedFeed:
    """Return what a calendar shows; raise NoSuchCalendar or TooManyReads.

    Two transactions: whose calendar it is, is asked before an organisation is known. The secret is
    looked for by its hash, so how long the look-up takes says nothing of it.
    """
    if not _SECRET.fullmatch(secret):
        raise NoSuchCalendar
    secret_hash = hash_secret(secret)
    gate.enter(secret_hash, now)
    with db.without_org() as connection:
        place = feed_repository.find_feed_place(connection, secret_hash)
    if place is None:
        raise NoSuchCalendar
    org_id, feed_id = place
    with db.for_org(org_id, snapshot=True) as connection:
        feed = feed_repository.find_feed(connection, org_id, feed_id)
        if feed is None:
            raise NoSuchCalendar
        days = window(now.astimezone(ZoneInfo(feed.time_zone)).date())
        visits = feed_repository.select_feed_visits(
            connection,
            org_id,
            UserId(feed.rep_id),
            days,
            sees_everything=feed.role != Role.REP,
        )
        lunches = feed_repository.select_feed_lunches(connection, org_id, UserId(feed.rep_id), days)
    return OpenedFeed(feed, visits, lunches, days)
