"""The import contracts hold, and each of them sees what it is there to see."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.application import use_cases

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "pyproject.toml"

# By contract: a file, and the line that breaks the contract when it is added there.
VIOLATIONS = [
    ("rooms", "backend/accounts/service.py", "from backend.visits import service as planted"),
    ("rooms", "backend/visits/service.py", "from backend.sync import push as planted"),
    ("rooms", "backend/db/tenancy.py", "from backend.api import problems as planted"),
    ("rooms", "backend/attic.py", '"""A room that nobody placed."""'),
    ("inside-a-room", "backend/accounts/repository.py", "from backend.accounts import service"),
    ("inside-a-room", "backend/visits/schemas.py", "from backend.visits import repository"),
    ("inside-a-room", "backend/identity/errors.py", "from backend.identity import schemas"),
    ("inside-sync", "backend/sync/changelog.py", "from backend.sync import pull"),
    ("inside-sync", "backend/sync/cursor.py", "from backend.sync import ledger"),
    ("protocol-is-pure", "backend/sync/protocol/merge.py", "from backend.api import problems"),
    ("protocol-is-pure", "backend/sync/protocol/merge.py", "from backend.sync import cursor"),
    ("protocol-is-pure", "backend/sync/protocol/ids.py", "import sqlalchemy"),
    ("thin-client", "mobile_client/store/outbox.py", "from backend.visits import schemas"),
    ("thin-client", "mobile_client/sync/pull.py", "from backend.sync import cursor"),
    ("thin-client", "mobile_client/sync/pull.py", "import litestar"),
    ("phone-layers", "mobile_client/store/outbox.py", "from mobile_client.sync import push"),
    ("phone-layers", "mobile_client/presenters/today.py", "from mobile_client import core"),
    ("phone-layers", "mobile_client/attic.py", '"""A part that nobody placed."""'),
    ("headless-client", "mobile_client/presenters/today.py", "import kivy"),
    ("headless-client", "mobile_client/core.py", "from mobile_client.screens import theme"),
    ("phone-is-a-client", "backend/sync/push.py", "from mobile_client import views"),
    ("kivy-home", "mobile_client/views.py", "import kivy"),
    ("kivy-home", "backend/maps/tiles.py", "import kivy"),
    ("solver-home", "backend/routes/survey.py", "import pyvrp"),
    ("solver-home", "backend/geo/tiles.py", "from ortools.sat.python import cp_model"),
    ("solver-process", "backend/routes/pool.py", "from backend.routes.solver import day"),
    ("day-is-pure", "backend/routes/day/problem.py", "from backend.db import tenancy"),
    ("day-is-pure", "backend/routes/solver/day.py", "from backend.routes import repository"),
    ("day-is-light", "backend/routes/day/improve.py", "import numpy"),
    ("day-is-light", "backend/routes/day/improve.py", "from backend.routes.solver import day"),
    (
        "solver-home",
        "backend/territories/design/ground.py",
        "from ortools.sat.python import cp_model",
    ),
    ("design-is-pure", "backend/territories/design/ground.py", "from backend.db import tenancy"),
    ("geo-knows-no-crm", "backend/geo/tiles.py", "import sqlalchemy"),
    ("geo-knows-no-crm", "backend/geo/hours.py", "from backend import ids"),
    ("osrm-home", "backend/geo/network/crow_fly.py", "import osrm"),
    ("osm-home", "backend/accounts/service.py", "import osmium"),
    ("osm-home", "backend/maps/service.py", "from pmtiles import reader"),
    ("outlines-home", "backend/territories/service.py", "import pyproj"),
    ("outlines-home", "backend/geo/shapes.py", "import shapefile"),
    ("jwt-home", "backend/identity/sessions.py", "import jwt"),
    ("one-driver", "backend/jobs/worker.py", "import psycopg"),
    ("queue-home", "backend/sync/tasks.py", "import procrastinate"),
    ("blobs-home", "backend/media/service.py", "import obstore"),
    ("blobs-home", "backend/visits/service.py", "from PIL import Image"),
    ("handout-home", "backend/routes/service.py", "import gpxpy"),
    ("parquet-home", "backend/areas/sheet.py", "import arro3.io"),
    ("press-home", "backend/routes/service.py", "import reportlab"),
    ("press-home", "backend/maps/tiles.py", "import mapbox_vector_tile"),
    ("thin-controllers", "backend/visits/controllers.py", "import sqlalchemy"),
    ("thin-controllers", "backend/visits/controllers.py", "from backend.visits import repository"),
    ("thin-controllers", "backend/sync/controllers.py", "from backend.sync import changelog"),
    ("thin-controllers", "backend/identity/controllers.py", "from backend.identity import models"),
    ("plain-pages", "backend/web/pages.py", "from backend.maps import service"),
    ("settings-at-the-edge", "backend/visits/service.py", "from backend.settings import Settings"),
    ("settings-at-the-edge", "backend/geo/osm.py", "from backend import settings"),
]


def _keeps(contract: str | None = None) -> bool:
    chosen = (contract,) if contract else ()
    return use_cases.lint_imports(
        config_filename=str(CONFIG), limit_to_contracts=chosen, cache_dir=None, no_logo=True
    )


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python sources alone, in a folder of their own."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("backend", "mobile_client"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tree / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return tree


@pytest.fixture
def plant(copied_tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let the linter look at the copy, where a test adds a line to a file."""
    # The linter asks Python where a package is: it must not remember the one under test.
    for package in ("backend", "mobile_client"):
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(sys, "path", [str(copied_tree), *sys.path])
    before: dict[Path, str | None] = {}

    def add(file: str, line: str) -> None:
        path = copied_tree / file
        before[path] = path.read_text() if path.exists() else None
        path.write_text(f"{before[path] or ''}\n{line}\n")

    yield add
    for path, text in before.items():
        if text is None:
            path.unlink()
        else:
            path.write_text(text)


def test_every_contract_has_a_planted_violation() -> None:
    contracts = read_configuration(str(CONFIG))["contracts_options"]
    assert {one["id"] for one in contracts} == {contract for contract, _, _ in VIOLATIONS}


def test_the_tree_keeps_every_contract(
    plant: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    del plant
    assert _keeps(), capsys.readouterr().out


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_contract_sees_a_planted_violation(
    contract: str,
    file: str,
    line: str,
    plant: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(file, line)
    assert not _keeps(contract)
    report = " ".join(capsys.readouterr().out.split())
    assert "0 kept, 1 broken" in report
    module = Path(file).with_suffix("")
    # An import is told with who imports, a room that was not placed by its own name.
    assert (".".join(module.parts) if "import" in line else module.name) in report
