"""What became of administrative units, out of a sheet of old and new ones.

Units that nobody brought in yet are made without an outline, so that old names are found.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from backend.accounts.importing.columns import match_columns
from backend.accounts.importing.sheets import Row, read_sheet
from backend.admin_units import repository
from backend.admin_units.importing import check_days, read_level, refusal
from backend.admin_units.schemas import (
    ALWAYS,
    ChangeOptions,
    ChangeRow,
    KnownUnit,
    UnitProblem,
    UnitReport,
    UnitRow,
)
from backend.admin_units.trying import trial
from backend.api.problems import malformed_field
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId, new_id

_SIDES = {"old": ("cu", "old", "truoc"), "new": ("moi", "new", "sau")}
_PARTS = {
    "code": ("ma", "ma xa", "ma phuong", "ma dvhc", "code", "ward code", "id"),
    "name": ("ten", "ten xa", "ten phuong", "ten dvhc", "don vi", "name", "ward", "ward name"),
    "kind": ("loai", "kind", "type"),
    "level": ("cap", "level", "admin level"),
    "parent": ("cha", "ma cha", "tinh", "ma tinh", "province", "province code", "parent"),
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    f"{side}_{field}": tuple(
        told for word in words for mark in marks for told in (f"{word} {mark}", f"{mark} {word}")
    )
    for side, marks in _SIDES.items()
    for field, words in _PARTS.items()
} | {"share": ("ty le", "ti le", "phan tram", "share", "percent", "ratio")}
"""Each field with the headings that it goes by, folded."""
_MAX_TEXT = 200
_ROUNDING = 0.005


class _Side(NamedTuple):
    code: str
    name: str
    kind: str
    level: int
    parent: str


def import_changes(
    connection: sa.Connection,
    org_id: OrgId,
    content: bytes,
    options: ChangeOptions,
    *,
    actor: Actor | None,
) -> UnitReport:
    """Keep what each row says in the caller's transaction; the same sheet again changes nothing.

    Raise Malformed for a sheet that cannot be read, or that has bad rows and is not only tried.
    """
    check_days(options.changed_on, None)
    sheet = read_sheet(content)
    columns = match_columns(sheet.headings, options.mapping, FIELDS).positions
    for side in _SIDES:
        if not columns.keys() & {f"{side}_code", f"{side}_name"}:
            raise malformed_field(
                "mapping",
                f"No column tells the {side} unit: name one {side}_code or {side}_name.",
                code="no_name_column",
            )
    book = _Book(repository.select_known(connection, org_id), options)
    problems, changes = _read_rows(sheet.rows, columns, book, options)
    if problems and not options.is_dry_run:
        raise refusal(problems, "rows")
    with trial(connection, is_trial=options.is_dry_run):
        repository.end_units(
            connection, org_id, [one.old_id for one in changes], options.changed_on
        )
        made = repository.store_units(connection, org_id, book.made)
        kept = repository.store_changes(connection, org_id, changes)
    if not options.is_dry_run:
        audit.record_event(
            connection, org_id, "admin_unit.change", by=actor, subject="organisation",
            subject_id=org_id, detail={"changes": kept, "units": made, "source": options.source},
        )  # fmt: skip
    return UnitReport(
        units=made,
        changes=kept,
        columns={field: sheet.headings[at] for field, at in columns.items()},
        problems=problems,
        is_dry_run=options.is_dry_run,
    )


class _Book:
    """The units that are known, and those that a sheet adds."""

    def __init__(self, known: Sequence[KnownUnit], options: ChangeOptions) -> None:
        self._options = options
        self.made: list[UnitRow] = []
        day = options.changed_on
        self._old = _index(
            one
            for one in known
            if one.valid_from < day and (one.valid_to is None or one.valid_to >= day)
        )
        # A unit that has held for long and goes on keeps its record; one that ends is made anew.
        self._new = _index(one for one in known if one.valid_from >= day)
        self._going_on = _index(
            one
            for one in known
            if one.valid_from < day and (one.valid_to is None or one.valid_to > day)
        )

    def find_old(self, side: _Side) -> UUID:
        """Return the former unit, made where it is not known."""
        return _find(self._old, side) or self._make(self._old, side, ALWAYS)

    def find_new(self, side: _Side, ending: set[UUID]) -> UUID:
        """Return the unit that took over: a new one, or one that goes on and took some more."""
        found = _find(self._new, side) or _find(self._going_on, side)
        if found is not None and found not in ending:
            return found
        return self._make(self._new, side, self._options.changed_on)

    def _make(self, index: dict[tuple[int, str], UUID], side: _Side, valid_from: date) -> UUID:
        is_old = valid_from == ALWAYS
        row = UnitRow(
            id=new_id(),
            code=side.code or side.name,
            name=side.name or side.code,
            kind=side.kind or None,
            level=side.level,
            parent=side.parent or None,
            valid_from=valid_from,
            valid_to=self._options.changed_on if is_old else None,
            source=self._options.source,
        )
        self.made.append(row)
        index[side.level, row.code] = index[side.level, row.name] = row.id
        return row.id


def _index(units: Iterable[KnownUnit]) -> dict[tuple[int, str], UUID]:
    """Return units by code and by name; where two share a name, only codes tell them apart."""
    by_code: dict[tuple[int, str], UUID] = {}
    by_name: dict[tuple[int, str], UUID] = {}
    twice: set[tuple[int, str]] = set()
    for one in units:
        by_code[one.level, one.code] = one.id
        key = one.level, one.name
        twice |= {key} if key in by_name else set()
        by_name[key] = one.id
    return {key: found for key, found in by_name.items() if key not in twice} | by_code


def _find(index: Mapping[tuple[int, str], UUID], side: _Side) -> UUID | None:
    return index.get((side.level, side.code or side.name))


def _read_rows(
    rows: Sequence[Row], columns: Mapping[str, int], book: _Book, options: ChangeOptions
) -> tuple[list[UnitProblem], list[ChangeRow]]:
    problems: list[UnitProblem] = []
    pairs: list[tuple[int, _Side, _Side, float | None]] = []
    for row in rows:
        old, new = (_side(row, columns, side, options.level) for side in _SIDES)
        share = _share(_cell(row, columns, "share"))
        for side, told in (("old", old), ("new", new)):
            if not (told.code or told.name) or max(map(len, told[:3])) > _MAX_TEXT:
                message = f"The {side} unit needs a code or a name, up to {_MAX_TEXT} characters."
                problems.append(UnitProblem(f"row {row.number}", "bad_name", message))
                break
        else:
            if share is not None and not 0 < share <= 1:
                message = "A share is above 0 and up to 1, or up to 100 %."
                problems.append(UnitProblem(f"row {row.number}, share", "bad_share", message))
            else:
                pairs.append((row.number, old, new, share))
    return problems, _as_changes(pairs, book, options, problems)


def _as_changes(
    pairs: Sequence[tuple[int, _Side, _Side, float | None]],
    book: _Book,
    options: ChangeOptions,
    problems: list[UnitProblem],
) -> list[ChangeRow]:
    """Return each pair once; a unit that only goes on as it is did not change."""
    pairs = _without_unchanged(pairs)
    olds = [book.find_old(old) for _, old, _, _ in pairs]
    ending = set(olds)
    given: dict[UUID, float] = {}
    changes: dict[tuple[UUID, UUID], ChangeRow] = {}
    for old_id, (number, _, new, share) in zip(olds, pairs, strict=True):
        new_id_ = book.find_new(new, ending)
        if (old_id, new_id_) in changes:
            continue
        given[old_id] = given.get(old_id, 0.0) + (share or 0.0)
        if given[old_id] > 1 + _ROUNDING:
            message = "The shares of this old unit come to more than the whole."
            problems.append(UnitProblem(f"row {number}, share", "bad_share", message))
        changes[old_id, new_id_] = ChangeRow(
            old_id, new_id_, options.changed_on, share, options.source
        )
    return list(changes.values())


type _Pair = tuple[int, _Side, _Side, float | None]


def _without_unchanged(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Leave out the units that take nothing and give nothing: they go on as they are."""
    olds = Counter(old[:2] for _, old, _, _ in pairs)
    news = Counter(new[:2] for _, _, new, _ in pairs)
    return [
        pair
        for pair in pairs
        if pair[1][:4] != pair[2][:4] or olds[pair[1][:2]] > 1 or news[pair[2][:2]] > 1
    ]


def _side(row: Row, columns: Mapping[str, int], side: str, level: int) -> _Side:
    told = {field: _cell(row, columns, f"{side}_{field}") for field in _PARTS}
    return _Side(
        told["code"], told["name"], told["kind"], read_level(told["level"]) or level, told["parent"]
    )


def _cell(row: Row, columns: Mapping[str, int], field: str) -> str:
    at = columns.get(field)
    return " ".join(row.cells[at].split()) if at is not None and at < len(row.cells) else ""


def _share(text: str) -> float | None:
    """Return "35 %" and "0,35" as 0.35; -1 for what is no number, None for nothing."""
    if not text:
        return None
    is_percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        return -1.0
    return number / 100 if is_percent else number
