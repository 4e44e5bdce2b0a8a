"""Asking for coverage plans: whose weeks, what is wrong with the wish, one record and job each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend import jobs
from backend.accounts.frequency import CYCLE_WEEKS, FrequencyError, parse_frequency
from backend.api.problems import FieldError, NotFound, Problem, malformed_field
from backend.identity.actor import Actor, Role
from backend.ids import OrgId, UserId, new_id
from backend.routes.candidate_repository import Rep, find_rep
from backend.routes.coverage.account import WEEK, CoverageError
from backend.routes.coverage.problem import MAX_ACCOUNTS
from backend.routes.service import check_planner
from backend.routes.weeks import repository
from backend.routes.weeks.calendar import first_monday, first_open_day
from backend.routes.weeks.ground_repository import Held, select_held, select_reps_of_team
from backend.routes.weeks.refusals import under_way
from backend.routes.weeks.schemas import MAX_REPS, CoverageRequest, PlansAsked, RepLeftOut
from backend.routes.weeks.sharing import share_accounts
from backend.routes.weeks.statement import check_weeks
from backend.territories.assignment_repository import today_of

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_NAMED = 5
"""How many wrong ids, or people, a problem lists."""
_FIELDS = {
    "lunch.latest_s": "lunch_latest",
    "lunch.earliest_s": "lunch_earliest",
    "lunch.duration_s": "lunch_minutes",
    "country": "weekdays",
}
"""What the request calls a field of the weeks."""


def start_plans(connection: sa.Connection, actor: Actor, request: CoverageRequest) -> PlansAsked:
    """Ask for one plan a rep; who has no weeks to plan now is left out, and told with the reason.

    Raises Malformed, Forbidden and NotFound for a request that is wrong whoever is planned, and
    the reason of those left out where nobody remains.
    """
    if not _FIRST_DAY <= request.from_on <= _LAST_DAY:
        years = f"{_FIRST_DAY.year} to {_LAST_DAY.year}"
        raise malformed_field("from_on", f"The first day is not within {years}.")
    reps = {
        rep_id: _get_rep(connection, actor, rep_id)
        for rep_id in _wanted(connection, actor, request)
    }
    _check_rules(request)
    today = today_of(connection, actor.org_id)
    for rep in reps.values():
        _check_weeks(request, rep.country, today)
    held = {rep_id: select_held(connection, actor.org_id, rep_id, request) for rep_id in reps}
    _check_named(request, held.values())
    found = _enqueue_all(connection, actor, request, reps, held)
    plan_ids = [one for one in found.values() if isinstance(one, UUID)]
    problems = {rep_id: one for rep_id, one in found.items() if isinstance(one, Problem)}
    if not plan_ids:
        raise _all_left_out(list(problems.values()))
    return PlansAsked(
        plans=[
            repository.select_plans(connection, actor.org_id, plan_id=plan_id)[0]
            for plan_id in plan_ids
        ],
        left_out=[
            RepLeftOut(rep_id, reps[rep_id].full_name, problem.code, problem.detail)
            for rep_id, problem in problems.items()
        ],
    )


def _enqueue_all(
    connection: sa.Connection,
    actor: Actor,
    request: CoverageRequest,
    reps: Mapping[UserId, Rep],
    held: Mapping[UserId, Sequence[Held]],
) -> dict[UserId, UUID | Problem]:
    """Return the new plan of each rep, or why there is none.

    An account that several of them hold goes to one, also where that one's weeks are being planned
    already.
    """
    found: dict[UserId, UUID | Problem] = {}
    bases = {}
    for rep_id, rep in reps.items():
        lack = _lack(rep, held[rep_id])
        if lack is not None:
            found[rep_id] = lack
        elif rep.base is not None:
            bases[rep_id] = rep.base
    others = share_accounts(bases, {rep_id: held[rep_id] for rep_id in bases})
    for rep_id in bases:
        left = [one for one in held[rep_id] if one.id not in others[rep_id]]
        only = [one.id for one in left] if others[rep_id] else request.account_ids
        own = msgspec.structs.replace(request, rep_ids=[rep_id], team_id=None, account_ids=only)
        found[rep_id] = (
            _lack_of_share(reps[rep_id], left)
            or _enqueue(connection, actor, rep_id, own)
            or under_way(reps[rep_id].full_name)
        )
    return found


def _wanted(connection: sa.Connection, actor: Actor, request: CoverageRequest) -> Sequence[UserId]:
    if request.team_id is not None:
        if request.rep_ids:
            raise malformed_field("team_id", "Name reps or a team, not both.")
        team = select_reps_of_team(connection, actor.org_id, request.team_id)
        if team is None:
            raise NotFound("There is no such team in your organisation.")
        if not team:
            raise malformed_field("team_id", "The team has no active rep: add one, or name reps.")
        if len(team) > MAX_REPS:
            raise malformed_field(
                "team_id", f"The team has {len(team)} reps: name {MAX_REPS} of them at a time."
            )
        return team
    if request.rep_ids:
        return [UserId(one) for one in dict.fromkeys(request.rep_ids)]
    if actor.role is Role.REP:
        return [actor.user_id]
    raise malformed_field("rep_ids", "Say whose weeks are planned: name reps or a team.")


def _get_rep(connection: sa.Connection, actor: Actor, rep_id: UserId) -> Rep:
    check_planner(actor, rep_id)
    rep = find_rep(connection, actor.org_id, rep_id)
    if rep is None:
        raise NotFound(f"There is no person {rep_id} in your organisation.")
    if not rep.is_active:
        raise malformed_field("rep_ids", f"{rep.full_name} is not active any more.")
    return rep


def _check_rules(request: CoverageRequest) -> None:
    counts = Counter(rule.account_id for rule in request.rules)
    for index, rule in enumerate(request.rules):
        field = f"rules[{index}]"
        if counts[rule.account_id] > 1:
            raise malformed_field(
                f"{field}.account_id", "This account has two rules: put them into one."
            )
        least, most = rule.min_gap_days, rule.max_gap_days
        if least is not None and most is not None and least > most:
            raise malformed_field(
                f"{field}.max_gap_days",
                f"{least} days at least and {most} at most is no number: swap the two.",
            )
        if rule.frequency is not None:
            try:
                parse_frequency(rule.frequency)
            except FrequencyError as error:
                raise malformed_field(
                    f"{field}.frequency", str(error), code="frequency_unreadable"
                ) from error


def _check_weeks(request: CoverageRequest, country: str, today: date) -> None:
    """Raise Malformed for weeks without a day of work, or a day that contradicts itself."""
    if request.shift_start >= request.shift_end:
        raise malformed_field(
            "shift_end", "The shift ends before it starts: give a later end, on the same day."
        )
    try:
        check_weeks(request, country, today)
    except CoverageError as error:
        if error.field == "workdays":
            raise malformed_field("weekdays", error.detail, code="no_workday") from error
        raise malformed_field(_FIELDS.get(error.field, error.field), error.detail) from error


def _lack(rep: Rep, held: Sequence[Held]) -> Problem | None:
    """Return why a rep with these accounts has no weeks to plan, None for one who has."""
    if not held:
        return malformed_field(
            "rep_ids",
            f"{rep.full_name} has no account to visit: assign a territory, or leave them out.",
            code="no_accounts",
        )
    if rep.base is None or all(one.location is None for one in held):
        return malformed_field(
            "rep_ids",
            f"None of the {len(held)} accounts of {rep.full_name} is on the map: set their places.",
            code="no_accounts",
        )
    return None


def _lack_of_share(rep: Rep, left: Sequence[Held]) -> Problem | None:
    """Return why what sharing left of a rep's accounts makes no weeks, None where it does."""
    if not left:
        return malformed_field(
            "rep_ids",
            f"All accounts of {rep.full_name} go to colleagues who hold them too: assign a "
            "territory of their own, or plan them alone.",
            code="no_accounts",
        )
    if len(left) > MAX_ACCOUNTS:
        return malformed_field(
            "rep_ids",
            f"{rep.full_name} has {len(left)} accounts: a plan takes {MAX_ACCOUNTS}. Divide the "
            "territory among reps, or exclude some.",
            code="too_many_accounts",
        )
    return _lack(rep, left)


