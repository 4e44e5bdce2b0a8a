"""Who of a team may visit what on a day, and what was agreed about it before."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend.api.problems import Conflict, malformed_field
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.routes import repository
from backend.routes.candidate_repository import Candidate
from backend.routes.schemas import PlanRequest, TeamMember, TeamRequest
from backend.routes.service import Prepared

_MOST_CANDIDATES = 400


class Pool(msgspec.Struct, frozen=True):
    """What the team may visit, each account once, and whose it is; everybody's where none is."""

    candidates: tuple[Candidate, ...]
    owners: tuple[frozenset[UUID], ...]


def former_requests(db: Database, actor: Actor, request: TeamRequest) -> dict[UUID, PlanRequest]:
    """Return what was asked for the present plans; raise Conflict for a day that has begun."""
    found = {}
    with db.for_org(actor.org_id, snapshot=True) as connection:
        for member in request.members:
            check_not_begun(connection, actor, member.rep_id, request.on_date)
        for rep_id in [*(one.rep_id for one in request.members), *request.absent_ids]:
            former = repository.find_present_request(
                connection, actor.org_id, rep_id, request.on_date
            )
            if former is not None:
                found[rep_id] = former
    return found


def check_not_begun(connection: sa.Connection, actor: Actor, rep_id: UUID, on_date: date) -> None:
    """Raise Conflict where a member has begun a visit of the day."""
    if repository.select_begun(connection, actor.org_id, rep_id, on_date):
        raise Conflict(
            "A member has begun the day: leave that rep out, or plan the rest of that day alone."
        )


def alone(request: TeamRequest, member: TeamMember, former: PlanRequest | None) -> PlanRequest:
    """Return a member's day as if there were no team; what people agreed and chose stays."""
    kept = former or PlanRequest(on_date=request.on_date)
    return PlanRequest(
        on_date=request.on_date,
        rep_id=member.rep_id,
        start=member.start,
        end=member.end,
        shift_start=member.shift_start,
        shift_end=member.shift_end,
        lunch_minutes=request.lunch_minutes,
        lunch_earliest=request.lunch_earliest,
        lunch_latest=request.lunch_latest,
        account_ids=[one for one in request.account_ids if one not in kept.excluded_ids],
        appointments=kept.appointments,
        excluded_ids=kept.excluded_ids,
        visit_lengths=kept.visit_lengths,
        visit_kinds=kept.visit_kinds,
        max_candidates=max(request.max_candidates, len(request.account_ids)),
        profile=request.profile,
        traffic_percent=request.traffic_percent,
        seed=request.seed,
    )


def pool_of(request: TeamRequest, everybody: Sequence[Prepared]) -> Pool:
    """Put everybody's candidates together; those asked for by name are everybody's."""
    wanted, absent = set(request.account_ids), set(request.absent_ids)
    found: dict[UUID, Candidate] = {}
    owners: dict[UUID, set[UUID]] = {}
    for one in everybody:
        for candidate in one.candidates:
            found.setdefault(candidate.id, candidate)
            rep_id = one.request.rep_id
            if candidate.id not in wanted and rep_id is not None and rep_id not in absent:
                owners.setdefault(candidate.id, set()).add(rep_id)
    if len(found) > _MOST_CANDIDATES:
        raise malformed_field(
            "max_candidates",
            f"The team has {len(found)} candidates, more than {_MOST_CANDIDATES}: consider fewer.",
        )
    return Pool(
        tuple(found.values()),
        tuple(frozenset(owners.get(one, ())) for one in found),
    )


def together(present: Sequence[Prepared]) -> PlanRequest:
    """Return the members' days as one: from the first shift to the last, with all wishes."""
    asked = [one.request for one in present]
    return msgspec.structs.replace(
        asked[0],
        shift_start=min(one.shift_start for one in asked),
        shift_end=max(one.shift_end for one in asked),
        appointments=[wish for one in asked for wish in one.appointments],
        visit_lengths=[wish for one in asked for wish in one.visit_lengths],
    )
