"""The `tuyen` command."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from backend.accounts.commands import import_group
from backend.db.cluster import ClusterError
from backend.demo.script import DemoFailed, run_demo
from backend.doctor import examine
from backend.geo.basemap.build import build_basemap
from backend.geo.network.build import build_network
from backend.geo.network.provider import PROFILES
from backend.geo.vocabulary import GeoError, OnProgress
from backend.geo.vocabulary import Progress as Step
from backend.identity.commands import user
from backend.runtime import Runtime, open_runtime
from backend.server import serve
from backend.settings import Settings, SettingsError, from_environment

_CONSOLE = Console()


class Context:
    """What the commands share: settings, and a database that is opened when first asked for."""

    def __init__(self, settings: Settings, click_context: click.Context) -> None:
        self.settings = settings
        self._click_context = click_context
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """The migrated database; closed with the command."""
        if self._runtime is None:
            self._runtime = self._click_context.with_resource(open_runtime(self.settings))
        return self._runtime

    @property
    def app_url(self) -> str:
        """The URL of the application's role."""
        return self.runtime.app_url

    @property
    def owner_url(self) -> str:
        """The URL of the owner's role."""
        return self.runtime.owner_url


def _in_words[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn what an operator can mend into one sentence and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ClusterError, SettingsError, GeoError, DemoFailed) as error:
            raise click.ClickException(str(error)) from error

    return run


@click.group()
@click.version_option(package_name="tuyen")
@click.pass_context
def main(context: click.Context) -> None:
    """Tuyen: field sales with offline sync, territory maps and visit routes."""
    try:
        context.obj = Context(from_environment(), context)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--host", help="Address to listen on; TUYEN_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="TUYEN_PORT, else 8000.")
@click.pass_obj
@_in_words
def up(context: Context, host: str | None, port: int | None) -> None:
    """Start the service, and the embedded database unless TUYEN_DATABASE_URL is set."""
    settings = _override(context.settings, host, port)
    with open_runtime(settings) as runtime:
        click.echo(f"Tuyen listens on http://{settings.host}:{settings.port} (stop: Ctrl-C)")
        serve(runtime)


@main.command()
@click.pass_obj
@_in_words
def migrate(context: Context) -> None:
    """Bring the database to the newest schema."""
    url = context.runtime.owner_url
    click.echo(f"The schema is current ({url.partition('@')[2]}).")


@main.command()
@click.pass_obj
@_in_words
def doctor(context: Context) -> None:
    """Say what is missing on this machine and how to get it; exit 1 when something needed is."""
    table = Table("", "part", "found", "to get it")
    is_fit = True
    for finding in examine(context.settings):
        mark = "ok" if finding.is_fine else ("MISSING" if finding.is_needed else "optional")
        is_fit = is_fit and (finding.is_fine or not finding.is_needed)
        table.add_row(mark, finding.name, finding.detail, "" if finding.is_fine else finding.remedy)
    _CONSOLE.print(table)
    if not is_fit:
        sys.exit(1)


@main.command()
@click.option(
    "--osm",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An OpenStreetMap extract (.osm.pbf) to work on; central Helsinki by default.",
)
@click.option("--once", is_flag=True, help="Stop after the scripted day instead of staying up.")
@click.option("--port", type=click.IntRange(1, 65535), help="TUYEN_PORT, else 8000.")
@click.pass_obj
@_in_words
def demo(context: Context, osm: Path | None, port: int | None, *, once: bool) -> None:
    """Run the main job on real data: import, territories, routes, a rep's day offline, sync."""
    settings = _override(context.settings, None, port)
    run_demo(settings, osm, is_once=once, say=click.echo)


@import_group.command("network")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--profile", type=click.Choice(PROFILES), default="car", show_default=True)
@click.pass_obj
@_in_words
def import_network(context: Context, extract: Path, profile: str) -> None:
    """Build the street network that routes travel on."""
    with _progress() as on_progress:
        info = build_network(
            extract, context.settings.network_dir, profile=profile, on_progress=on_progress
        )
    how = "was built before" if info.was_cached else f"built in {info.seconds:.1f} s"
    click.echo(f"Street network “{profile}” {how}: {info.bytes / 1e6:.1f} MB, {info.version}.")


@import_group.command("basemap")
@click.argument("extract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
@_in_words
def import_basemap(context: Context, extract: Path) -> None:
    """Build the map that prospects and routes are drawn on."""
    with _progress() as on_progress:
        info = build_basemap(extract, context.settings.basemap_file, on_progress=on_progress)
    click.echo(f"Basemap built in {info.seconds:.1f} s: {info.bytes / 1e6:.1f} MB.")


class _progress:  # noqa: N801  # used as a verb in a with statement
    """A progress bar for as long as a job runs."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total}"),
            TimeElapsedColumn(),
            console=_CONSOLE,
        )

    def __enter__(self) -> OnProgress:
        self._bar.__enter__()
        tasks = {}

        def show(step: Step) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = self._bar.add_task(step.stage, total=step.total)
            self._bar.update(tasks[step.stage], completed=step.done, total=step.total)

        return show

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__(None, None, None)


main.add_command(user)
main.add_command(import_group, "import")


def _override(settings: Settings, host: str | None, port: int | None) -> Settings:
    changes: dict[str, object] = {}
    if host is not None:
        changes["host"] = host
    if port is not None:
        changes["port"] = port
    return msgspec.structs.replace(settings, **changes)
