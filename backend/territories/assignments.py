"""Who holds a territory when, and which territory an account is in by hand."""

from uuid import UUID

import sqlalchemy as sa

from backend.accounts import repository as accounts
from backend.accounts.schemas import AccountRead
from backend.accounts.service import get_account, lock_account_in_scope
from backend.api.problems import NotFound, malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import AccountId, TerritoryId, new_id
from backend.territories import assignment_repository as repository
from backend.territories.repository import find_territory, lock_territory
from backend.territories.schemas import AssignmentCreate, AssignmentRead, Placement
from backend.territories.service import check_planner, get_territory, missing


def list_assignments(
    connection: sa.Connection, actor: Actor, territory_id: TerritoryId
) -> list[AssignmentRead]:
    """Return past, present and future holders of a territory in scope, latest first."""
    get_territory(connection, actor, territory_id)
    return repository.select_assignments(connection, actor.org_id, territory_id)


def assign(
    connection: sa.Connection, actor: Actor, territory_id: TerritoryId, data: AssignmentCreate
) -> AssignmentRead:
    """Give a territory to a rep from a day on, today when none is named."""
    check_planner(actor)
    if not lock_territory(connection, actor.org_id, territory_id):
        raise missing(territory_id)
    if not repository.is_rep(connection, actor.org_id, data.user_id):
        raise malformed_field(
            "user_id", "There is no active rep of this id in your organisation.", code="not_a_rep"
        )
    starts_on = data.valid_from or repository.today_of(connection, actor.org_id)
    if data.valid_to is not None and data.valid_to <= starts_on:
        raise malformed_field(
            "valid_to", "The last day must come after the first.", code="dates_reversed"
        )
    assignment_id = new_id()
    values = {
        "territory_id": territory_id,
        "user_id": data.user_id,
        "valid_from": starts_on,
        "valid_to": data.valid_to,
    }
    repository.insert_assignment(connection, actor.org_id, assignment_id, values)
    _record(connection, actor, "territory.assign", territory_id, data.user_id)
    return _get(connection, actor, assignment_id)


def end_assignment(connection: sa.Connection, actor: Actor, assignment_id: UUID) -> None:
    """End an assignment as of today; one that has not begun is removed.

    One that began today stays on record: what its rep captured in these hours still counts.
    """
    check_planner(actor)
    held = _get(connection, actor, assignment_id)
    today = repository.today_of(connection, actor.org_id)
    if held.valid_from > today:
        repository.delete_assignment(connection, actor.org_id, assignment_id)
    elif held.valid_to is None or held.valid_to > today:
        repository.end_assignment(connection, actor.org_id, assignment_id, today)
    else:
        return
    _record(connection, actor, "territory.unassign", held.territory_id, held.user_id)


def place_account(
    connection: sa.Connection, actor: Actor, account_id: AccountId, data: Placement
) -> AccountRead:
    """Put an account into a territory by hand, or let it go by its location again."""
    check_planner(actor)
    before = lock_account_in_scope(connection, actor, account_id)
    if data.territory_id is not None:
        if not data.is_manual:
            raise malformed_field(
                "is_manual", "By location, the territory follows from the place: leave it out."
            )
        if find_territory(connection, actor.org_id, data.territory_id) is None:
            raise malformed_field(
                "territory_id", "There is no such territory.", code="territory_unknown"
            )
    wanted: dict[str, object] = {"territory_is_manual": data.is_manual}
    if data.is_manual:
        wanted["territory_id"] = data.territory_id
    if all(getattr(before, name) == value for name, value in wanted.items()):
        return before
    accounts.update_account(connection, actor.org_id, account_id, wanted)
    after = get_account(connection, actor, account_id)
    audit.record(
        connection,
        actor,
        "account.place",
        subject="account",
        subject_id=account_id,
        detail={
            "from": str(before.territory_id),
            "to": str(after.territory_id),
            "is_manual": data.is_manual,
        },
    )
    return after


def _get(connection: sa.Connection, actor: Actor, assignment_id: UUID) -> AssignmentRead:
    found = repository.find_assignment(connection, actor.org_id, assignment_id)
    if found is None:
        raise NotFound(f"There is no assignment {assignment_id}.")
    return found


def _record(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    territory_id: TerritoryId,
    user_id: UUID,
) -> None:
    audit.record(
        connection,
        actor,
        action,
        subject="territory",
        subject_id=territory_id,
        detail={"user_id": str(user_id)},
    )
