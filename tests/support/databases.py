"""A test's own database."""

from dataclasses import dataclass
from typing import ClassVar

from backend.db.tenancy import Database


@dataclass(frozen=True)
class TestDatabase:
    """A migrated database: the application's URL, the owner's, and a pool."""

    __test__: ClassVar[bool] = False

    app_url: str
    owner_url: str
    database: Database
