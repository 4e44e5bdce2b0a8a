"""Territories out of a GeoJSON FeatureCollection: all of them or none."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa
from shapely.geometry import MultiPolygon

from backend.api.problems import FieldError, Malformed, malformed_field
from backend.geo.shapes import parse_area_collection
from backend.geo.vocabulary import GeoError
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import TerritoryId, new_id
from backend.territories import repository
from backend.territories.schemas import Color, GeoJson, UploadRead
from backend.territories.service import check_planner

_NAME_KEYS = ("name", "ten", "tên", "title")
_MAX_NAME, _MAX_CODE = 200, 500
PALETTE = (
    "#1f6f5c", "#b4552d", "#3d5a98", "#8a6d1b", "#7a3e86", "#2f7d32", "#a03b52", "#4b6473",
)  # fmt: skip
"""Colours that tell neighbours apart, where the file names none."""


class Plan(msgspec.Struct, frozen=True):
    """A territory that a feature asks for."""

    index: int
    name: str
    code: str | None
    color: str
    area: MultiPolygon


def upload_territories(connection: sa.Connection, actor: Actor, geojson: GeoJson) -> UploadRead:
    """Create a territory a feature, named by its property name, Name or ten; all or none.

    Raise Malformed that names every feature that is wrong.
    """
    check_planner(actor)
    plans, errors = read_features(geojson)
    repository.lock_areas(connection, actor.org_id)
    taken = repository.names_taken(connection, actor.org_id, [plan.name for plan in plans])
    errors += [
        _error(plan.index, f"A territory “{plan.name}” exists already: rename or delete it first.")
        for plan in plans
        if plan.name in taken
    ]
    if errors:
        raise Malformed(
            f"{len(errors)} of the areas cannot be taken, so none was.",
            code="areas_refused",
            errors=sorted(errors, key=lambda error: int(error.field[9:-1])),
        )
    made = [_insert(connection, actor, plan) for plan in plans]
    moved = repository.place_accounts(connection, actor.org_id, made)
    audit.record(
        connection,
        actor,
        "territory.upload",
        subject="organisation",
        subject_id=actor.org_id,
        detail={"territories": len(made), "moved_accounts": moved},
    )
    items = repository.select_territories(
        connection, actor.org_id, among=made, after=None, limit=len(made)
    )
    return UploadRead(items, moved)


def read_features(geojson: GeoJson) -> tuple[list[Plan], list[FieldError]]:
    """Return the territories that the features ask for, and what is wrong with the others."""
    try:
        found = parse_area_collection(geojson)
    except GeoError as error:
        raise malformed_field("features", error.message, code=error.code) from error
    errors = [_error(one.index, one.message) for one in found.problems]
    bad = {one.index for one in found.problems}
    good = [index for index in range(len(found.areas) + len(bad)) if index not in bad]
    if not good and not bad:
        raise malformed_field("features", "The file has no areas.", code="empty")
    plans: list[Plan] = []
    seen: dict[str, int] = {}
    for index, (properties, area) in zip(good, found.areas, strict=True):
        name = _text(properties, _NAME_KEYS)
        if not name or len(name) > _MAX_NAME:
            errors.append(
                _error(index, f"Give it a property “name” of 1 to {_MAX_NAME} characters.")
            )
        elif name in seen:
            errors.append(_error(index, f"features[{seen[name]}] is called “{name}”, too."))
        else:
            seen[name] = index
            plans.append(_plan(index, name, properties, area))
    return plans, errors


def _plan(index: int, name: str, properties: Mapping[str, object], area: MultiPolygon) -> Plan:
    code = _text(properties, ("code", "ma", "mã"))
    color = _text(properties, ("color", "colour", "fill"))
    try:
        color = msgspec.convert(color, Color).lower()
    except msgspec.ValidationError:
        color = PALETTE[index % len(PALETTE)]
    return Plan(index, name, code[:_MAX_CODE] or None, color, area)


def _text(properties: Mapping[str, object], keys: Sequence[str]) -> str:
    """Return the first of the properties, whatever its capitals."""
    lowered = {key.lower(): value for key, value in properties.items()}
    values = (lowered.get(key) for key in keys)
    found = (str(value).strip() for value in values if isinstance(value, str | int | float))
    return next((text for text in found if text and "\0" not in text), "")


def _insert(connection: sa.Connection, actor: Actor, plan: Plan) -> TerritoryId:
    territory_id = TerritoryId(new_id())
    values = {"name": plan.name, "code": plan.code, "color": plan.color, "area": plan.area}
    repository.insert_territory(connection, actor.org_id, territory_id, values)
    return territory_id


def _error(index: int, message: str) -> FieldError:
    return FieldError(f"features[{index}]", message)