def _all_left_out(problems: Sequence[Problem]) -> Problem:
    """Return the first problem, in the words of them all."""
    words = " ".join(problem.detail for problem in problems[:_NAMED])
    first = problems[0]
    return type(first)(words, code=first.code, errors=[FieldError("rep_ids", words)])


def _check_named(request: CoverageRequest, held: Iterable[Sequence[Held]]) -> None:
    """Raise Malformed for accounts that none of the reps plans."""
    known = {one.id for accounts in held for one in accounts}
    named = {
        "rules": [rule.account_id for rule in request.rules],
        "account_ids": request.account_ids or [],
    }
    for field, ids in named.items():
        unknown = [str(one) for one in ids if one not in known]
        if unknown:
            names = ", ".join(unknown[:_NAMED])
            raise malformed_field(field, f"None of these reps plans these accounts: {names}.")


def _enqueue(
    connection: sa.Connection, actor: Actor, rep_id: UserId, request: CoverageRequest
) -> UUID | None:
    """Return the new plan; None for a rep whose weeks are being planned already."""
    first_on = first_monday(request.from_on)
    plan_id = new_id()
    is_new = repository.insert_plan(
        connection,
        actor.org_id,
        {
            "id": plan_id,
            "rep_id": rep_id,
            "created_by": actor.user_id,
            "first_on": first_on,
            "from_on": first_open_day(request, today_of(connection, actor.org_id)),
            "weeks": request.weeks,
            "cycle_week": _cycle_week(connection, actor.org_id, rep_id, request, first_on),
            "request": msgspec.json.encode(request).decode(),
        },
    )
    if not is_new:
        return None
    jobs.enqueue_behind(connection, "routes.plan_coverage", org_id=actor.org_id, plan_id=plan_id)
    return plan_id


def _cycle_week(
    connection: sa.Connection,
    org_id: OrgId,
    rep_id: UserId,
    request: CoverageRequest,
    first_on: date,
) -> int:
    """Return which week of the cycle the first one is, from 0."""
    if request.cycle_week is not None:
        return request.cycle_week - 1
    last = repository.find_cycle(connection, org_id, rep_id)
    if last is None:
        return 0
    begun_on, week = last
    return (week + (first_on - begun_on).days // WEEK) % CYCLE_WEEKS
