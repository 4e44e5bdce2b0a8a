"""What phone and service agree on changes only with the protocol's version, and stays pure."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from backend.sync.protocol.tables import schema_hash
from backend.sync.protocol.version import HISTORY, PROTOCOL_VERSION

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "backend" / "sync" / "protocol"
PHONE = ROOT / "mobile_client"
WINDOW = {"app.py", "screens"}

# The hash of tables, columns, types and policies, by version. A phone of that version relies on it.
PINNED = {1: "0e32110129d2d8bf"}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names)
            case ast.ImportFrom(module=str(module)):
                yield module


def _third_party(paths: Iterator[Path]) -> set[str]:
    roots = {name.partition(".")[0] for path in paths for name in _imported(path)}
    return roots - sys.stdlib_module_names - {"backend", "mobile_client"}


def test_the_schema_is_the_one_of_its_version() -> None:
    assert PINNED[PROTOCOL_VERSION] == schema_hash()


def test_every_version_has_its_line_of_history() -> None:
    assert sorted(HISTORY) == sorted(PINNED) == list(range(1, PROTOCOL_VERSION + 1))


def test_the_protocol_needs_the_standard_library_and_msgspec_alone() -> None:
    assert _third_party(PROTOCOL.rglob("*.py")) == {"msgspec"}


def test_the_phone_without_its_window_needs_little() -> None:
    headless = (
        path for path in PHONE.rglob("*.py") if path.relative_to(PHONE).parts[0] not in WINDOW
    )
    assert _third_party(headless) == {"msgspec", "platformdirs"}
