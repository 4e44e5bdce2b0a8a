"""What each choice that people made about a day costs: the day is planned without it too."""

import time
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from backend.api.problems import Unavailable, malformed_field
from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import UserId
from backend.routes.adjusting import as_it_stands
from backend.routes.changes import change_of_plan
from backend.routes.day.plan import DayPlan
from backend.routes.engines import Engines
from backend.routes.replanning import how_it_stands
from backend.routes.schemas import ChoiceCost, ChoiceKind, PlanRequest
from backend.routes.service import prepare, solve, survey_ground
from backend.routes.survey import Way

_MOST_AT_ONCE = 24
_MOST_SECONDS = 15.0


def price_choices(
    db: Database,
    actor: Actor,
    route_id: UUID,
    engines: Engines,
    *,
    account_id: UUID | None,
    now: datetime,
) -> list[ChoiceCost]:
    """Return what the choices cost on what is left of a day; those about one account, when asked.

    Raises as `replan_day` does, and Malformed for more choices than can be priced at once.
    """
    stands = how_it_stands(db, actor, route_id)
    rep_id = UserId(stands.route.rep_id)
    asked, frozen = as_it_stands(stands, stands.former, None, now)
    lifted = [one for one in _lifted(asked) if account_id in {None, one[1]}]
    if len(lifted) > _MOST_AT_ONCE:
        raise malformed_field(
            "account_id", f"The day has {len(lifted)} choices: ask for those of one account."
        )
    if not lifted:
        return []
    deadline = time.monotonic() + _MOST_SECONDS
    with_all = _plan(db, actor, rep_id, asked, engines, frozen.way)
    costs = []
    for kind, account, without in lifted:
        if time.monotonic() > deadline:
            raise Unavailable(
                "Pricing all choices takes too long: ask for those of one account.",
                code="solver_failed",
            )
        plan = _plan(db, actor, rep_id, without, engines, frozen.way)
        costs.append(ChoiceCost(kind, account, change_of_plan(plan, with_all)))
    return costs


def _lifted(asked: PlanRequest) -> Iterator[tuple[ChoiceKind, UUID | None, PlanRequest]]:
    """Yield every choice with the request as it is without it."""
    if asked.order:
        yield "order", None, msgspec.structs.replace(asked, order=[])
    for account in asked.account_ids:
        free = [one for one in asked.account_ids if one != account]
        order = [one for one in asked.order if one != account]
        yield "must_visit", account, msgspec.structs.replace(asked, account_ids=free, order=order)
    for account in asked.excluded_ids:
        kept = [one for one in asked.excluded_ids if one != account]
        yield "excluded", account, msgspec.structs.replace(asked, excluded_ids=kept)
    for agreed in asked.appointments:
        kept_in = list(dict.fromkeys([*asked.account_ids, agreed.account_id]))
        rest = [one for one in asked.appointments if one != agreed]
        without = msgspec.structs.replace(asked, appointments=rest, account_ids=kept_in)
        yield "appointment", agreed.account_id, without
    for length in asked.visit_lengths:
        others = [one for one in asked.visit_lengths if one != length]
        without = msgspec.structs.replace(asked, visit_lengths=others)
        yield "visit_length", length.account_id, without
    for purpose in asked.visit_kinds:
        usual = [one for one in asked.visit_kinds if one != purpose]
        without = msgspec.structs.replace(asked, visit_kinds=usual)
        yield "visit_kind", purpose.account_id, without


def _plan(
    db: Database,
    actor: Actor,
    rep_id: UserId,
    request: PlanRequest,
    engines: Engines,
    so_far: Way,
) -> DayPlan:
    prepared = prepare(db, actor, rep_id, request)
    ground = survey_ground(prepared, engines.network(request.profile))
    return solve(prepared, ground, engines, so_far=so_far)[1]
