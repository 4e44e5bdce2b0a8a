"""Bring a database to the newest schema, as its owner."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backend.db.tenancy import driver_url

_FOLDER = Path(__file__).parent / "migrations"


def migrate(owner_url: str, revision: str = "head") -> None:
    """Run the migrations that are missing up to a revision; a second call does nothing."""
    engine = sa.create_engine(driver_url(owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def newest_revision() -> str:
    """Return the name of the newest migration in the code."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current_revision(connection: sa.Connection) -> str | None:
    """Return the name of the migration that the database is at, or None."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
