"""The `tuyen demo` command."""

import signal
from pathlib import Path
from types import FrameType

import click
import msgspec

from backend.cli import Context
from backend.demo.script import run_demo
from backend.demo.service import DemoFailed
from backend.telling import in_words, override


@click.command()
@click.option(
    "--osm",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An OpenStreetMap extract (.osm.pbf) to work on; central Helsinki by default.",
)
@click.option("--once", is_flag=True, help="Stop after the scripted day instead of staying up.")
@click.option("--port", type=click.IntRange(1, 65535), help="TUYEN_PORT, else 8000.")
@click.pass_obj
@in_words
def demo(context: Context, osm: Path | None, port: int | None, *, once: bool) -> None:
    """Run the main job on real data: import, territories, routes, a rep's day offline, sync."""
    settings = override(context.settings, None, port)
    # In a folder of its own: the demo's map and streets must not replace those of real work.
    settings = msgspec.structs.replace(settings, data_dir=settings.data_dir / "demo")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        run_demo(settings, osm, is_once=once, say=click.echo)
    except DemoFailed as error:
        raise click.ClickException(str(error)) from error


def _end(number: int, frame: FrameType | None) -> None:
    """Leave as after Ctrl-C: a closed terminal must not leave service and database running."""
    del frame
    raise SystemExit(128 + number)
