"""The `tuyen` command: each subcommand's module is loaded only when it is called for."""

from importlib import import_module

import click

from backend.runtime import Runtime, open_runtime
from backend.settings import Settings, SettingsError, from_environment

_COMMANDS = {
    "up": "backend.commands:up",
    "migrate": "backend.commands:migrate",
    "doctor": "backend.commands:doctor",
    "demo": "backend.demo.commands:demo",
    "import": "backend.import_commands:import_group",
    "report": "backend.reports.commands:report_group",
    "worker": "backend.commands:worker",
    "user": "backend.identity.commands:user",
}


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


class _LazyGroup(click.Group):
    """Knows its commands by name; solvers and map readers take seconds to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_LazyGroup)
@click.version_option(package_name="tuyen")
@click.pass_context
def main(context: click.Context) -> None:
    """Tuyen: field sales with offline sync, territory maps and visit routes."""
    try:
        context.obj = Context(from_environment(), context)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
