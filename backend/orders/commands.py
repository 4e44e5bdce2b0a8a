"""The `tuyen import sales` command: what was sold, or what accounts could buy, from a file."""

import sys
from pathlib import Path

import click

from backend.accounts.commands import (
    DatabaseContext,
    import_group,
    opened,
    read_pairs,
    tell,
)
from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.service import SheetOptions
from backend.orders.headings import What
from backend.orders.importing import import_sales


@import_group.command("sales")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option(
    "--what",
    type=click.Choice(["sales", "potential"]),
    default="sales",
    show_default=True,
    help="Lines of invoices, or what accounts could buy in a month.",
)
@click.option(
    "--mapping",
    multiple=True,
    metavar="FIELD=HEADING",
    help="A field's column, such as amount=Tiền; FIELD= leaves it out. The others are guessed.",
)
@click.option(
    "--encoding",
    type=click.Choice([one.value for one in Encoding]),
    default=Encoding.AUTO.value,
    show_default=True,
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--all-or-nothing", is_flag=True, help="Take nothing of a file with a bad row.")
@click.pass_obj
def import_sales_command(
    context: DatabaseContext,
    sheet: Path,
    org: str,
    what: What,
    mapping: tuple[str, ...],
    encoding: str,
    *,
    dry_run: bool,
    all_or_nothing: bool,
) -> None:
    """Take the lines of invoices in a CSV or XLSX file; bad rows are told and left out."""
    options = SheetOptions(
        mapping=read_pairs(mapping),
        encoding=Encoding(encoding),
        is_dry_run=dry_run,
        skips_bad_rows=not all_or_nothing,
    )
    with opened(context, org) as (database, org_id), database.for_org(org_id) as connection:
        report = import_sales(connection, org_id, sheet.read_bytes(), options, what)
    tell(report)
    if dry_run and report.skipped:
        sys.exit(1)
