"""What was learned: brought up to date at night, read, and corrected by people."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.jobs import Work, enqueue_in_turn
from backend.routes.engines import Engines
from backend.routes.followup import learned_repository, repository
from backend.routes.followup.learning import (
    LEAST_PERCENT,
    MOST_PERCENT,
    LegSample,
    VisitSample,
    learn_hours,
    learn_visits,
)
from backend.routes.followup.measures import DayResult
from backend.routes.followup.schemas import LearnedRead, Subject
from backend.routes.followup.settling import measure_ground, read_ground, settle
from backend.routes.weeks.planning import WorkerEnding
from backend.visits.kinds import SPECIAL_KINDS

LEARN = "routes.learn"
"""The task's name."""
WINDOW_DAYS = 56
"""Eight weeks: long enough for monthly visits to repeat, short enough to forget road works."""
_STEP_DAYS = 7
_HOUR = re.compile(r"(car|scooter|bicycle|foot)-(1?[0-9]|2[0-3])")


def learn(work: Work, org_id: OrgId) -> int:
    """Learn from the last eight weeks anew; return how many values are known.

    What driving came to is brought up to date first: traces tell how long visits took. Raises
    WorkerEnding when the worker is asked to stop.
    """
    db, now = work.db, work.clock.now()
    with db.for_org(org_id, snapshot=True) as connection:
        zone = ZoneInfo(repository.get_time_zone(connection, org_id))
        since = learned_repository.select_since(connection, org_id)
    visits: list[VisitSample] = []
    legs: list[LegSample] = []
    for day in _days(work, org_id, now.astimezone(zone).date(), now):
        visits += _visit_samples(day)
        legs += _leg_samples(day, zone)
    learned = [*learn_visits(visits, since), *learn_hours(legs, since)]
    with db.for_org(org_id) as connection:
        learned_repository.replace_learned(connection, org_id, learned, since, now=now)
    return len(learned)


def ask_to_learn(connection: sa.Connection, actor: Actor) -> None:
    """Ask for learning soon, as it is done every night; once, however often it is asked for."""
    enqueue_in_turn(connection, LEARN, org_id=actor.org_id)


def list_learned(
    connection: sa.Connection, actor: Actor, subject: Subject | None
) -> list[LearnedRead]:
    """Return the values in use, those farthest from the plan first."""
    return learned_repository.select_learned(connection, actor.org_id, subject=subject)


def fix(
    connection: sa.Connection,
    actor: Actor,
    subject: Subject,
    key: str,
    fixed_value: int | None,
    *,
    now: datetime,
) -> LearnedRead:
    """Put a value of the planner's own in place of the learned one, or take it back."""
    key = _check_key(connection, actor, subject, key)
    if fixed_value is not None and subject in {Subject.CATEGORY, Subject.HOUR}:
        _check_percent(fixed_value)
    learned_repository.fix_value(
        connection, actor.org_id, subject, key, fixed_value, by=actor.user_id, at=now
    )
    _record(connection, actor, "learned.fix", subject, key, fixed_value)
    return _get(connection, actor, subject, key)


def forget(
    connection: sa.Connection, actor: Actor, subject: Subject, key: str, *, now: datetime
) -> LearnedRead:
    """Say no to a learned value: the plan's own holds, and learning begins anew."""
    key = _check_key(connection, actor, subject, key)
    learned_repository.forget_value(
        connection, actor.org_id, subject, key, by=actor.user_id, at=now
    )
    _record(connection, actor, "learned.forget", subject, key, None)
    return _get(connection, actor, subject, key)


def _days(work: Work, org_id: OrgId, today: date, now: datetime) -> Iterator[DayResult]:
    """Yield the days of the window, week by week: a large team's weeks do not fit in memory."""
    db, engines = work.db, work.part(Engines)
    for back in range(0, WINDOW_DAYS, _STEP_DAYS):
        last = today - timedelta(days=back)
        ground = read_ground(db, org_id, last - timedelta(days=_STEP_DAYS - 1), last, rep_id=None)
        driven, _ = settle(db, org_id, ground, engines, now=now, is_over=lambda: work.is_ending)
        if work.is_ending:
            raise WorkerEnding("The worker ends: learning begins anew later.")
        yield from measure_ground(ground, driven, now=now)


def _visit_samples(day: DayResult) -> Sequence[VisitSample]:
    return [
        VisitSample(
            stay.visit.account_id,
            stay.visit.category,
            stay.visit.visit_minutes,
            stay.actual_s / 60,
            stay.visit.arrived_at,
            stay.visit.kind,
        )
        for stay in day.stays
        if stay.visit.arrived_at is not None
    ]


def _leg_samples(day: DayResult, zone: ZoneInfo) -> Sequence[LegSample]:
    if day.plan is None:
        return []
    usual = 100 / day.plan.traffic_percent  # a plan that reckoned with traffic teaches no less
    return [
        LegSample(
            day.plan.profile, leg.at.astimezone(zone).hour, leg.planned_s * usual, leg.actual_s,
            leg.at,
        )
        for leg in day.legs
    ]  # fmt: skip


def _check_key(connection: sa.Connection, actor: Actor, subject: Subject, key: str) -> str:
    """Return the key as it is kept; raise Malformed for one that cannot be."""
    if subject is Subject.HOUR and not _HOUR.fullmatch(key):
        raise malformed_field("key", "An hour is named by profile and hour, such as car-17.")
    if subject is Subject.CATEGORY and not learned_repository.has_category(
        connection, actor.org_id, key
    ):
        raise malformed_field("key", f"No account is of the category {key}.")
    if subject is Subject.KIND and key not in SPECIAL_KINDS:
        raise malformed_field("key", f"A kind of visit is one of: {', '.join(SPECIAL_KINDS)}.")
    if subject is not Subject.ACCOUNT:
        return key
    try:
        account_id = UUID(key)
    except ValueError:
        account_id = None
    if account_id is None or not learned_repository.has_account(
        connection, actor.org_id, account_id
    ):
        raise malformed_field("key", "There is no such account.")
    return str(account_id)


def _check_percent(value: int) -> None:
    if not LEAST_PERCENT <= value <= MOST_PERCENT:
        raise malformed_field(
            "fixed_value", f"Give {LEAST_PERCENT} to {MOST_PERCENT} per cent of the planned time."
        )


def _record(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    subject: Subject,
    key: str,
    value: int | None,
) -> None:
    audit.record(
        connection,
        actor,
        action,
        subject="learned_value",
        subject_id=actor.org_id,
        detail={"subject": subject, "key": key, "value": value},
    )


def _get(connection: sa.Connection, actor: Actor, subject: Subject, key: str) -> LearnedRead:
    (found,) = learned_repository.select_learned(connection, actor.org_id, subject=subject, key=key)
    return found
