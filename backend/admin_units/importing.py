"""Administrative units out of files with outlines, and out of OpenStreetMap."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from backend.admin_units import repository
from backend.admin_units.outline_files import find_properties, read_outline_file, text_of
from backend.admin_units.schemas import (
    MAX_LEVEL,
    MIN_LEVEL,
    UnitOptions,
    UnitProblem,
    UnitReport,
    UnitRow,
)
from backend.admin_units.trying import trial
from backend.api.problems import FieldError, Malformed, malformed_field
from backend.geo.osm_borders import Border
from backend.geo.outlines.wire import Outline, OutlineFile, Wish
from backend.geo.vocabulary import GeoError
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId, new_id

MAX_UNITS = 20_000
FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "ten", "ten don vi", "ten dvhc", "ten xa", "ten phuong", "ten huyen", "ten quan",
        "ten tinh", "name", "name vi", "adm4 vi", "adm3 vi", "adm2 vi", "adm1 vi", "name 4",
        "name 3", "name 2", "name 1", "shapename", "name en",
    ),
    "code": (
        "ma", "ma don vi", "ma dvhc", "ma xa", "ma phuong", "ma huyen", "ma quan", "ma tinh",
        "code", "ref", "adm4 pcode", "adm3 pcode", "adm2 pcode", "adm1 pcode",
        "gid 4", "gid 3", "gid 2", "gid 1", "shapeid", "id", "external id",
    ),
    "kind": ("loai", "loai don vi", "cap", "kind", "type", "type 4", "type 3", "type 2", "type 1"),
    "level": ("admin level", "level", "cap so"),
    "parent": (
        "ma cha", "cha", "thuoc", "truc thuoc", "ma tinh cha", "tinh", "parent", "parent code",
        "parent name",
    ),
}  # fmt: skip
"""Each field with the properties that it goes by, folded."""
_MAX_TEXT = 200
_SHOWN = 200
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def read_units(content: bytes, options: UnitOptions, **limits: int) -> OutlineFile:
    """Read a file apart, before a transaction begins; borders with many corners are simplified."""
    check_days(options.valid_from, options.valid_to)
    wish = Wish(
        crs=options.crs,
        layer=options.layer,
        is_mended=True,
        is_simplified=True,
        max_features=MAX_UNITS,
    )
    return read_outline_file(content, wish, **limits)


def check_days(valid_from: date, valid_to: date | None) -> None:
    """Refuse days in reverse, or beyond reason."""
    for field, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise malformed_field(field, f"Give a day of the years {_FIRST_YEAR} to {_LAST_YEAR}.")
    if valid_to is not None and valid_to <= valid_from:
        raise malformed_field(
            "valid_to", "The last day must come after the first.", code="dates_reversed"
        )


def import_units(
    connection: sa.Connection,
    org_id: OrgId,
    found: OutlineFile,
    options: UnitOptions,
    *,
    actor: Actor | None,
) -> UnitReport:
    """Keep a unit each feature in the caller's transaction; the same file again changes nothing."""
    used = find_properties(found, options.mapping, FIELDS)
    rows, problems = [], []
    for outline in found.outlines:
        try:
            rows.append(_row(outline, used, options))
        except GeoError as error:
            field = f"features[{outline.index}]" + (f".{error.field}" if error.field else "")
            problems.append(UnitProblem(field, error.code, error.message))
    return _keep(
        connection,
        org_id,
        rows,
        problems,
        options,
        actor=actor,
        columns=used,
        simplified=sum(one.is_simplified for one in found.outlines),
    )


