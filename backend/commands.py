"""The commands of the service itself: up, migrate, doctor."""

import sys

import click
from rich.console import Console
from rich.table import Table

from backend.cli import Context
from backend.doctor import examine
from backend.runtime import open_runtime
from backend.server import serve
from backend.telling import in_words, override


@click.command()
@click.option("--host", help="Address to listen on; TUYEN_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="TUYEN_PORT, else 8000.")
@click.pass_obj
@in_words
def up(context: Context, host: str | None, port: int | None) -> None:
    """Start the service, and the embedded database unless TUYEN_DATABASE_URL is set."""
    settings = override(context.settings, host, port)
    with open_runtime(settings) as runtime:
        click.echo(f"Tuyen listens on http://{settings.host}:{settings.port} (stop: Ctrl-C)")
        serve(runtime)


@click.command()
@click.pass_obj
@in_words
def migrate(context: Context) -> None:
    """Bring the database to the newest schema."""
    url = context.runtime.owner_url
    click.echo(f"The schema is current ({url.partition('@')[2]}).")


@click.command()
@click.pass_obj
@in_words
def doctor(context: Context) -> None:
    """Say what is missing on this machine and how to get it; exit 1 when something needed is."""
    table = Table("", "part", "found", "to get it")
    is_fit = True
    for finding in examine(context.settings):
        mark = "ok" if finding.is_fine else ("MISSING" if finding.is_needed else "optional")
        is_fit = is_fit and (finding.is_fine or not finding.is_needed)
        table.add_row(mark, finding.name, finding.detail, "" if finding.is_fine else finding.remedy)
    Console().print(table)
    if not is_fit:
        sys.exit(1)
