"""HTTP of the import of outlines."""

import msgspec
from litestar import Controller, post
from litestar.datastructures import UploadFile
from litestar.params import JSONBody, MultipartBody
from litestar.response import Response

from backend.admin_units.outline_files import parse_mapping
from backend.api.etags import tagged
from backend.geo.outlines.reading import MAX_BYTES
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS
from backend.territories.from_units import TerritoryFromUnit, create_from_unit
from backend.territories.outline_schemas import OutlineOptions, OutlineReport
from backend.territories.outlines import import_outlines, read_file
from backend.territories.schemas import TerritoryRead

_FORM_BYTES = 64 * 1024
"""What the other parts of the form may take."""


class OutlineForm(msgspec.Struct, frozen=True, kw_only=True):
    """GeoJSON, GeoPackage, KML, KMZ or a zipped shapefile; `mapping` is JSON, field to property."""

    file: UploadFile
    mapping: str = "{}"
    crs: str = ""
    """The coordinate system of a file that names none, such as EPSG:3405."""
    layer: str = ""
    """Which of several layers."""
    mend: bool = False
    """Make areas that cross themselves sound."""
    skip_bad: bool = False
    dry_run: bool = False


class OutlineImportController(Controller):
    """Territories out of files with outlines."""

    path = "/v1/imports"
    tags = ["territories"]

    @post(
        "/territories",
        operation_id="import_territories",
        guards=[PLANNERS],
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_BYTES + _FORM_BYTES,
    )
    def import_territories(self, request: Call, data: MultipartBody[OutlineForm]) -> OutlineReport:
        """Make a territory each feature of a file: all, the good ones, or none in a dry run.

        The file is read in a process of its own before a transaction begins.
        """
        actor = request.actor
        options = OutlineOptions(
            mapping=parse_mapping(data.mapping),
            crs=data.crs.strip(),
            layer=data.layer,
            is_mended=data.mend,
            skips_bad=data.skip_bad,
            is_dry_run=data.dry_run,
        )
        found = read_file(data.file.file.read(), options)
        with request.db.for_org(actor.org_id) as connection:
            return import_outlines(connection, actor.org_id, found, options, actor=actor)


class TerritoryFromUnitController(Controller):
    """Territories out of administrative units."""

    path = "/v1/territories"
    tags = ["territories"]

    @post(
        "/from-admin-unit",
        operation_id="create_territory_from_admin_unit",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def create(self, request: Call, data: JSONBody[TerritoryFromUnit]) -> Response[TerritoryRead]:
        """Create a territory with the outline of a unit; it does not follow the unit later."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            territory = create_from_unit(connection, actor, data)
        return tagged(territory, territory.rv)
