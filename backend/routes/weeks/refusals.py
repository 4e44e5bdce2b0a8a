"""Why a coverage plan cannot be asked for, or used, as its record stands."""

from backend.api.problems import Conflict, FieldError
from backend.routes.weeks.schemas import CoveragePlanRead


def under_way(rep_name: str) -> Conflict:
    """Return the conflict of a person of whom one plan is being made."""
    sentence = (
        f"The weeks of {rep_name} are being planned already: wait for that plan, or cancel it."
    )
    return Conflict(sentence, code="coverage_under_way", errors=[FieldError("rep_ids", sentence)])


def not_done(plan: CoveragePlanRead) -> Conflict:
    """Return the conflict of a plan that has no days yet, or never will."""
    return Conflict(
        f"This plan is {plan.status}: only one that is done can be accepted, replayed or compared.",
        code="coverage_not_done",
    )
