"""Import of a CSV or XLSX file: tried or done, whole or without its bad rows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa

from backend.accounts.importing.columns import Columns, find_columns
from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.osm import write_audit
from backend.accounts.importing.report import ImportReport, Tally
from backend.accounts.importing.repository import Origin, Stored, store
from backend.accounts.importing.rows import read_rows
from backend.accounts.importing.sheets import read_sheet
from backend.accounts.repository import country_of
from backend.api.problems import FieldError, Malformed
from backend.geo.vocabulary import OnProgress
from backend.identity.actor import Actor
from backend.ids import OrgId


class SheetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a sheet, and what to do with it."""

    mapping: Mapping[str, str] = {}
    """A field's heading, "" to leave it out; what is not named is guessed."""
    encoding: Encoding = Encoding.AUTO
    is_dry_run: bool = False
    """Say what would happen; write nothing."""
    skips_bad_rows: bool = False
    """Take the good rows; otherwise one bad row stops the whole file."""


def import_sheet(
    connection: sa.Connection,
    org_id: OrgId,
    content: bytes,
    options: SheetOptions,
    *,
    actor: Actor | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Take the rows as accounts in the caller's transaction; the same file again changes nothing.

    Raise Malformed for a file that cannot be read, or for bad rows that may not be skipped.
    """
    sheet = read_sheet(content, encoding=options.encoding)
    columns = find_columns(sheet.headings, options.mapping)
    country, tally = country_of(connection, org_id), Tally()
    records = read_rows(sheet.rows, columns, country, tally)
    with trial(connection, is_trial=options.is_dry_run):
        stored = store(connection, org_id, _origin(columns), records, on_progress)
    report = _report(stored, tally, columns, is_dry_run=options.is_dry_run)
    if options.is_dry_run:
        return report
    if tally.skipped and not options.skips_bad_rows:
        raise refusal(tally)
    write_audit(connection, org_id, actor, "account.import_sheet", report)
    return report


def _origin(columns: Columns) -> Origin:
    has_location = "lat" in columns.positions or "lat_lon" in columns.positions
    return Origin(
        source="sheet",
        location_source="import",
        columns=tuple(columns.positions),
        has_location=has_location,
    )


@contextmanager
def trial(connection: sa.Connection, *, is_trial: bool) -> Iterator[None]:
    """Undo what the block wrote when it is only tried: its counts are then exact."""
    if not is_trial:
        yield
        return
    connection.exec_driver_sql("SAVEPOINT import_trial")
    yield
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT import_trial")


def _report(stored: Stored, tally: Tally, columns: Columns, *, is_dry_run: bool) -> ImportReport:
    skipped = dict(tally.skipped)
    if stored.deleted_here:
        skipped["deleted_here"] = stored.deleted_here
    return ImportReport(
        taken=stored.taken,
        updated=stored.updated,
        unchanged=stored.unchanged,
        skipped=skipped,
        warnings=dict(tally.warnings),
        examples=tuple(tally.examples),
        columns=columns.used,
        ignored_columns=columns.ignored,
        is_dry_run=is_dry_run,
    )


def refusal(tally: Tally) -> Malformed:
    """Return the problem of a file whose bad rows may not be skipped."""
    bad = tally.skipped.total()
    return Malformed(
        f"{bad:,} {'row is' if bad == 1 else 'rows are'} wrong, so nothing was imported. "
        "Repair them, or choose to skip bad rows.",
        code="rows_refused",
        errors=[
            FieldError(f"{one.ref}, {one.column}", f"{one.message} (“{one.value}”)")
            for one in tally.examples
        ],
    )
