"""Where everybody of a team stands on the day: what was begun, and from where and when to go on."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Conflict, FieldError, malformed_field
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import candidate_repository, repository, survey
from backend.routes.begun import stops_of_begun, when_over
from backend.routes.candidate_repository import Rep
from backend.routes.drafts import Frozen
from backend.routes.replanning import (
    Standing,
    clock_of,
    go_on,
    how_it_stands,
    moment_of,
    time_of_day,
)
from backend.routes.schemas import PlanRequest, ReplanRequest, RouteStop, TeamMember, TeamRequest
from backend.routes.team_pool import alone

_LAST_START = time(23, 59, 58)
"""A day has at least a second left, whoever is busy."""
_WAY_OUT = "Nothing was changed: plan the team again, and what was begun stays."


class Present(msgspec.Struct, frozen=True):
    """A member's day: what was begun of it, and the rest as if there were no team.

    `frozen` is None where nothing was begun. `open_ids` are the accounts that a plan under way has
    still to visit.
    """

    rep_id: UserId
    begun_ids: frozenset[UUID]
    rest: PlanRequest
    frozen: Frozen | None = None
    replaces: UUID | None = None
    open_ids: tuple[UUID, ...] = ()


class _Known(msgspec.Struct, frozen=True):
    """What the organisation knows of a member's day."""

    rep: Rep | None
    midnight: datetime
    route_id: UUID | None
    former: PlanRequest | None
    begun: list[repository.BegunVisit]


def read_present(
    db: Database, actor: Actor, request: TeamRequest, *, now: datetime
) -> list[Present]:
    """Return how the members' days stand.

    Nobody who has not begun goes out before now while the day runs. Raises Malformed for a shift
    that is over and, where somebody has begun, for a day that is not now; else as `how_it_stands`.
    """
    return [_read(db, actor, request, member, now) for member in request.members]


def former_request(
    connection: sa.Connection, actor: Actor, request: TeamRequest, rep_id: UserId
) -> PlanRequest | None:
    """Return what was asked for a rep's present plan of the day; None when there is none.

    Accounts that were given away stay given only to reps outside the team who have yet to visit
    them: the team's own deal starts anew.
    """
    org_id, on_date = actor.org_id, request.on_date
    former = repository.find_present_request(connection, org_id, rep_id, on_date)
    if former is None:
        return None
    team = [*(one.rep_id for one in request.members), *request.absent_ids]
    given = repository.select_planned_by_others(
        connection, org_id, former.given_ids, on_date, besides=team
    )
    return msgspec.structs.replace(former, given_ids=given)


def check_same_plan(
    connection: sa.Connection, actor: Actor, name: str, replaces: UUID | None
) -> None:
    """Raise Conflict when a rep's plan is not the day's any more; the caller holds the day."""
    if replaces and not repository.is_in_use(connection, actor.org_id, replaces):
        raise _went_on(f"{name}'s day was planned anew meanwhile.")


def check_begun_as_read(
    connection: sa.Connection,
    actor: Actor,
    rep_id: UserId,
    name: str,
    request: TeamRequest,
    begun_ids: frozenset[UUID],
) -> None:
    """Raise Conflict when a rep began a visit, or took one back, since the day was read.

    The caller has written the rep's day, which keeps its visits from being begun until the end.
    """
    begun = repository.select_begun(connection, actor.org_id, rep_id, request.on_date)
    fresh = [one.name for one in begun if one.id not in begun_ids]
    if fresh:
        raise _went_on(f"{name} began the visit of {fresh[0]} meanwhile.")
    if len(begun) < len(begun_ids):
        raise _went_on(f"{name} took a visit back meanwhile.")


def _went_on(happened: str) -> Conflict:
    return Conflict(
        f"{happened} {_WAY_OUT}",
        code="team_went_on",
        errors=[FieldError(field="members", message=happened)],
    )


def still_open(stands: Standing, rest: PlanRequest) -> tuple[UUID, ...]:
    """Return the accounts that a day under way has still to visit by its plan."""
    gone = {stop.account_id for stop in stands.done} | set(rest.excluded_ids)
    return tuple(one.account_id for one in stands.route.stops if one.account_id not in gone)


