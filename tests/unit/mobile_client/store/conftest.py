"""A store with one user and a few records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile_client.store.database import Database
from mobile_client.store.outbox import Stamp
from mobile_client.store.wiping import adopt_user
from tests.support.phones import MORNING


@pytest.fixture
def stamp() -> Stamp:
    return Stamp(user_id="anna", at=MORNING, elapsed_ms=5_000, boot_id="boot-1")


@pytest.fixture
def database(tmp_path: Path, stamp: Stamp) -> Iterator[Database]:
    database = Database(tmp_path / "phone.sqlite")
    with database.writing() as db:
        adopt_user(db, stamp.user_id)
    yield database
    database.close()
