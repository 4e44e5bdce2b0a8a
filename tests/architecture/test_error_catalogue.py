"""Every code that the service can answer with stands in docs/ERRORS.md, and no other does."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "docs" / "ERRORS.md"
POSITION = ROOT / "backend" / "geo" / "vocabulary.py"
# Tables from a reason to (..., code, ...), and where the code stands in a row.
TABLES = {"_WORDS": 1, "_INVALID": 0}
CODE = re.compile(r"[a-z][a-z0-9_]*")

type Takers = dict[str, int]
"""Functions and classes that take a code, with its place among their positional arguments."""


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _place_in(arguments: ast.arguments) -> int | None:
    names = [one.arg for one in [*arguments.posonlyargs, *arguments.args]]
    names = names[1:] if names[:1] == ["self"] else names
    return names.index("code") if "code" in names else None


def _place_in_class(node: ast.ClassDef, known: Takers) -> int | None:
    fields = [
        one.target.id
        for one in node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    if "code" in fields:
        return fields.index("code")
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
            return _place_in(one.args)
    return next(
        (known[b.id] for b in node.bases if isinstance(b, ast.Name) and b.id in known), None
    )


def _imported(node: ast.ImportFrom) -> Takers:
    source = ROOT / f"{str(node.module).replace('.', '/')}.py"
    theirs = _takers(source) if source.is_file() else {}
    return {one.asname or one.name: theirs[one.name] for one in node.names if one.name in theirs}


@cache
def _takers(path: Path) -> Takers:
    """Return what takes a code in this file: defined here, or imported from ours."""
    found: Takers = {}
    for node in ast.walk(_tree(path)):
        match node:
            case ast.ImportFrom():
                found |= _imported(node)
            case ast.FunctionDef(name=name) if (place := _place_in(node.args)) is not None:
                found[name] = place
            case ast.ClassDef(name=name) if (place := _place_in_class(node, found)) is not None:
                found[name] = place
            case _:
                pass
    return found


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


def _of_call(node: ast.Call, takers: Takers) -> Iterator[str]:
    for keyword in node.keywords:
        if keyword.arg == "code":
            yield from _texts(keyword.value)
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            if name in takers and len(node.args) > takers[name]:
                yield from _texts(node.args[takers[name]])
        case _:
            pass
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=table)), args=[_, ast.Tuple(elts=default)]
        ) if table in TABLES:
            yield from _texts(default[TABLES[table]])
        case _:
            pass


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
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Call():
                yield from _of_call(node, _takers(path))
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
        "read_only",  # a variable
        "no_streets",  # a subclass of an error that takes a code
        "invalid_area",  # the default of a table of shapes
    ):
        assert sample in codes