def _read(
    db: Database, actor: Actor, request: TeamRequest, member: TeamMember, now: datetime
) -> Present:
    rep_id = UserId(member.rep_id)
    known = _know(db, actor, request, rep_id)
    asked = alone(request, member, known.former)
    since = now - known.midnight
    if not known.begun:
        return Present(rep_id, frozenset(), _not_before_now(asked, request, known, since))
    at = time_of_day(request.at, since)
    _check_shift(asked, known, at)
    ids = frozenset(one.id for one in known.begun)
    if known.route_id is None:
        return _unplanned(rep_id, ids, member, asked, known, at)
    stands = how_it_stands(db, actor, known.route_id)
    at = _free(at, stands.busy_until, stands.midnight)
    here = ReplanRequest(at=at, position=member.position, traffic_percent=request.traffic_percent)
    rest, frozen = go_on(_as_asked(stands, asked, member, at), here, now)
    rest = msgspec.structs.replace(rest, shift_end=max(asked.shift_end, _just_after(at)))
    return Present(rep_id, ids, rest, frozen, known.route_id, still_open(stands, rest))


def _know(db: Database, actor: Actor, request: TeamRequest, rep_id: UserId) -> _Known:
    org_id, on_date = actor.org_id, request.on_date
    with db.for_org(org_id, snapshot=True) as connection:
        rep = candidate_repository.find_rep(connection, org_id, rep_id)
        routes = repository.select_routes(connection, org_id, on_date=on_date, rep_id=rep_id)
        return _Known(
            rep,
            repository.midnight_utc(connection, on_date, rep.time_zone if rep else "UTC"),
            routes[0].id if routes else None,
            former_request(connection, actor, request, rep_id),
            repository.select_begun(connection, org_id, rep_id, on_date),
        )


def _not_before_now(
    asked: PlanRequest, request: TeamRequest, known: _Known, since: timedelta
) -> PlanRequest:
    is_running = timedelta() <= since < timedelta(days=1)
    if request.at is None and not is_running:
        return asked
    at = time_of_day(request.at, since)
    _check_shift(asked, known, at)
    return msgspec.structs.replace(asked, shift_start=max(asked.shift_start, at))


def _check_shift(asked: PlanRequest, known: _Known, at: time) -> None:
    if known.rep is not None and at >= asked.shift_end:
        raise malformed_field(
            "members",
            f"{known.rep.full_name}'s shift ends at {asked.shift_end:%H:%M} and it is {at:%H:%M}: "
            "leave that rep out, or give a later shift_end.",
        )


def _free(at: time, busy_until: datetime | None, midnight: datetime) -> time:
    """Return when a rep can go on: now, or when the visit in hand is to be over."""
    if busy_until is None or busy_until <= moment_of(midnight, at):
        return at
    return min(clock_of(busy_until - midnight), _LAST_START)


def _just_after(at: time) -> time:
    """Return the end of a shift that has time for nothing: who is busy beyond it goes home."""
    return clock_of(timedelta(seconds=survey.seconds_of(at) + 1))


def _as_asked(stands: Standing, asked: PlanRequest, member: TeamMember, at: time) -> Standing:
    """Return how a day stands for what the team asks: with its own ends, and lunch once."""
    former, lunch = stands.former, stands.route.lunch
    was_had = lunch is not None and (
        former.lunch_minutes == 0 or lunch.ends_at <= moment_of(stands.midnight, at)
    )
    wished = msgspec.structs.replace(
        asked,
        start=former.start,
        end=member.end or former.end,
        lunch_minutes=0 if was_had else asked.lunch_minutes,
    )
    route = stands.route if was_had else msgspec.structs.replace(stands.route, lunch=None)
    return msgspec.structs.replace(stands, former=wished, route=route)


def _unplanned(
    rep_id: UserId,
    ids: frozenset[UUID],
    member: TeamMember,
    asked: PlanRequest,
    known: _Known,
    at: time,
) -> Present:
    """Return the rest of a day that no plan had: it goes on from the last visit that was begun."""
    done: Sequence[RouteStop] = stops_of_begun((), known.begun)
    base = known.rep.base if known.rep else None
    gone = {stop.account_id for stop in done}
    at = _free(at, when_over((), known.begun), known.midnight)
    rest = msgspec.structs.replace(
        asked,
        start=member.position or (done[-1].location if done else base),
        end=member.end or base,
        shift_start=at,
        shift_end=max(asked.shift_end, _just_after(at)),
        account_ids=[one for one in asked.account_ids if one not in gone],
    )
    frozen = Frozen(done[0].start_at, tuple(done), ()) if done else None
    return Present(rep_id, ids, rest, frozen)
