"""Every code that the service can answer with stands in docs/ERRORS.md, and no other does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "docs" / "ERRORS.md"
POSITION = ROOT / "backend" / "geo" / "vocabulary.py"

# Calls that take a code without naming it, and where it stands among their arguments.
CALLS = {
    "GeoError": 0,
    "OsmFileError": 0,
    "BasemapError": 0,
    "NetworkBuildError": 0,
    "NetworkError": 0,
    "ValueRefused": 0,
    "Refusal": 0,
    "_rejected": 1,
    "_conflict": 1,
}
# In merge.py a refusal names the field first.
FIELD_FIRST = {("merge.py", "Refusal")}
# Tables from a reason to (..., code, ...).
TABLES = {"_WORDS": 1, "_INVALID": 0}
CODE = re.compile(r"[a-z][a-z0-9_]*")


def _texts(node: ast.expr | None) -> Iterator[str]:
    """Yield the codes of an expression that is one, as far as it can be told without running."""
    match node:
        case ast.Constant(value=str(text)) if CODE.fullmatch(text):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), ast.FormattedValue()]):
            # A position's own code with its field before it.
            yield from (f"{prefix}{code}" for code in set(_codes_in(POSITION)))
        case _:
            pass


def _of_call(node: ast.Call, file: str) -> Iterator[str]:
    for keyword in node.keywords:
        if keyword.arg == "code":
            yield from _texts(keyword.value)
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            pass
        case _:
            return
    if name in CALLS:
        place = 1 if (file, name) in FIELD_FIRST else CALLS[name]
        yield from _texts(node.args[place] if len(node.args) > place else None)
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=table)),
            args=[_, ast.Tuple(elts=default)],
        ) if table in TABLES:
            yield from _texts(default[TABLES[table]])


def _of_assignment(target: ast.expr, value: ast.expr | None) -> Iterator[str]:
    match target, value:
        case ast.Name(id="code"), _:
            yield from _texts(value)
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for name, one in zip(names, values, strict=True):
                yield from _of_assignment(name, one)
        case ast.Name(id=table), ast.Dict(values=rows) if table in TABLES:
            for row in rows:
                if isinstance(row, ast.Tuple):
                    yield from _texts(row.elts[TABLES[table]])


def _codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call():
                yield from _of_call(node, path.name)
            case ast.Assign(targets=[target], value=value):
                yield from _of_assignment(target, value)
            case ast.AnnAssign(target=target, value=value):
                yield from _of_assignment(target, value)
            case _:
                pass


def _codes_of_the_service() -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for path in sorted((ROOT / "backend").rglob("*.py")):
        for code in _codes_in(path):
            codes.setdefault(code, set()).add(str(path.relative_to(ROOT)))
    return codes


def _codes_of_the_catalogue() -> set[str]:
    rows = re.findall(r"^\| ((?:`[a-z0-9_]+`(?:, )?)+) \|", CATALOGUE.read_text(), re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`([a-z0-9_]+)`", row)}


def test_every_code_of_the_service_is_in_the_catalogue() -> None:
    known = _codes_of_the_catalogue()
    missing = {code: files for code, files in _codes_of_the_service().items() if code not in known}
    assert not missing


def test_the_catalogue_holds_no_code_that_nothing_raises() -> None:
    assert not _codes_of_the_catalogue() - _codes_of_the_service().keys()


def test_the_scan_sees_every_way_of_naming_a_code() -> None:
    codes = _codes_of_the_service()
    for sample in (
        "token_expired",  # an argument by name
        "bad_envelope",  # a class that sets status, code and title together
        "phone_invalid",  # the table of constraints, and a refused value
        "location_swapped",  # a position's own code with its field before it
        "unknown_field",  # a merge's refusal and a rejected mutation
        "invalid_area",  # the default of a table of shapes
    ):
        assert sample in codes
