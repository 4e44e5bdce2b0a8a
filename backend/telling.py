"""How commands talk: errors in one sentence, settings from options."""

from collections.abc import Callable
from functools import wraps

import click
import msgspec

from backend.db.cluster import ClusterError
from backend.geo.vocabulary import GeoError
from backend.settings import Settings, SettingsError


def in_words[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn what an operator can mend into one sentence and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ClusterError, SettingsError, GeoError) as error:
            raise click.ClickException(str(error)) from error

    return run


def override(settings: Settings, host: str | None, port: int | None) -> Settings:
    """Return the settings with what was given on the command line."""
    changes: dict[str, object] = {}
    if host is not None:
        changes["host"] = host
    if port is not None:
        changes["port"] = port
    return msgspec.structs.replace(settings, **changes)
