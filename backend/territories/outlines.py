"""Territories out of a file with outlines: tried or done, whole or without its bad features."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import shapely
import sqlalchemy as sa
from shapely.geometry import MultiPolygon

from backend.admin_units.outline_files import (
    find_properties,
    properties_of,
    read_outline_file,
    text_of,
)
from backend.admin_units.trying import trial
from backend.api.problems import FieldError, Malformed
from backend.geo.outlines.wire import Outline, OutlineFile, Wish
from backend.geo.shapes import MAX_FEATURES
from backend.geo.vocabulary import GeoError
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId, TerritoryId, new_id
from backend.territories import repository
from backend.territories.outline_schemas import (
    OutlineOptions,
    OutlineProblem,
    OutlineRead,
    OutlineReport,
)
from backend.territories.schemas import Color
from backend.territories.upload import PALETTE

FIELDS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "ten", "ten vung", "ten dia ban", "ten khu vuc", "ten tuyen", "dia ban", "khu vuc", "vung",
        "name", "territory", "territory name", "title", "label", "ten xa", "ten phuong",
        "ten huyen", "ten tinh", "ten dvhc", "name vi", "adm4 vi", "adm3 vi", "adm2 vi", "adm1 vi",
        "name 4", "name 3", "name 2", "name 1", "name en",
    ),
    "code": (
        "ma", "ma vung", "ma dia ban", "ma khu vuc", "ma tuyen", "code", "external id",
        "territory code", "ref", "ma xa", "ma phuong", "ma huyen", "ma tinh", "ma dvhc", "id",
        "gid",
    ),
    "parent": (
        "cha", "ma cha", "vung cha", "cap tren", "thuoc", "truc thuoc", "parent", "parent code",
        "parent name", "parent id",
    ),
    "color": ("mau", "mau sac", "color", "colour", "fill"),
}  # fmt: skip
"""Each field with the properties that it goes by, folded."""
_MAX_NAME, _MAX_CODE = 200, 500
_SHOWN_PROBLEMS = 200


class _Plan(NamedTuple):
    outline: Outline
    id: TerritoryId
    name: str
    code: str | None
    parent: str | None
    color: str


def read_file(content: bytes, options: OutlineOptions, **limits: int) -> OutlineFile:
    """Read a file apart, before a transaction begins; raise the Problem of one that cannot be."""
    wish = Wish(
        crs=options.crs,
        layer=options.layer,
        is_mended=options.is_mended,
        max_features=MAX_FEATURES,
    )
    return read_outline_file(content, wish, **limits)


def import_outlines(
    connection: sa.Connection,
    org_id: OrgId,
    found: OutlineFile,
    options: OutlineOptions,
    *,
    actor: Actor | None,
) -> OutlineReport:
    """Make a territory a feature in the caller's transaction; `actor` is None for commands.

    Raise Malformed that names every bad feature, unless these may be skipped or it is a dry run.
    """
    used = find_properties(found, options.mapping, FIELDS)
    repository.lock_areas(connection, org_id)
    plans, problems = _plan(connection, org_id, found.outlines, used)
    if problems and not (options.skips_bad or options.is_dry_run):
        raise _refusal(problems)
    with trial(connection, is_trial=options.is_dry_run):
        for plan, parent_id in plans:
            _insert(connection, org_id, plan, parent_id)
        moved = repository.place_accounts(connection, org_id, [plan.id for plan, _ in plans])
    if not options.is_dry_run:
        _record(connection, org_id, actor, len(plans), moved)
    return OutlineReport(
        format=found.format,
        crs=found.crs,
        columns=used,
        ignored_columns=tuple(name for name in properties_of(found) if name not in used.values()),
        territories=[_read(plan, is_made=not options.is_dry_run) for plan, _ in plans],
        problems=problems,
        moved_accounts=moved,
        is_dry_run=options.is_dry_run,
    )


def _plan(
    connection: sa.Connection, org_id: OrgId, outlines: Sequence[Outline], used: Mapping[str, str]
) -> tuple[list[tuple[_Plan, TerritoryId | None]], list[OutlineProblem]]:
    """Return the territories to make, those above before those below, and what is wrong."""
    plans: list[_Plan] = []
    problems: list[OutlineProblem] = []
    for outline in outlines:
        try:
            plans.append(_plan_one(outline, used))
        except GeoError as error:
            problems.append(_problem(outline.index, error.field, error.code, error.message))
    plans, clashes = _without_clashes(connection, org_id, plans)
    ordered, orphans = _with_parents(connection, org_id, plans)
    problems += clashes + orphans
    return ordered, sorted(problems, key=lambda one: int(one.field[9 : one.field.index("]")]))


def _plan_one(outline: Outline, used: Mapping[str, str]) -> _Plan:
    if outline.problem:
        raise GeoError(outline.problem, outline.message)
    name = text_of(outline, used.get("name"))
    if not name or len(name) > _MAX_NAME:
        raise GeoError(
            "bad_name", f"“{used['name']}” must have 1 to {_MAX_NAME} characters.", "name"
        )
    color = text_of(outline, used.get("color"))
    try:
        color = msgspec.convert(color, Color).lower()
    except msgspec.ValidationError:
        color = PALETTE[outline.index % len(PALETTE)]
    return _Plan(
        outline,
        TerritoryId(new_id()),
        name,
        text_of(outline, used.get("code"))[:_MAX_CODE] or None,
        text_of(outline, used.get("parent"))[:_MAX_CODE] or None,
        color,
    )


def _without_clashes(
    connection: sa.Connection, org_id: OrgId, plans: Sequence[_Plan]
) -> tuple[list[_Plan], list[OutlineProblem]]:
    taken = repository.names_taken(connection, org_id, [plan.name for plan in plans])
    seen: dict[str, int] = {}
    good: list[_Plan] = []
    problems: list[OutlineProblem] = []
    for plan in plans:
        at = plan.outline.index
        if plan.name in taken:
            message = f"A territory “{plan.name}” exists already: rename or delete it first."
            problems.append(_problem(at, "name", "name_taken", message))
        elif plan.name in seen:
            message = f"features[{seen[plan.name]}] is called “{plan.name}”, too."
            problems.append(_problem(at, "name", "name_taken", message))
        else:
            seen[plan.name] = at
            good.append(plan)
    return good, problems


def _with_parents(
    connection: sa.Connection, org_id: OrgId, plans: Sequence[_Plan]
) -> tuple[list[tuple[_Plan, TerritoryId | None]], list[OutlineProblem]]:
    """Find each plan's parent, in the file by code or name, else among the territories."""
    inside = {plan.name: plan for plan in plans} | {plan.code: plan for plan in plans if plan.code}
    wanted = [plan.parent for plan in plans if plan.parent and plan.parent not in inside]
    outside = repository.find_by_name_or_code(connection, org_id, wanted)
    placed: dict[TerritoryId, tuple[_Plan, TerritoryId | None]] = {}
    waiting = list(plans)
    parent_id: TerritoryId | None
    while waiting:
        later: list[_Plan] = []
        for plan in waiting:
            above = inside.get(plan.parent or "")
            if above is not None:
                is_ready, parent_id = above.id in placed, above.id
            else:
                parent_id = outside.get(plan.parent or "")
                is_ready = parent_id is not None or not plan.parent
            if is_ready:
                placed[plan.id] = plan, parent_id
            else:
                later.append(plan)
        if len(later) == len(waiting):
            return list(placed.values()), [_orphan(plan) for plan in later]
        waiting = later
    return list(placed.values()), []


