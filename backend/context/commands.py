"""The `tuyen import context` and `context-layer` commands."""

import time
from datetime import datetime
from pathlib import Path

import click

from backend.accounts.commands import DatabaseContext, opened, progress, read_pairs
from backend.admin_units.outline_files import COMMAND_LIMITS
from backend.context.importing import import_own, read_own
from backend.context.osm import NAME, import_ground, read_extract
from backend.context.own_schemas import How, OwnOptions
from backend.geo.hexagons import FINEST
from backend.geo.vocabulary import Progress

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])
_COARSEST = 6


@click.command("context")
@click.argument("extract", type=_FILE)
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--vintage", type=_DAY, help="The day of the map; without it, its youngest object's.")
@click.option("--name", default=NAME, show_default=True, help="A layer of this name is replaced.")
@click.option(
    "--resolution",
    type=click.IntRange(_COARSEST, FINEST),
    default=FINEST,
    show_default=True,
    help="How fine the hexagons are: 9 has 0.1 km², 8 has 0.7 km².",
)
@click.pass_obj
def import_context(
    context: DatabaseContext,
    extract: Path,
    org: str,
    vintage: datetime | None,
    name: str,
    resolution: int,
) -> None:
    """Sum buildings, homes, roads, places and stops of an .osm.pbf extract in hexagons."""
    started = time.monotonic()
    with opened(context, org) as (database, org_id), progress() as on_progress:
        ground = read_extract(extract, resolution=resolution, on_progress=on_progress)
        read = time.monotonic()
        on_progress(Progress("keeping hexagons", 0, len(ground.cells)))
        with database.for_org(org_id) as connection:
            layer = import_ground(
                connection,
                org_id,
                ground,
                vintage=vintage.date() if vintage else None,
                name=name.strip() or NAME,
            )
        on_progress(Progress("keeping hexagons", layer.cells, layer.cells))
    done = time.monotonic()
    click.echo(
        f"“{layer.name}” of {layer.vintage}: {layer.cells:,} hexagons of resolution "
        f"{layer.resolution}, read in {read - started:.1f} s, kept in {done - read:.1f} s."
    )
    for one in layer.measures:
        why = f" ({', '.join(one.reasons)})" if one.reasons else ""
        click.echo(f"  {one.key}: {one.confidence}{why}")
    for reason, count in ground.skipped.items():
        click.echo(f"Skipped: {count:,} {reason}")


@click.command("context-layer")
@click.argument("file", type=_FILE)
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--name", required=True, help="A layer of this name is replaced.")
@click.option("--source", required=True, help="Who made the figures.")
@click.option("--licence", required=True, help="On what terms they may be used.")
@click.option("--vintage", required=True, help="Of when they are: 2019, 2019-04 or 2019-04-01.")
@click.option("--count", "counts", multiple=True, metavar="COLUMN", help="Shared out over ground.")
@click.option("--rate", "rates", multiple=True, metavar="COLUMN", help="Holds for all the ground.")
@click.option("--mapping", multiple=True, metavar="FIELD=COLUMN", help="Such as code=Mã xã.")
@click.option("--crs", default="", help="The system of a file that names none: EPSG:3405.")
@click.option("--layer", default="", help="Which of several layers.")
@click.option("--skip-bad", is_flag=True, help="Take the good rows of a file with bad ones.")
@click.pass_obj
def import_context_layer(
    context: DatabaseContext,
    /,
    file: Path,
    org: str,
    counts: tuple[str, ...],
    rates: tuple[str, ...],
    mapping: tuple[str, ...],
    *,
    skip_bad: bool,
    **told: str,
) -> None:
    """Spread own figures of a CSV, XLSX, GeoJSON, GeoPackage or Shapefile over hexagons."""
    measures: dict[str, How] = dict.fromkeys(counts, "count")
    measures |= dict.fromkeys(rates, "rate")
    options = OwnOptions(
        measures=measures, mapping=read_pairs(mapping), skips_bad=skip_bad, **told
    )  # fmt: skip
    with opened(context, org) as (database, org_id):
        found = read_own(file.read_bytes(), options, **COMMAND_LIMITS)
        with database.for_org(org_id) as connection:
            report = import_own(connection, org_id, found, options, actor=None)
    click.echo(
        f"“{report.layer.name}” of {report.layer.vintage}: {report.taken:,} rows in "
        f"{report.layer.cells:,} hexagons of resolution {report.layer.resolution}."
    )
    for name, total in report.totals.items():
        click.echo(f"  {name}: {total:,.10g}")
    for one in report.problems:
        click.echo(f"  {one.field}: {one.message}")
