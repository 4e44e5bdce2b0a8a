"""What the database refuses, in words: one table from constraint names to problems."""

import psycopg2.errors

from backend.api.problems import Conflict, FieldError, Malformed, Problem

# By constraint: the problem, its code, the field and a sentence.
_WORDS: dict[str, tuple[type[Problem], str, str, str]] = {
    "team_name_unique": (Conflict, "name_taken", "name", "A team of this name exists already."),
    "app_user_email_unique": (
        Conflict, "email_taken", "email", "Somebody signs in with this email already."),
    "territory_name_unique": (
        Conflict, "name_taken", "name", "A territory of this name exists already."),
    "territory_not_its_own_parent": (
        Malformed, "own_parent", "parent_id", "A territory cannot be its own parent."),
    "territory_area_valid": (
        Malformed, "area_invalid", "area", "The area is no valid shape: its edge crosses itself."),
    "assignment_dates_ordered": (
        Malformed, "dates_reversed", "valid_to", "The last day must come after the first."),
    "assignment_no_overlap": (
        Conflict, "already_assigned", "user_id",
        "This person holds the territory already in some of these days."),
    "account_source_unique": (
        Conflict, "source_ref_taken", "source_ref", "This source record was imported already."),
    "account_phone_e164": (
        Malformed, "phone_invalid", "phone", "A phone number is written like +84901234567."),
    "contact_phone_e164": (
        Malformed, "phone_invalid", "phone", "A phone number is written like +84901234567."),
    "account_location_in_world": (
        Malformed, "location_outside_world", "location",
        "The location is outside the map: longitude -180 to 180, latitude -85 to 85."),
    "account_empties_not_negative": (
        Malformed, "empties_negative", "empties_owed",
        "Nobody owes fewer than no crates: the account owes less than what was returned."),
    "visit_done_has_outcome": (
        Malformed, "outcome_missing", "outcome", "A visit that is done needs an outcome."),
    "backtest_one_at_a_time": (
        Conflict, "backtest_under_way", "rep_id",
        "A backtest of this person's days is under way: wait for it, or stop it."),
    "route_one_a_day": (
        Conflict, "route_exists", "on_date", "This person has a route for that day already."),
}  # fmt: skip


def explain_refusal(error: psycopg2.Error) -> Problem | None:
    """Return the problem behind a refusal of the database, or None when it is our own fault."""
    name = error.diag.constraint_name
    if name in _WORDS:
        kind, code, field, sentence = _WORDS[name]
        return kind(sentence, code=code, errors=[FieldError(field, sentence)])
    if isinstance(error, psycopg2.errors.ForeignKeyViolation):
        column = (name or "").removesuffix("_fkey")
        sentence = f"A record that this one names does not exist ({column})."
        return Malformed(sentence, code="unknown_reference", errors=[FieldError(column, sentence)])
    if isinstance(error, psycopg2.errors.UniqueViolation):
        return Conflict("A record with this id exists already.", code="already_exists")
    if isinstance(error, psycopg2.errors.CheckViolation):
        sentence = f"The database refuses a value ({name})."
        return Malformed(sentence, code="value_refused")
    return None