def _orphan(plan: _Plan) -> OutlineProblem:
    message = (
        f"Its parent “{plan.parent}” is neither in the file nor a territory, or it stands below it."
    )
    return _problem(plan.outline.index, "parent", "parent_unknown", message)


def _insert(
    connection: sa.Connection, org_id: OrgId, plan: _Plan, parent_id: TerritoryId | None
) -> None:
    area = shapely.from_wkb(plan.outline.area)
    if not isinstance(area, MultiPolygon):
        raise TypeError("The reader gives multipolygons.")
    values = {
        "name": plan.name,
        "code": plan.code,
        "color": plan.color,
        "area": area,
        "parent_id": parent_id,
    }
    repository.insert_territory(connection, org_id, plan.id, values)


def _record(
    connection: sa.Connection, org_id: OrgId, actor: Actor | None, made: int, moved: int
) -> None:
    audit.record_event(
        connection,
        org_id,
        "territory.import",
        by=actor,
        subject="organisation",
        subject_id=org_id,
        detail={"territories": made, "moved_accounts": moved},
    )


def _read(plan: _Plan, *, is_made: bool) -> OutlineRead:
    return OutlineRead(
        feature=plan.outline.index,
        id=plan.id if is_made else None,
        name=plan.name,
        code=plan.code,
        parent=plan.parent,
        area_km2=plan.outline.area_km2,
        vertices=plan.outline.vertices,
        is_mended=plan.outline.is_mended,
    )


def _problem(index: int, field: str, code: str, message: str) -> OutlineProblem:
    where = f"features[{index}]"
    return OutlineProblem(f"{where}.{field}" if field else where, code, message)


def _refusal(problems: Sequence[OutlineProblem]) -> Malformed:
    return Malformed(
        f"{len(problems):,} of the areas cannot be taken, so none was. "
        "Repair them, or choose to skip bad areas.",
        code="areas_refused",
        errors=[FieldError(one.field, one.message) for one in problems[:_SHOWN_PROBLEMS]],
    )
