"""The `tuyen import` commands: prospects from OpenStreetMap, accounts from CSV and XLSX files."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

import click
import psycopg2
from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.osm import import_osm
from backend.accounts.importing.report import ImportReport
from backend.accounts.importing.service import SheetOptions, import_sheet
from backend.api.problems import Problem
from backend.db.tenancy import Database, open_database
from backend.geo.vocabulary import GeoError, OnProgress, Progress
from backend.ids import OrgId

_SHOWN_EXAMPLES = 10
_STATEMENT_TIMEOUT_MS = 15 * 60 * 1000


class DatabaseContext(Protocol):
    """What the command line hands on: the database as the application and as its owner."""

    @property
    def app_url(self) -> str:
        """The URL of the application's role, which row-level security binds."""
        ...

    @property
    def owner_url(self) -> str:
        """The URL of the owner's role, which may look up an organisation by name."""
        ...


@click.group("import")
def import_group() -> None:
    """Bring in prospects and accounts."""


@import_group.command("osm")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organisation's name or id.")
@click.pass_obj
def import_osm_command(context: DatabaseContext, extract: Path, org: str) -> None:
    """Take the shops and buying amenities of an .osm.pbf extract as prospects."""
    with (
        opened(context, org) as (database, org_id),
        progress() as on_progress,
        database.for_org(org_id) as connection,
    ):
        report = import_osm(connection, org_id, extract, on_progress=on_progress)
    tell(report)


@import_group.command("csv")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option(
    "--mapping",
    multiple=True,
    metavar="FIELD=HEADING",
    help="A field's column, such as name=Tên; FIELD= leaves it out. The others are guessed.",
)
@click.option(
    "--encoding",
    type=click.Choice([one.value for one in Encoding]),
    default=Encoding.AUTO.value,
    show_default=True,
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Take the good rows of a file with bad ones.")
@click.pass_obj
def import_csv_command(
    context: DatabaseContext,
    sheet: Path,
    org: str,
    mapping: tuple[str, ...],
    encoding: str,
    *,
    dry_run: bool,
    skip_bad_rows: bool,
) -> None:
    """Take the rows of a CSV or XLSX file as accounts."""
    options = SheetOptions(
        mapping=read_pairs(mapping),
        encoding=Encoding(encoding),
        is_dry_run=dry_run,
        skips_bad_rows=skip_bad_rows,
    )
    with (
        opened(context, org) as (database, org_id),
        progress() as on_progress,
        database.for_org(org_id) as connection,
    ):
        report = import_sheet(
            connection, org_id, sheet.read_bytes(), options, on_progress=on_progress
        )
    tell(report)
    if dry_run and report.skipped:
        sys.exit(1)


@contextmanager
def opened(context: DatabaseContext, org: str) -> Iterator[tuple[Database, OrgId]]:
    """Open the database for one organisation; tell problems in words, with exit code 1."""
    org_id = _find_org(context.owner_url, org)
    database = open_database(
        context.app_url, connections=1, statement_timeout_ms=_STATEMENT_TIMEOUT_MS
    )
    try:
        yield database, org_id
    except Problem as problem:
        lines = [problem.detail, *(f"  {one.field}: {one.message}" for one in problem.errors)]
        raise click.ClickException("\n".join(lines)) from problem
    except GeoError as error:
        raise click.ClickException(error.message) from error
    finally:
        database.close()


def _find_org(owner_url: str, org: str) -> OrgId:
    query = "SELECT id, name FROM organisation WHERE name = %s OR id::text = %s"
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(query, (org, org.lower()))
        rows = cursor.fetchall()
        if len(rows) == 1:
            return OrgId(UUID(str(rows[0][0])))
        if rows:
            raise click.ClickException(
                f"{len(rows)} organisations are called “{org}”: name the id."
            )
        cursor.execute("SELECT name FROM organisation ORDER BY name LIMIT 10")
        names = ", ".join(f"“{row[0]}”" for row in cursor.fetchall())
    there = f"There are: {names}." if names else "There is none yet: see “tuyen user add --help”."
    raise click.ClickException(f"There is no organisation “{org}”. {there}")


def read_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return the mapping that pairs of FIELD=HEADING name."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        field, equals, heading = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"“{pair}” is not FIELD=HEADING.", param_hint="--mapping")
        mapping[field.strip()] = heading.strip()
    return mapping


class _Count(ProgressColumn):
    """How many records, and how many a second."""

    def render(self, task: Task) -> Text:
        """Return both, the total where it is known."""
        total = f"/{int(task.total):,}" if task.total is not None else ""
        speed = task.finished_speed or task.speed
        return Text(f"{int(task.completed):,}{total}" + (f"  {speed:,.0f}/s" if speed else ""))


@contextmanager
def progress() -> Iterator[OnProgress]:
    """Show each stage of long work as a line on the terminal's error stream."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        _Count(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: Progress) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(step.stage, total=None)
            bars.update(tasks[step.stage], completed=step.done, total=step.total)

        yield show


def tell(report: ImportReport) -> None:
    """Say what an import did, what it read from where, and the first problems."""
    done = "would be taken" if report.is_dry_run else "taken"
    click.echo(
        f"{report.taken:,} {done}, {report.updated:,} updated, {report.unchanged:,} unchanged."
    )
    for field, heading in report.columns.items():
        click.echo(f"  {field} from “{heading}”")
    if report.ignored_columns:
        click.echo(f"  not read: {', '.join(report.ignored_columns)}")
    for title, counts in (("Skipped", report.skipped), ("Left out values", report.warnings)):
        for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
            click.echo(f"{title}: {count:,} {reason}")
    for one in report.examples[:_SHOWN_EXAMPLES]:
        click.echo(f"  {one.ref}, {one.column}: {one.message} (“{one.value}”)")
