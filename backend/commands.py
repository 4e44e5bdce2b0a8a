"""The commands of the service itself: up, migrate, doctor."""

import signal
import sys

import click
from rich.console import Console
from rich.table import Table

from backend.cli import Context
from backend.doctor import examine
from backend.runtime import open_runtime
from backend.server import serve
from backend.telling import in_words, override
from backend.worker import open_worker


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
@click.option("--queue", "queues", multiple=True, help="Only these rooms' jobs, such as media.")
@click.pass_obj
@in_words
def worker(context: Context, queues: tuple[str, ...]) -> None:
    """Do the service's jobs in a process of its own, until SIGINT or SIGTERM."""
    with open_worker(context.settings, context.runtime.app_url, queues=queues) as jobs:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: jobs.stop())
        click.echo("The worker waits for jobs (stop: Ctrl-C)")
        jobs.run()


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
