"""Who of a team may visit what on a day, and what was agreed about it before."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from backend.api.problems import malformed_field
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes import candidate_repository
from backend.routes.candidate_repository import Candidate
from backend.routes.schemas import PlanRequest, TeamMember, TeamRequest, VisitOfKind
from backend.routes.service import Prepared

_MOST_CANDIDATES = 400
MOST_OF_ONE = 120
"""So many accounts one rep may be asked to consider."""


class Pool(msgspec.Struct, frozen=True):
    """What the team may visit, each account once, and whose it is; everybody's where none is."""

    candidates: tuple[Candidate, ...]
    owners: tuple[frozenset[UUID], ...]


def kinds_of(request: TeamRequest, former: Iterable[PlanRequest]) -> list[VisitOfKind]:
    """Return the kinds of visits that people chose before, or now for the team."""
    wishes = [*(wish for one in former for wish in one.visit_kinds), *request.visit_kinds]
    return list({wish.account_id: wish for wish in wishes}.values())


def with_kinds(asked: PlanRequest, kinds: Sequence[VisitOfKind]) -> PlanRequest:
    """Return a day with what visits are for, whoever of the team makes them."""
    return msgspec.structs.replace(asked, visit_kinds=list(kinds))


def alone(request: TeamRequest, member: TeamMember, former: PlanRequest | None) -> PlanRequest:
    """Return a member's day as if there were no team; what people agreed and chose stays."""
    kept = former or PlanRequest(on_date=request.on_date)
    wanted = dict.fromkeys([*kept.account_ids, *request.account_ids])
    return PlanRequest(
        on_date=request.on_date,
        rep_id=member.rep_id,
        start=member.start,
        end=member.end,
        shift_start=member.shift_start or kept.shift_start,
        shift_end=member.shift_end or kept.shift_end,
        lunch_minutes=request.lunch_minutes,
        lunch_earliest=request.lunch_earliest,
        lunch_latest=request.lunch_latest,
        max_travel_minutes=kept.max_travel_minutes,
        max_distance_m=kept.max_distance_m,
        account_ids=[one for one in wanted if one not in kept.excluded_ids],
        appointments=kept.appointments,
        excluded_ids=kept.excluded_ids,
        given_ids=kept.given_ids,
        visit_lengths=kept.visit_lengths,
        visit_kinds=kept.visit_kinds,
        max_candidates=min(max(request.max_candidates, len(wanted)), MOST_OF_ONE),
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
            if candidate.is_required or candidate.id not in found:
                found[candidate.id] = candidate
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


def with_open(db: Database, actor: Actor, one: Prepared, open_ids: Sequence[UUID]) -> Prepared:
    """Return a day with what its plan has still to visit among the candidates, due or not."""
    request, known = one.request, {candidate.id for candidate in one.candidates}
    missing = [account_id for account_id in open_ids if account_id not in known]
    if not missing or request.rep_id is None:
        return one
    with db.for_org(actor.org_id, snapshot=True) as connection:
        found = candidate_repository.select_candidates(
            connection,
            actor.org_id,
            UserId(request.rep_id),
            request.on_date,
            near=one.start,
            required=missing,
            excluded=request.excluded_ids,
            limit=len(missing),
            kinds={wish.account_id: wish.kind for wish in request.visit_kinds},
        )
    # They were asked for by name to be found; nobody has said that they must be visited.
    left = [msgspec.structs.replace(candidate, is_required=False) for candidate in found]
    return msgspec.structs.replace(one, candidates=(*one.candidates, *left))


def together(present: Sequence[Prepared], absent: Sequence[Prepared]) -> PlanRequest:
    """Return the members' days as one: from the first shift to the last, with everybody's wishes.

    What was agreed with the accounts of who is absent is kept by whoever visits them. What visits
    are for is the same in every day of the team.
    """
    asked = [one.request for one in present]
    wishes = [*asked, *(one.request for one in absent)]
    agreed = {wish.account_id: wish for one in wishes for wish in one.appointments}
    lengths = {wish.account_id: wish for one in wishes for wish in one.visit_lengths}
    return msgspec.structs.replace(
        asked[0],
        shift_start=min(one.shift_start for one in asked),
        shift_end=max(one.shift_end for one in asked),
        account_ids=list(dict.fromkeys(key for one in wishes for key in one.account_ids)),
        appointments=list(agreed.values()),
        visit_lengths=list(lengths.values()),
    )
