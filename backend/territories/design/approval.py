"""A scenario proposed, approved by another planner, taken back; what was done with a design."""

from uuid import UUID

import sqlalchemy as sa

from backend.api.problems import Conflict
from backend.identity.actor import Actor
from backend.territories.design import repository
from backend.territories.design.schemas import (
    Decision,
    DesignEvent,
    DesignRead,
    Withdrawal,
)
from backend.territories.design.service import get_design, get_made, record
from backend.territories.service import check_planner

_OVER = frozenset({None, "undone", "cancelled"})


def propose(
    connection: sa.Connection, actor: Actor, design_id: UUID, decision: Decision
) -> DesignRead:
    """Propose a scenario in place of one proposed before; raise Conflict for a published design."""
    check_planner(actor)
    design = get_design(connection, actor, design_id, is_locked=True)
    check_unpublished(design)
    get_made(connection, actor, design, decision.scenario)
    repository.write_proposal(
        connection, actor.org_id, design_id, decision.scenario, by=actor.user_id
    )
    detail: dict[str, object] = {"scenario": decision.scenario, "note": decision.note.strip()}
    record(connection, actor, "territory_design.propose", design_id, detail)
    return get_design(connection, actor, design_id)


def approve(
    connection: sa.Connection, actor: Actor, design_id: UUID, decision: Decision
) -> DesignRead:
    """Approve the scenario that is proposed; raise Conflict for one's own, and for another."""
    check_planner(actor)
    design = get_design(connection, actor, design_id, is_locked=True)
    check_unpublished(design)
    if design.proposed_scenario != decision.scenario:
        raise Conflict(
            f"The scenario {decision.scenario} is not proposed"
            + (f", {design.proposed_scenario} is" if design.proposed_scenario else "")
            + ": look at what is, or propose it.",
            code="scenario_not_proposed",
        )
    if design.approved_by is not None:
        return design
    if design.proposed_by == actor.user_id and not design.has_one_planner:
        raise Conflict(
            "You proposed this scenario yourself: another manager or administrator approves it.",
            code="own_proposal",
        )
    repository.write_approval(connection, actor.org_id, design_id, by=actor.user_id)
    detail: dict[str, object] = {"scenario": decision.scenario, "note": decision.note.strip()}
    record(connection, actor, "territory_design.approve", design_id, detail)
    return get_design(connection, actor, design_id)


def withdraw(
    connection: sa.Connection, actor: Actor, design_id: UUID, request: Withdrawal
) -> DesignRead:
    """Take a proposal back, or turn it down; raise Conflict where there is none."""
    check_planner(actor)
    design = get_design(connection, actor, design_id, is_locked=True)
    check_unpublished(design)
    if design.proposed_scenario is None:
        raise Conflict(
            "No scenario of this design is proposed: there is nothing to take back.",
            code="scenario_not_proposed",
        )
    repository.write_proposal(connection, actor.org_id, design_id, None, by=actor.user_id)
    detail: dict[str, object] = {
        "scenario": design.proposed_scenario,
        "note": request.note.strip(),
    }
    record(connection, actor, "territory_design.withdraw", design_id, detail)
    return get_design(connection, actor, design_id)


def list_history(connection: sa.Connection, actor: Actor, design_id: UUID) -> list[DesignEvent]:
    """Return what was done with a design and with what was published of it, the first first."""
    get_design(connection, actor, design_id)
    return repository.select_history(connection, actor.org_id, design_id)


def check_unpublished(design: DesignRead) -> None:
    """Raise Conflict for a design of which something is planned for a day, or holds."""
    if design.publication not in _OVER:
        raise Conflict(
            f"The scenario “{design.published_scenario}” of this design was published: undo its "
            "realignment or call it off, then this can be done.",
            code="design_published",
        )
