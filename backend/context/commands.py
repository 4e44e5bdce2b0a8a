"""The `tuyen import context` command."""

import time
from datetime import datetime
from pathlib import Path

import click

from backend.accounts.commands import DatabaseContext, opened, progress
from backend.context.osm import NAME, import_ground, read_extract
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
