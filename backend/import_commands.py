"""The `tuyen import` commands: accounts, sales and areas from their rooms, and the ground."""

import shutil
import sys
from pathlib import Path

import click

from backend.accounts.commands import import_group, opened, progress, read_pairs
from backend.admin_units.commands import import_admin_changes, import_admin_units
from backend.admin_units.outline_files import COMMAND_LIMITS
from backend.cli import Context
from backend.context.commands import import_context, import_context_layer
from backend.geo.basemap.build import build_basemap
from backend.geo.network.build import build_network
from backend.geo.network.provider import PROFILES
from backend.orders.commands import import_sales_command
from backend.telling import in_words
from backend.territories.outline_schemas import OutlineOptions, OutlineReport
from backend.territories.outlines import import_outlines, read_file

__all__ = ["import_group", "import_sales_command"]

import_group.add_command(import_admin_changes)
import_group.add_command(import_admin_units)
import_group.add_command(import_context)
import_group.add_command(import_context_layer)


@import_group.command("network")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile",
    "profiles",
    type=click.Choice(PROFILES),
    multiple=True,
    default=("car",),
    show_default=True,
    help="How one travels; give it several times to build several networks.",
)
@click.pass_obj
@in_words
def import_network(context: Context, extract: Path, profiles: tuple[str, ...]) -> None:
    """Build the street networks that routes travel on."""
    folder = context.settings.network_dir
    for profile in dict.fromkeys(profiles):
        size_mb = extract.stat().st_size / 1e6
        click.echo(f"“{profile}” from {extract.name}, {size_mb:.1f} MB:", err=True)
        with progress() as on_progress:
            info = build_network(extract, folder, profile=profile, on_progress=on_progress)
        how = "was built before" if info.was_cached else f"built in {info.seconds:.1f} s"
        size = f"{info.bytes / 1e6:.1f} MB on disk"
        click.echo(f"Street network “{profile}” {how}: {size}, version {info.version}.")
    click.echo(f"{shutil.disk_usage(folder).free / 1e9:.1f} GB of disk are left.")


@import_group.command("basemap")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
@in_words
def import_basemap(context: Context, extract: Path) -> None:
    """Build the map that prospects and routes are drawn on."""
    with progress() as on_progress:
        info = build_basemap(extract, context.settings.basemap_file, on_progress=on_progress)
    click.echo(f"Basemap built in {info.seconds:.1f} s: {info.bytes / 1e6:.1f} MB.")


@import_group.command("territories")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option(
    "--mapping",
    multiple=True,
    metavar="FIELD=PROPERTY",
    help="A field's property (name, code, parent, color), such as name=TEN; others are guessed.",
)
@click.option("--crs", default="", help="The system of a file that names none: EPSG:3405.")
@click.option("--layer", default="", help="Which of several layers.")
@click.option("--mend", is_flag=True, help="Make areas that cross themselves sound.")
@click.option("--skip-bad", is_flag=True, help="Take the good areas of a file with bad ones.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.pass_obj
def import_territories(
    context: Context,
    file: Path,
    org: str,
    mapping: tuple[str, ...],
    crs: str,
    layer: str,
    *,
    mend: bool,
    skip_bad: bool,
    dry_run: bool,
) -> None:
    """Make a territory each outline of a GeoJSON, GeoPackage, KML or zipped Shapefile."""
    options = OutlineOptions(
        mapping=read_pairs(mapping),
        crs=crs,
        layer=layer,
        is_mended=mend,
        skips_bad=skip_bad,
        is_dry_run=dry_run,
    )
    with opened(context, org) as (database, org_id):
        found = read_file(file.read_bytes(), options, **COMMAND_LIMITS)
        with database.for_org(org_id) as connection:
            report = import_outlines(connection, org_id, found, options, actor=None)
    _tell_outlines(report)
    if dry_run and report.problems:
        sys.exit(1)


def _tell_outlines(report: OutlineReport) -> None:
    done = "would be made" if report.is_dry_run else "made"
    click.echo(
        f"{report.format}, {report.crs}: {len(report.territories):,} territories {done}, "
        f"{report.moved_accounts:,} accounts move."
    )
    for field, name in report.columns.items():
        click.echo(f"  {field} from “{name}”")
    if report.ignored_columns:
        click.echo(f"  not read: {', '.join(report.ignored_columns)}")
    for one in report.problems:
        click.echo(f"  {one.field}: {one.message}")
