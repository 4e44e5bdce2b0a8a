"""What runs on the phone needs little: the contracts forbid by name, these tests allow by name."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "backend" / "sync" / "protocol"
PHONE = ROOT / "mobile_client"
WINDOW = {"app.py", "screens"}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _third_party(paths: Iterable[Path]) -> set[str]:
    roots = {name.partition(".")[0] for path in paths for name in _imported(path)}
    return roots - sys.stdlib_module_names - {"backend", "mobile_client"}


def test_the_protocol_needs_the_standard_library_and_msgspec_alone() -> None:
    assert _third_party(PROTOCOL.rglob("*.py")) == {"msgspec"}


def test_the_phone_without_its_window_needs_little() -> None:
    headless = [
        path for path in PHONE.rglob("*.py") if path.relative_to(PHONE).parts[0] not in WINDOW
    ]
    assert _third_party(headless) == {"msgspec", "platformdirs"}
