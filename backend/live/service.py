"""Where reps are in their working hours, how far they are with their plans, and what these are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from backend.api.problems import Forbidden, malformed_field
from backend.geo.hours import check_hours
from backend.identity import audit
from backend.identity.actor import Actor, Role
from backend.identity.looks import note_looks
from backend.ids import UserId
from backend.live import repository
from backend.live.hours import Shift, shift_of
from backend.live.repository import Seen, Worker
from backend.live.schemas import (
    HoursPut,
    HoursRead,
    LastPosition,
    LiveDay,
    LiveRep,
    Presence,
    Standing,
)
from backend.routes.followup.traces import StoredFix
from backend.visits.repository import is_user

_NOTHING = Standing(0, 0, 0, 0, None)


def read_live(connection: sa.Connection, actor: Actor, *, now: datetime) -> LiveDay:
    """Return the day as it runs, of all reps or one's own; who is seen is told that they were.

    Positions come within the person's working hours only, and are of these hours too.
    """
    _check_role(actor)
    ground = repository.read_ground(connection, actor.org_id)
    zone = ZoneInfo(ground.time_zone)
    on_date = now.astimezone(zone).date()
    own = actor.user_id if actor.role is Role.REP else None
    workers = repository.select_workers(connection, actor.org_id, on_date, rep_id=own)
    shifts = {
        one.id: shift_of(zone, on_date, hours=one.hours, country=ground.country, plan=_plan_of(one))
        for one in workers
    }
    # Nothing is read of who does not work now.
    at_work = [key for key, shift in shifts.items() if shift is not None and shift.holds(now)]
    seen: defaultdict[UUID, list[Seen]] = defaultdict(list)
    for one in repository.select_check_ins(connection, actor.org_id, on_date, at_work):
        seen[one.rep_id].append(one)
    fixes = repository.select_fixes(connection, actor.org_id, on_date, at_work)
    standings = repository.select_standings(connection, actor.org_id, on_date, now=now)
    reps = [
        _tell(one, shifts[one.id], seen.get(one.id, ()), fixes, standings, now)
        for one in workers
    ]  # fmt: skip
    looked_at = [one.rep_id for one in reps if one.position is not None]
    note_looks(connection, actor, looked_at, on_date, "position", now=now)
    return LiveDay(on_date, now, reps)


def last_position(
    shift: Shift, check_ins: Sequence[Seen], fixes: Sequence[StoredFix], *, now: datetime
) -> LastPosition | None:
    """Return the latest position of these hours, up to now; None when there is none."""
    found: LastPosition | None = None
    for one in check_ins:
        if one.at <= now and shift.holds(one.at) and (found is None or one.at > found.at):
            found = LastPosition(
                [one.lon, one.lat], one.accuracy_m, one.at, _age(one.at, now), "check_in"
            )
    for at_s, lon, lat, accuracy_m in reversed(fixes):
        at = datetime.fromtimestamp(at_s, UTC)
        if found is not None and at <= found.at:
            break
        if at <= now and shift.holds(at):
            return LastPosition([lon, lat], accuracy_m, at, _age(at, now), "trace")
    return found


def list_hours(connection: sa.Connection, actor: Actor) -> list[HoursRead]:
    """Return the working hours that are set; a rep gets the own ones and those of everybody."""
    own = None if actor.sees_everything else actor.user_id
    return repository.select_hours(connection, actor.org_id, rep_id=own)


def set_hours(connection: sa.Connection, actor: Actor, told: HoursPut) -> list[HoursRead]:
    """Set working hours, of one person or of everybody; raise Malformed for unreadable ones."""
    hours = (told.hours or "").strip() or None
    if hours is not None:
        problem = check_hours(hours, which="working")
        if problem:
            raise malformed_field("hours", problem, code="working_hours_invalid")
    if told.rep_id is not None and not is_user(connection, actor.org_id, UserId(told.rep_id)):
        raise malformed_field(
            "rep_id", "There is no such person in your organisation.", code="unknown_reference"
        )
    repository.write_hours(connection, actor.org_id, told.rep_id, hours, by=actor.user_id)
    audit.record(
        connection,
        actor,
        "working_hours.set",
        subject="app_user" if told.rep_id else "organisation",
        subject_id=told.rep_id or actor.org_id,
        detail={"hours": hours},
    )
    return list_hours(connection, actor)


def _tell(  # what is read of a person
    worker: Worker,
    shift: Shift | None,
    check_ins: Sequence[Seen],
    fixes: Mapping[UUID, Sequence[StoredFix]],
    standings: Mapping[UUID, Standing],
    now: datetime,
) -> LiveRep:
    standing = standings.get(worker.id, _NOTHING)
    if shift is None:
        return LiveRep(worker.id, worker.name, "no_hours", None, None, standing)
    if not shift.holds(now):
        return LiveRep(worker.id, worker.name, "outside_hours", None, None, standing)
    position = last_position(shift, check_ins, fixes.get(worker.id, ()), now=now)
    presence: Presence = "seen" if position else "not_seen"
    return LiveRep(
        worker.id, worker.name, presence, position, shift.ends_after(now), standing
    )  # fmt: skip


def _plan_of(worker: Worker) -> tuple[datetime, datetime] | None:
    if worker.starts_at is None or worker.ends_at is None:
        return None
    return worker.starts_at, worker.ends_at


def _age(at: datetime, now: datetime) -> int:
    return round((now - at).total_seconds())


def _check_role(actor: Actor) -> None:
    if actor.role is not Role.REP and not actor.is_planner:
        raise Forbidden("Only managers see where reps are, and reps themselves.")
