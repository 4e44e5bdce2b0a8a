from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import TestDatabase
from tests.support.field_team import FieldTeam, field_team


@pytest.fixture
def team(test_database: TestDatabase, tmp_path: Path) -> Iterator[FieldTeam]:
    with field_team(test_database, tmp_path) as running:
        yield running
