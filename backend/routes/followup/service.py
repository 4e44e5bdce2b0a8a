"""Plan against actual, for who may see it: a period by person, one day, traces."""

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from backend.api.problems import Forbidden, NotFound, malformed_field
from backend.db.tenancy import Database
from backend.geo.vocabulary import LonLat
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.identity.looks import note_looks
from backend.ids import UserId
from backend.routes import candidate_repository
from backend.routes import service as routes
from backend.routes.engines import Engines
from backend.routes.followup import objection_repository, repository, trace_repository
from backend.routes.followup.alarms import find_alarms
from backend.routes.followup.backlog import ask_to_settle
from backend.routes.followup.measures import DayResult, Tally, add_up, measure_day
from backend.routes.followup.schemas import (
    AlarmsRead,
    DayActual,
    FollowupRead,
    RepFollowup,
    TracePoint,
    TraceRead,
)
from backend.routes.followup.settling import measure_ground, read_ground, settle, weeks_of
from backend.routes.followup.telling import tell_alarm, tell_measures, tell_mileage, tell_visit
from backend.routes.followup.traces import check_count, clean_points, merge_fixes

MOST_PERIOD_DAYS = 92
TRACE_DAYS = 14
"""A phone is not offline for longer; mileage of older days was told, and may have been paid."""
_FIRST_TRACE_DAY = date(2000, 1, 1)
_SETTLE_S = 3.0
"""So long somebody waits for days to be settled; a job does the rest."""


def whose(actor: Actor, rep_id: UUID | None) -> UUID | None:
    """Return whose days are asked for, None for everybody's; NotFound for a rep and another's."""
    if actor.sees_everything:
        return rep_id
    if rep_id not in {None, actor.user_id}:
        raise NotFound(f"There is nobody {rep_id} whose days you may see.")
    return actor.user_id


def check_period(from_date: date, to_date: date) -> None:
    """Raise Malformed for a period that ends before it begins, or is too long to be told."""
    if to_date < from_date:
        raise malformed_field("to_date", "The period ends before it begins.", code="dates_reversed")
    if (to_date - from_date).days >= MOST_PERIOD_DAYS:
        raise malformed_field(
            "to_date",
            f"The period is longer than {MOST_PERIOD_DAYS} days: ask for less at once.",
            code="period_too_long",
        )


def follow_up(
    db: Database,
    actor: Actor,
    from_date: date,
    to_date: date,
    engines: Engines,
    *,
    rep_id: UUID | None,
    now: datetime,
) -> FollowupRead:
    """Measure a period by person; what driving came to is brought up to date on the way.

    Days that take too long to settle wait for a job, and are counted. People are those who have a
    plan, a visit or a trace then. Raises Malformed and NotFound.
    """
    check_period(from_date, to_date)
    rep_id = whose(actor, rep_id)
    until_s, waiting = time.monotonic() + _SETTLE_S, 0
    tallies: dict[UUID, Tally] = {}
    for first, last in weeks_of(from_date, to_date):
        ground = read_ground(db, actor.org_id, first, last, rep_id=rep_id)
        driven, left = settle(
            db, actor.org_id, ground, engines, now=now, is_over=lambda: time.monotonic() >= until_s
        )
        waiting += left
        for one in measure_ground(ground, driven, now=now):
            tallies[one.rep_id] = add_up([tallies.get(one.rep_id, Tally()), one.tally])
    if waiting:
        with db.for_org(actor.org_id) as connection:
            ask_to_settle(connection, actor.org_id, from_date, to_date, rep_id)
    with db.for_org(actor.org_id, snapshot=True) as connection:
        if rep_id is not None and not repository.select_people(connection, actor.org_id, [rep_id]):
            raise NotFound("There is no such person in your organisation.")
        names = repository.select_people(connection, actor.org_id, list(tallies))
        due = {
            one.rep_id: one
            for one in repository.select_due(
                connection, actor.org_id, list(tallies), from_date, to_date
            )
        }
    reps = [
        RepFollowup(
            key,
            names[key],
            tell_measures(
                tally,
                due=due[key].due if key in due else 0,
                covered=due[key].covered if key in due else 0,
            ),
        )
        for key, tally in tallies.items()
    ]
    total = tell_measures(
        add_up(tallies.values()),
        due=sum(one.due for one in due.values()),
        covered=sum(one.covered for one in due.values()),
    )
    reps.sort(key=lambda one: (one.rep_name, one.rep_id))
    return FollowupRead(from_date, to_date, reps, total, waiting)


def list_alarms(
    db: Database, actor: Actor, weeks: int, *, rep_id: UUID | None, now: datetime
) -> AlarmsRead:
    """Return where plans and days drifted apart in the last weeks, up to yesterday."""
    rep_id = whose(actor, rep_id)
    with db.for_org(actor.org_id, snapshot=True) as connection:
        zone = ZoneInfo(repository.get_time_zone(connection, actor.org_id))
    last = now.astimezone(zone).date() - timedelta(days=1)
    first = last - timedelta(weeks=weeks) + timedelta(days=1)
    days: list[DayResult] = []
    for week in weeks_of(first, last):
        ground = read_ground(db, actor.org_id, *week, rep_id=rep_id)
        days += map(_for_alarms, measure_ground(ground, ground.driven, now=now))
    alarms = find_alarms(days, zone=zone, is_everybody=rep_id is None)
    told = list({one.rep_id for one in alarms if one.rep_id is not None})
    with db.for_org(actor.org_id, snapshot=True) as connection:
        names = repository.select_people(connection, actor.org_id, told)
    items = [tell_alarm(one, names.get(one.rep_id) if one.rep_id else None) for one in alarms]
    return AlarmsRead(first, last, items)