def import_borders(
    connection: sa.Connection,
    org_id: OrgId,
    borders: Iterable[Border],
    options: UnitOptions,
    *,
    actor: Actor | None,
) -> UnitReport:
    """Keep a unit each border of OpenStreetMap."""
    check_days(options.valid_from, options.valid_to)
    rows, problems, simplified = [], [], 0
    for one in borders:
        if one.area is None:
            problems.append(UnitProblem(one.ref, "outline_cut", f"“{one.name}” {one.why}."))
            continue
        simplified += one.is_simplified
        rows.append(
            UnitRow(
                id=new_id(),
                code=one.code or one.ref,
                name=one.name[:_MAX_TEXT],
                kind=one.kind,
                level=one.level,
                area=one.area.hex(),
                valid_from=options.valid_from,
                valid_to=options.valid_to,
                source=options.source,
                licence=options.licence,
                vintage=options.vintage,
            )
        )
    skipping = options if options.skips_bad or options.is_dry_run else _lenient(options)
    return _keep(
        connection, org_id, rows, problems, skipping, actor=actor, columns={}, simplified=simplified
    )


def _lenient(options: UnitOptions) -> UnitOptions:
    """An extract always cuts some border at its edge."""
    return UnitOptions(
        valid_from=options.valid_from, valid_to=options.valid_to, source=options.source,
        licence=options.licence, vintage=options.vintage, skips_bad=True,
    )  # fmt: skip


def _keep(
    connection: sa.Connection,
    org_id: OrgId,
    rows: list[UnitRow],
    problems: list[UnitProblem],
    options: UnitOptions,
    *,
    actor: Actor | None,
    columns: dict[str, str],
    simplified: int,
) -> UnitReport:
    once = {(row.code, row.level): row for row in rows}
    if len(once) < len(rows):
        seen: set[tuple[str, int]] = set()
        for row in rows:
            if (row.code, row.level) in seen:
                message = f"Two units of level {row.level} have the code “{row.code[:60]}”."
                problems.append(UnitProblem(row.code[:60], "code_taken", message))
            seen.add((row.code, row.level))
    if problems and not (options.skips_bad or options.is_dry_run):
        raise refusal(problems, "units")
    with trial(connection, is_trial=options.is_dry_run):
        stored = repository.store_units(connection, org_id, list(once.values()))
    if not options.is_dry_run:
        audit.record_event(
            connection, org_id, "admin_unit.import", by=actor, subject="organisation",
            subject_id=org_id, detail={"units": stored, "source": options.source},
        )  # fmt: skip
    return UnitReport(
        units=stored,
        with_outline=sum(row.area is not None for row in once.values()),
        simplified=simplified,
        columns=columns,
        problems=problems,
        is_dry_run=options.is_dry_run,
    )


def refusal(problems: list[UnitProblem], what: str) -> Malformed:
    """Return the problem of a file with bad features or rows."""
    return Malformed(
        f"{len(problems):,} of the {what} cannot be taken, so nothing was imported. Repair them.",
        code="units_refused",
        errors=[FieldError(one.field, one.message) for one in problems[:_SHOWN]],
    )


def _row(outline: Outline, used: Mapping[str, str], options: UnitOptions) -> UnitRow:
    if outline.problem and outline.problem != "empty":
        raise GeoError(outline.problem, outline.message)
    name, code = text_of(outline, used["name"]), text_of(outline, used.get("code"))
    if not name or len(name) > _MAX_TEXT or len(code) > _MAX_TEXT:
        raise GeoError("bad_name", f"Name and code need 1 to {_MAX_TEXT} characters.", "name")
    level = read_level(text_of(outline, used.get("level"))) or options.level
    if level is None:
        raise GeoError(
            "no_level",
            f"Its level, {MIN_LEVEL} to {MAX_LEVEL}, is missing: 4 is a province, 6 a ward.",
            "level",
        )
    return UnitRow(
        id=new_id(),
        code=code or name,
        name=name,
        kind=text_of(outline, used.get("kind"))[:_MAX_TEXT] or None,
        level=level,
        parent=text_of(outline, used.get("parent"))[:_MAX_TEXT] or None,
        area=None if outline.area is None else outline.area.hex(),
        valid_from=options.valid_from,
        valid_to=options.valid_to,
        source=options.source,
        licence=options.licence,
        vintage=options.vintage,
    )


def read_level(text: str) -> int | None:
    """Return a level that a text tells, None for none."""
    if not re.fullmatch(r"[0-9]{1,2}", text) or not MIN_LEVEL <= int(text) <= MAX_LEVEL:
        return None
    return int(text)
