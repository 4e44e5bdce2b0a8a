"""The `tuyen import admin-units` and `admin-changes` commands."""

from datetime import date, datetime
from pathlib import Path

import click

from backend.accounts.commands import DatabaseContext, opened, read_pairs
from backend.admin_units.changes import import_changes
from backend.admin_units.importing import import_borders, import_units, read_units
from backend.admin_units.outline_files import COMMAND_LIMITS
from backend.admin_units.schemas import (
    MAX_LEVEL,
    MIN_LEVEL,
    ChangeOptions,
    UnitOptions,
    UnitReport,
)
from backend.geo.osm_borders import read_borders

_OSM, _OSM_LICENCE = "OpenStreetMap", "ODbL 1.0, © OpenStreetMap contributors"
_DAY = click.DateTime(["%Y-%m-%d"])
_LEVEL = click.IntRange(MIN_LEVEL, MAX_LEVEL)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("admin-units")
@click.argument("file", type=_FILE)
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--valid-from", type=_DAY, required=True, help="The first day on which they hold.")
@click.option("--valid-to", type=_DAY, help="The first day on which they no longer hold.")
@click.option("--level", type=_LEVEL, help="As OpenStreetMap counts: 4 a province, 6 a ward.")
@click.option("--source", default="", help="Who made the file; OpenStreetMap for an extract.")
@click.option("--licence", default="")
@click.option("--vintage", default="", help="Of which day or year the file is.")
@click.option("--mapping", multiple=True, metavar="FIELD=PROPERTY", help="Such as name=TEN_XA.")
@click.option("--crs", default="", help="The system of a file that names none: EPSG:3405.")
@click.option("--layer", default="", help="Which of several layers.")
@click.option("--skip-bad", is_flag=True, help="Take the good units of a file with bad ones.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.pass_obj
def import_admin_units(
    context: DatabaseContext,
    /,
    file: Path,
    org: str,
    valid_from: datetime,
    valid_to: datetime | None,
    level: int | None,
    mapping: tuple[str, ...],
    **told: str,
) -> None:
    """Take administrative units from an .osm.pbf extract or a file with outlines."""
    is_extract = file.name.endswith(".pbf")
    options = UnitOptions(
        valid_from=valid_from.date(),
        valid_to=_date(valid_to),
        level=level,
        source=told["source"] or (_OSM if is_extract else file.name),
        licence=told["licence"] or (_OSM_LICENCE if is_extract else None),
        vintage=told["vintage"] or None,
        mapping=read_pairs(mapping),
        crs=told["crs"],
        layer=told["layer"],
        skips_bad=bool(told["skip_bad"]),
        is_dry_run=bool(told["dry_run"]),
    )
    with opened(context, org) as (database, org_id):
        if is_extract:
            levels = {level} if level else set(range(MIN_LEVEL, MAX_LEVEL + 1))
            with database.for_org(org_id) as connection:
                borders = read_borders(file, levels)
                report = import_borders(connection, org_id, borders, options, actor=None)
        else:
            found = read_units(file.read_bytes(), options, **COMMAND_LIMITS)
            with database.for_org(org_id) as connection:
                report = import_units(connection, org_id, found, options, actor=None)
    _tell(report)


@click.command("admin-changes")
@click.argument("sheet", type=_FILE)
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--changed-on", type=_DAY, required=True, help="The first day of the new units.")
@click.option("--level", type=_LEVEL, default=6, show_default=True)
@click.option("--source", default="", help="Who made the sheet; its name without.")
@click.option("--mapping", multiple=True, metavar="FIELD=HEADING", help="Such as old_code=Mã cũ.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.pass_obj
def import_admin_changes(
    context: DatabaseContext,
    sheet: Path,
    org: str,
    changed_on: datetime,
    level: int,
    source: str,
    mapping: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Take what became of units from a CSV or XLSX sheet of old and new ones."""
    options = ChangeOptions(
        changed_on=changed_on.date(),
        level=level,
        source=source or sheet.name,
        mapping=read_pairs(mapping),
        is_dry_run=dry_run,
    )
    with (
        opened(context, org) as (database, org_id),
        database.for_org(org_id) as connection,
    ):
        report = import_changes(connection, org_id, sheet.read_bytes(), options, actor=None)
    _tell(report)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _tell(report: UnitReport) -> None:
    done = "would be kept" if report.is_dry_run else "kept"
    click.echo(
        f"{report.units:,} units {done}, {report.with_outline:,} with an outline "
        f"({report.simplified:,} simplified); {report.changes:,} changes."
    )
    for field, name in report.columns.items():
        click.echo(f"  {field} from “{name}”")
    for one in report.problems:
        click.echo(f"  {one.field}: {one.message}")
