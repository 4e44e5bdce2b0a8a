"""The `tuyen import` commands: accounts and sales from their rooms, and the ground beneath."""

import shutil
from pathlib import Path

import click

from backend.accounts.commands import import_group, progress
from backend.cli import Context
from backend.geo.basemap.build import build_basemap
from backend.geo.network.build import build_network
from backend.geo.network.provider import PROFILES
from backend.orders.commands import import_sales_command
from backend.telling import in_words

__all__ = ["import_group", "import_sales_command"]


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
