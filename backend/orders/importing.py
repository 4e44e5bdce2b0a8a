"""Import of what was sold, or of what accounts could buy: tried or done, good rows or all."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from backend import jobs
from backend.accounts.importing.columns import Columns
from backend.accounts.importing.osm import write_audit
from backend.accounts.importing.report import ImportReport, Tally
from backend.accounts.importing.repository import Stored
from backend.accounts.importing.rows import row_problem
from backend.accounts.importing.service import SheetOptions, refusal, trial
from backend.accounts.importing.sheets import Sheet, is_workbook, read_sheet
from backend.accounts.values import ValueRefused
from backend.identity.actor import Actor
from backend.ids import OrgId
from backend.orders import import_repository
from backend.orders.headings import What, find_columns
from backend.orders.import_repository import FoundAccount, OrgFacts
from backend.orders.rows import PotentialRow, SaleRow, read_potentials, read_sales


class _Ground(msgspec.Struct, frozen=True):
    """What every row is read against."""

    sheet: Sheet
    columns: Columns
    facts: OrgFacts
    tally: Tally
    is_workbook: bool


def import_sales(
    connection: sa.Connection,
    org_id: OrgId,
    content: bytes,
    options: SheetOptions,
    what: What = "sales",
    *,
    actor: Actor | None = None,
) -> ImportReport:
    """Take a file's rows in the caller's transaction; the same file again changes nothing.

    Nothing is deleted because it is missing in a file. Raise Malformed for a file that cannot be
    read, or for bad rows that may not be skipped.
    """
    sheet = read_sheet(content, encoding=options.encoding)
    columns = find_columns(sheet.headings, options.mapping, what)
    facts = import_repository.lock_imports(connection, org_id)
    ground = _Ground(sheet, columns, facts, Tally(), is_workbook(content))
    take = _take_sales if what == "sales" else _take_potentials
    with trial(connection, is_trial=options.is_dry_run):
        stored = take(connection, org_id, ground)
    report = _report(stored, ground, is_dry_run=options.is_dry_run)
    if options.is_dry_run:
        return report
    if ground.tally.skipped and not options.skips_bad_rows:
        raise refusal(ground.tally)
    action = "sale.import" if what == "sales" else "account.import_potential"
    write_audit(connection, org_id, actor, action, report)
    if what == "sales" and stored.taken + stored.updated:
        jobs.enqueue_in_turn(connection, "insights.value_accounts", org_id=org_id)
    return report


def _take_sales(connection: sa.Connection, org_id: OrgId, ground: _Ground) -> Stored:
    rows = list(
        read_sales(
            ground.sheet.rows,
            ground.columns,
            ground.facts.today,
            ground.tally,
            is_workbook=ground.is_workbook,
        )
    )
    lines = _placed(connection, org_id, ground, rows)
    reps = import_repository.find_reps(connection, org_id, (line.rep_email for line, _ in lines))
    for line, _ in lines:
        if line.rep_email and line.rep_email not in reps:
            message = "Nobody signs in with this email: the line is taken without a rep."
            refused = ValueRefused("rep_unknown", message)
            problem = row_problem(line.row, ground.columns, "rep_email", line.rep_email, refused)
            ground.tally.warn(problem)
    return import_repository.store_sales(connection, org_id, lines, reps)


def _take_potentials(connection: sa.Connection, org_id: OrgId, ground: _Ground) -> Stored:
    rows = list(
        read_potentials(
            ground.sheet.rows,
            ground.columns,
            ground.facts.today,
            ground.tally,
            is_workbook=ground.is_workbook,
        )
    )
    kept: dict[UUID, PotentialRow] = {}
    for row, account_id in _placed(connection, org_id, ground, rows):
        first = kept.setdefault(account_id, row)
        if first is not row:
            message = f"This is the same account as row {first.row.number}: leave one of them out."
            _skip(ground, row, ValueRefused("duplicate_row", message))
    told = [(row, account_id) for account_id, row in kept.items()]
    return import_repository.store_potentials(connection, org_id, told)


def _placed[T: (SaleRow, PotentialRow)](
    connection: sa.Connection, org_id: OrgId, ground: _Ground, rows: Sequence[T]
) -> list[tuple[T, UUID]]:
    """Return the rows with their accounts; those that name none are skipped."""
    refs: Iterable[str] = (text for row in rows for text in (row.account, row.phone))
    known = import_repository.find_accounts(connection, org_id, refs, ground.facts.country)
    placed: list[tuple[T, UUID]] = []
    for row in rows:
        # A code that nobody has is passed over where there is a phone number, too.
        found = known.get(row.account) or known.get(row.phone)
        refused = _why_not(found)
        if found is None or refused is not None:
            _skip(ground, row, refused)
        else:
            placed.append((row, found.ids[0]))
    return placed


def _why_not(found: FoundAccount | None) -> ValueRefused | None:
    if found is None:
        return ValueRefused(
            "account_unknown",
            "No account has this id, code or phone number: import or create the account first.",
        )
    if not found.is_live:
        return ValueRefused(
            "account_deleted", "This account was deleted: name the one that buys now."
        )
    if len(found.ids) > 1:
        return ValueRefused(
            "account_ambiguous",
            f"{len(found.ids)} accounts have this: name one by its code or id.",
        )
    return None


def _skip(ground: _Ground, row: SaleRow | PotentialRow, refused: ValueRefused | None) -> None:
    if refused is not None:
        field, value = ("account", row.account) if row.account else ("phone", row.phone)
        ground.tally.skip([row_problem(row.row, ground.columns, field, value, refused)])


def _report(stored: Stored, ground: _Ground, *, is_dry_run: bool) -> ImportReport:
    return ImportReport(
        taken=stored.taken,
        updated=stored.updated,
        unchanged=stored.unchanged,
        skipped=dict(ground.tally.skipped),
        warnings=dict(ground.tally.warnings),
        examples=tuple(ground.tally.examples),
        columns=ground.columns.used,
        ignored_columns=ground.columns.ignored,
        is_dry_run=is_dry_run,
    )
