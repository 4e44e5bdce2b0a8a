"""HTTP of the imports of administrative units and of what became of them."""

from datetime import date

import msgspec
from litestar import Controller, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from backend.admin_units.changes import import_changes
from backend.admin_units.importing import import_units, read_level, read_units
from backend.admin_units.outline_files import parse_mapping
from backend.admin_units.schemas import (
    MAX_LEVEL,
    MIN_LEVEL,
    ChangeOptions,
    UnitOptions,
    UnitReport,
)
from backend.api.problems import malformed_field
from backend.geo.outlines.reading import MAX_BYTES
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS

_FORM_BYTES = 64 * 1024


class UnitForm(msgspec.Struct, frozen=True, kw_only=True):
    """A file with outlines, and what it does not say; `mapping` is JSON of field to property."""

    file: UploadFile
    valid_from: str
    valid_to: str = ""
    level: str = ""
    source: str
    licence: str = ""
    vintage: str = ""
    mapping: str = "{}"
    crs: str = ""
    layer: str = ""
    skip_bad: bool = False
    dry_run: bool = False


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """A CSV or XLSX sheet of old and new units; `mapping` is JSON of field to heading."""

    file: UploadFile
    changed_on: str
    level: str = "6"
    source: str
    mapping: str = "{}"
    dry_run: bool = False


class AdminUnitImportController(Controller):
    """Administrative units out of files."""

    path = "/v1/imports"
    tags = ["admin units"]
    guards = [PLANNERS]

    @post(
        "/admin-units",
        operation_id="import_admin_units",
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_BYTES + _FORM_BYTES,
    )
    def import_units(self, request: Call, data: MultipartBody[UnitForm]) -> UnitReport:
        """Keep a unit each feature: all, the good ones, or none in a dry run.

        The file is read in a process of its own before a transaction begins.
        """
        actor = request.actor
        options = UnitOptions(
            valid_from=_day(data.valid_from, "valid_from"),
            valid_to=_day(data.valid_to, "valid_to") if data.valid_to.strip() else None,
            level=_level(data.level) if data.level.strip() else None,
            source=_words(data.source, "source"),
            licence=_words(data.licence, "licence") if data.licence.strip() else None,
            vintage=_words(data.vintage, "vintage") if data.vintage.strip() else None,
            mapping=parse_mapping(data.mapping),
            crs=data.crs.strip(),
            layer=data.layer,
            skips_bad=data.skip_bad,
            is_dry_run=data.dry_run,
        )
        found = read_units(data.file.file.read(), options)
        with request.db.for_org(actor.org_id) as connection:
            return import_units(connection, actor.org_id, found, options, actor=actor)

    @post(
        "/admin-changes",
        operation_id="import_admin_changes",
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_BYTES + _FORM_BYTES,
    )
    def import_changes(self, request: Call, data: MultipartBody[ChangeForm]) -> UnitReport:
        """Keep what became of units, a row each pair of old and new; unknown units are made."""
        actor = request.actor
        options = ChangeOptions(
            changed_on=_day(data.changed_on, "changed_on"),
            level=_level(data.level),
            source=_words(data.source, "source"),
            mapping=parse_mapping(data.mapping),
            is_dry_run=data.dry_run,
        )
        content = data.file.file.read()
        with request.db.for_org(actor.org_id) as connection:
            return import_changes(connection, actor.org_id, content, options, actor=actor)


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise malformed_field(field, "Give the day like 2025-07-01.") from error


def _level(text: str) -> int:
    level = read_level(text.strip())
    if level is None:
        raise malformed_field("level", f"A level is a number from {MIN_LEVEL} to {MAX_LEVEL}.")
    return level


def _words(text: str, field: str) -> str:
    found = text.strip()
    if not found or len(found) > 200 or "\0" in found:  # noqa: PLR2004  # a line
        raise malformed_field(field, "Say in 1 to 200 characters where the file comes from.")
    return found
