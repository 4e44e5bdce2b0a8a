"""Shops and buying amenities of an OpenStreetMap extract become prospects."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from backend.accounts.importing.report import MAX_SHOWN, ImportReport, RowProblem, Tally
from backend.accounts.importing.repository import Incoming, Origin, store
from backend.accounts.repository import country_of
from backend.accounts.values import ValueRefused, clean
from backend.geo.osm import Place, PlaceReport, read_places
from backend.geo.vocabulary import OnProgress
from backend.identity import audit
from backend.identity.actor import Actor
from backend.ids import OrgId

OSM = Origin(
    source="osm",
    location_source="osm",
    columns=("name", "category", "address", "phone", "email", "website", "opening_hours"),
    has_location=True,
)
_MAX_NAME = 200


def import_osm(
    connection: sa.Connection,
    org_id: OrgId,
    path: Path,
    *,
    actor: Actor | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Take the places of a PBF extract as prospects; a second run changes nothing.

    Raise OsmFileError for a file that cannot be read: the caller's transaction then rolls back.
    A phone, email, website or opening hours that cannot be read is left out and counted as a
    warning, the shop is still taken. A phone without country code is of the organisation's country.
    """
    country = country_of(connection, org_id)
    places, tally = PlaceReport(), Tally()
    records = _records(
        read_places(path, country=country, report=places, on_progress=on_progress), country, tally
    )
    stored = store(connection, org_id, OSM, records, on_progress)
    skipped = dict(places.skipped + tally.skipped)
    if stored.deleted_here:
        skipped["deleted_here"] = stored.deleted_here
    report = ImportReport(
        taken=stored.taken,
        updated=stored.updated,
        unchanged=stored.unchanged,
        skipped=skipped,
        warnings=dict(tally.warnings),
        examples=tuple(tally.examples),
    )
    write_audit(connection, org_id, actor, "account.import_osm", report)
    return report


def write_audit(
    connection: sa.Connection, org_id: OrgId, actor: Actor | None, action: str, report: ImportReport
) -> None:
    """Write down an import with its counts."""
    counts = msgspec.structs.asdict(report)
    detail = {name: counts[name] for name in ("taken", "updated", "unchanged", "skipped")}
    audit.record_event(
        connection,
        org_id,
        action,
        by=actor,
        subject="organisation",
        subject_id=org_id,
        detail=detail,
    )


def _records(places: Iterator[Place], country: str, tally: Tally) -> Iterator[Incoming]:
    seen: set[str] = set()
    for place in places:
        if place.ref not in seen:
            seen.add(place.ref)
            record = _record(place, country, tally)
            if record is not None:
                yield record


def _record(place: Place, country: str, tally: Tally) -> Incoming | None:
    try:
        location = clean("location", [place.lon, place.lat], country)
    except ValueRefused as refused:
        tally.skip([_problem(place, "location", f"{place.lon}, {place.lat}", refused)])
        return None
    values: dict[str, object] = {
        "name": place.name[:_MAX_NAME],
        "category": place.category,
        "address": place.address,
        "location": location,
        "phone": _phone(place, country, tally),
    }
    for field in ("email", "website", "opening_hours"):
        text = getattr(place, field)
        try:
            values[field] = clean(field, text, country)
        except ValueRefused as refused:
            tally.warn(_problem(place, field, text, refused))
    return Incoming(place.ref, values)


def _phone(place: Place, country: str, tally: Tally) -> object:
    """Return the first number that can be read."""
    first_refusal: ValueRefused | None = None
    for text in (place.phone, *place.more_phones):
        try:
            return clean("phone", text, country)
        except ValueRefused as refused:
            first_refusal = first_refusal or refused
    if first_refusal is not None:
        tally.warn(_problem(place, "phone", place.phone or "", first_refusal))
    return None


def _problem(place: Place, column: str, value: str, refused: ValueRefused) -> RowProblem:
    return RowProblem(
        ref=place.ref,
        column=column,
        value=value[:MAX_SHOWN],
        code=refused.code,
        message=refused.message,
    )