def _for_alarms(day: DayResult) -> DayResult:
    """Leave out what no alarm looks at: of a large team's months it would fill the memory."""
    plan = msgspec.structs.replace(day.plan, stops=()) if day.plan else None
    return msgspec.structs.replace(day, plan=plan, driven=None, visits=())


def get_day(
    db: Database,
    actor: Actor,
    rep_id: UUID,
    on_date: date,
    engines: Engines,
    *,
    now: datetime,
) -> DayActual:
    """Return one person's day, planned and actual; NotFound for another's, or nobody.

    It tells where they drove: the person can read who looked.
    """
    whose(actor, rep_id)
    ground = read_ground(db, actor.org_id, on_date, on_date, rep_id=rep_id)
    driven, _ = settle(db, actor.org_id, ground, engines, now=now)
    key = (rep_id, on_date)
    result = measure_day(
        rep_id, ground.plans.get(key), ground.visits.get(key, ()), driven.get(key), now=now
    )
    with db.for_org(actor.org_id, snapshot=True) as connection:
        names = repository.select_people(connection, actor.org_id, [rep_id])
        if rep_id not in names:
            raise NotFound("There is no such person in your organisation.")
        due = repository.select_due(connection, actor.org_id, [rep_id], on_date, on_date)
        objections = objection_repository.select_objections(
            connection, actor.org_id, rep_id=rep_id, on_date=on_date
        )
    with db.for_org(actor.org_id) as connection:
        note_looks(connection, actor, [rep_id], on_date, "track", now=now)
    plan = result.plan
    return DayActual(
        rep_id=rep_id,
        rep_name=names[rep_id],
        on_date=on_date,
        route_id=plan.id if plan else None,
        planned_line=plan.line if plan else None,
        planned_m=plan.distance_m if plan else None,
        measures=tell_measures(
            result.tally,
            due=sum(one.due for one in due),
            covered=sum(one.covered for one in due),
        ),
        visits=[tell_visit(one) for one in result.visits],
        mileage=tell_mileage(driven.get(key)),
        objections=objections,
    )


def get_route_actual(
    db: Database, actor: Actor, route_id: UUID, engines: Engines, *, now: datetime
) -> DayActual:
    """Return what became of a route's day, measured against the plan in use of that day."""
    with db.for_org(actor.org_id, snapshot=True) as connection:
        route = routes.get_route(connection, actor, route_id)
    return get_day(db, actor, route.rep_id, route.on_date, engines, now=now)


def _check_trace_day(actor: Actor, on_date: date, today: date) -> bool:
    """Say whether a day is one of those that only planners send traces of; raise Malformed."""
    if on_date < _FIRST_TRACE_DAY:
        raise malformed_field("on_date", f"The day is before {_FIRST_TRACE_DAY}.")
    is_old = (today - on_date).days > TRACE_DAYS
    if is_old and not actor.is_planner:
        raise malformed_field(
            "on_date",
            f"The day is more than {TRACE_DAYS} days ago: ask a manager to send its trace.",
            code="trace_too_old",
        )
    return is_old


def keep_trace(
    connection: sa.Connection,
    actor: Actor,
    on_date: date,
    points: Sequence[TracePoint],
    *,
    rep_id: UUID | None,
    now: datetime,
) -> TraceRead:
    """Keep positions of a day, each once; raise Malformed, Forbidden or NotFound.

    Days of more than two weeks ago are kept from planners only, and that is written down: their
    mileage was told. What is of another day or of the future is left out and counted. When nothing
    is left, nothing is kept and the answer says why.
    """
    rep = UserId(rep_id or actor.user_id)
    if actor.role is Role.ANALYST:
        raise Forbidden("Analysts read traces; they do not send them.")
    if rep != actor.user_id and not actor.is_planner:
        raise Forbidden("Only managers send somebody else's trace.")
    person = candidate_repository.find_rep(connection, actor.org_id, rep)
    if person is None:
        raise NotFound("There is no such person in your organisation.")
    is_old = _check_trace_day(actor, on_date, now.astimezone(ZoneInfo(person.time_zone)).date())
    near = LonLat(*person.base) if person.base else None
    clean = clean_points(points, on_date, zone=ZoneInfo(person.time_zone), now=now, near=near)
    if not clean.fixes:
        raise malformed_field(
            "points",
            f"None of the positions can be kept: {clean.other_day} are of another day than "
            f"{on_date}, {clean.in_future} of the future, {clean.nowhere} at no place.",
            code="trace_empty",
        )
    kept = trace_repository.lock_trace(connection, actor.org_id, rep, on_date)
    merged = merge_fixes(kept, clean.fixes)
    check_count(len(merged))
    if len(merged) > len(kept):
        trace_repository.write_trace(connection, actor.org_id, rep, on_date, merged)
    added = len(merged) - len(kept)
    if is_old and added:
        detail = {"on_date": on_date.isoformat(), "added": added}
        audit.record(
            connection, actor, "trace.send_old", subject="app_user", subject_id=rep, detail=detail
        )
    left_out = clean.other_day + clean.in_future + clean.nowhere
    return TraceRead(
        rep_id=rep,
        on_date=on_date,
        received=len(points),
        added=added,
        repeated=len(points) - left_out - added,
        other_day=clean.other_day,
        in_future=clean.in_future,
        nowhere=clean.nowhere,
        kept=len(merged),
    )
