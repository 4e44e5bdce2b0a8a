"""What stays of an absent rep's day when it is dealt out: the visits begun, their route and way."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.db.tenancy import Database
from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import repository
from backend.routes.day.problem import DayProblem
from backend.routes.day.schedule import schedule_in_order
from backend.routes.drafts import Draft, Frozen, write_route
from backend.routes.replanning import Standing, clock_of, go_on, how_it_stands
from backend.routes.schemas import (
    PlanRequest,
    ReplanRequest,
    TeamMember,
    TeamRequest,
    VisitOfKind,
)
from backend.routes.service import Prepared, prepare
from backend.routes.team_pool import alone, with_kinds, with_open
from backend.routes.team_standing import (
    check_begun_as_read,
    check_same_plan,
    former_request,
    still_open,
)

_LAST_S = 24 * 3600 - 1
"""The last second of a day, where a visit of it is to be over."""


class Absence(msgspec.Struct, frozen=True):
    """An absent rep's day: the visits begun and, where a plan had any of them, what stays of it."""

    rep_id: UserId
    begun_ids: frozenset[UUID]
    begun: "BegunDay | None"
    rest: PlanRequest | None
    """What was asked for the day's plan, as far as it is to come; None without a plan."""


class BegunDay(msgspec.Struct, frozen=True):
    """A plan of which visits were begun: what is left of it to deal out, and what stays."""

    stands: Standing
    ended_s: int
    """When the last of the visits begun was to be over, in seconds after midnight."""
    rest: PlanRequest
    frozen: Frozen

    @property
    def open_ids(self) -> tuple[UUID, ...]:
        """Return the accounts that others are to visit, as far as they can."""
        return still_open(self.stands, self.rest)


def read_absences(db: Database, actor: Actor, request: TeamRequest) -> dict[UUID, Absence]:
    """Return how the absent reps' days stand; raise as `how_it_stands` does."""
    return {one: _read(db, actor, UserId(one), request) for one in request.absent_ids}


def prepare_absent(
    db: Database,
    actor: Actor,
    request: TeamRequest,
    absence: Absence,
    kinds: Sequence[VisitOfKind],
) -> Prepared:
    """Return what of an absent rep's day others are to visit, and what was agreed about it."""
    asked = with_kinds(alone(request, TeamMember(rep_id=absence.rep_id), absence.rest), kinds)
    prepared = prepare(db, actor, absence.rep_id, asked, is_absent=True)
    return with_open(db, actor, prepared, absence.begun.open_ids if absence.begun else ())


def write_absence(
    connection: sa.Connection,
    actor: Actor,
    request: TeamRequest,
    absence: Absence,
    prepared: Prepared,
) -> None:
    """Keep the visits begun as the rep's route of the day, and cancel what else was planned.

    Raises Conflict when the rep began a visit since the day was read: another may be sent there.
    """
    name, begun = prepared.rep.full_name, absence.begun
    if begun is not None:
        check_same_plan(connection, actor, name, begun.stands.route.id)
        write_route(connection, actor, _draft(absence.rep_id, begun, prepared))
    else:
        known = repository.retire_route(connection, actor.org_id, absence.rep_id, request.on_date)
        open_ids = [one.id for one in known if one.is_open]
        repository.cancel_visits(connection, actor.org_id, open_ids)
    check_begun_as_read(connection, actor, absence.rep_id, name, request, absence.begun_ids)


def _read(db: Database, actor: Actor, rep_id: UserId, request: TeamRequest) -> Absence:
    with db.for_org(actor.org_id, snapshot=True) as connection:
        routes = repository.select_routes(
            connection, actor.org_id, on_date=request.on_date, rep_id=rep_id
        )
        begun = repository.select_begun(connection, actor.org_id, rep_id, request.on_date)
        former = former_request(connection, actor, request, rep_id)
    ids = frozenset(one.id for one in begun)
    if former is None or not ids:
        return Absence(rep_id, ids, None, former)
    stands = how_it_stands(db, actor, routes[0].id)
    if not stands.done:
        return Absence(rep_id, ids, None, former)
    day = _begun_day(stands)
    rest = msgspec.structs.replace(day.rest, given_ids=former.given_ids)
    return Absence(rep_id, ids, day, rest)


def _begun_day(stands: Standing) -> BegunDay:
    over = max(stop.leave_at for stop in stands.done) - stands.midnight
    ended_s = min(max(int(over.total_seconds()), 0), _LAST_S)
    since_midnight = timedelta(seconds=ended_s)
    at = clock_of(since_midnight)
    rest, frozen = go_on(stands, ReplanRequest(at=at), stands.midnight + since_midnight)
    return BegunDay(stands, ended_s, rest, frozen)


def _draft(rep_id: UserId, day: BegunDay, prepared: Prepared) -> Draft:
    """Return a day that is over with its last visit begun: the others make what was left."""
    route, here = day.stands.route, day.stands.done[-1].location
    nothing_left = DayProblem(
        stops=(),
        start=0,
        end=0,
        durations_s=((0,),),
        distances_m=((0,),),
        shift_start_s=day.ended_s,
        shift_end_s=day.ended_s + 1,
        is_estimate=route.is_estimate,
        seed=route.seed,
    )
    plan = schedule_in_order(nothing_left, ())
    given = [*day.rest.given_ids, *(one.id for one in prepared.candidates)]
    return Draft(
        request=msgspec.structs.replace(
            day.rest, account_ids=[], appointments=[], given_ids=list(dict.fromkeys(given))
        ),
        rep_id=rep_id,
        midnight=day.stands.midnight,
        candidates=(),
        excluded=prepared.excluded,
        problem=nothing_left,
        plan=msgspec.structs.replace(plan, engine=route.engine),
        line=(),
        points=(LonLat(*here),),
        frozen=day.frozen,
        replaces=route.id,
    )
