"""A request has one transaction, few modules open connections, and few hold SQL."""

import ast
from collections.abc import Iterator
from pathlib import Path

BACKEND = Path(__file__).parents[2] / "backend"
VERBS = {"get", "post", "put", "patch", "delete", "head"}
CONTROLLERS = sorted(BACKEND.rglob("controllers.py"))
OPENERS = {"psycopg2.connect", "sa.create_engine", "create_engine", "open_database"}
QUERIES = {"sa.text", "sa.select", "sa.insert", "sa.update", "sa.delete", "driver_cursor"}
MAY_QUERY = (
    "repository.py", "sync/aliases.py", "sync/anchors.py", "sync/changelog.py", "sync/holds.py",
    "sync/issues.py", "sync/ledger.py", "sync/quarantine.py", "maps/tiles.py",
    "maps/prospect_tiles.py", "audit.py",
)  # fmt: skip
MAY_OPEN = ("db/", "runtime.py", "server.py", "worker.py", "demo/", "commands.py")


def _called(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def _handlers(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            _called(decorator) in VERBS for decorator in node.decorator_list
        ):
            yield node


def test_a_handler_opens_at_most_one_transaction() -> None:
    handlers = [(path, one) for path in CONTROLLERS for one in _handlers(path)]
    assert len(handlers) > len(CONTROLLERS)
    several = [
        f"{path.parent.name}.{handler.name}"
        for path, handler in handlers
        if sum(_called(node) == "for_org" for node in ast.walk(handler)) > 1
    ]
    assert not several


def test_a_handler_that_opens_a_transaction_runs_in_a_thread() -> None:
    on_the_loop = []
    for path in CONTROLLERS:
        for handler in _handlers(path):
            direct = [node for node in handler.body if isinstance(node, ast.With)]
            if isinstance(handler, ast.AsyncFunctionDef) and any(
                _called(item.context_expr) == "for_org" for one in direct for item in one.items
            ):
                on_the_loop.append(f"{path.parent.name}.{handler.name}")
    assert not on_the_loop


def test_only_db_and_entry_points_open_connections() -> None:
    openers = set()
    for path in BACKEND.rglob("*.py"):
        place = path.relative_to(BACKEND).as_posix()
        if place.startswith(MAY_OPEN[:-1]) or place.endswith(MAY_OPEN[-1]):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in OPENERS:
                openers.add(place)
    assert not openers


def test_queries_stand_in_repositories() -> None:
    astray = set()
    for path in BACKEND.rglob("*.py"):
        place = path.relative_to(BACKEND).as_posix()
        if place.endswith(MAY_QUERY) or place.startswith(("db/", "demo/")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in QUERIES:
                astray.add(place)
    assert not astray
