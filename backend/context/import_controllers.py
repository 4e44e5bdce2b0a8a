"""HTTP of the import of own context layers."""

import msgspec
from litestar import Controller, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from backend.admin_units.outline_files import parse_mapping
from backend.api.problems import malformed_field
from backend.context.importing import check_options, import_own, read_own
from backend.context.own_schemas import How, OwnOptions, OwnReport
from backend.geo.outlines.reading import MAX_BYTES
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS

_FORM_BYTES = 64 * 1024


class OwnForm(msgspec.Struct, frozen=True, kw_only=True):
    """A file with figures and what they are; `measures` is JSON of column to count or rate.

    `mapping` is JSON of field (cell, lat, lon, code) to column, where those are not guessed.
    """

    file: UploadFile
    name: str
    source: str
    licence: str
    vintage: str
    measures: str
    mapping: str = "{}"
    crs: str = ""
    layer: str = ""
    skip_bad: bool = False


class ContextImportController(Controller):
    """Own figures of the ground out of files."""

    path = "/v1/imports"
    tags = ["context"]
    guards = [PLANNERS]

    @post(
        "/context",
        operation_id="import_context_layer",
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_BYTES + _FORM_BYTES,
    )
    def import_layer(self, request: Call, data: MultipartBody[OwnForm]) -> OwnReport:
        """Keep a file's figures as a context layer; one of the same name is replaced.

        A sheet tells hexagons, places or codes of administrative units; other files have outlines.
        Counts are shared out over the ground and keep their sum, rates hold for all of it.
        """
        actor = request.actor
        options = OwnOptions(
            name=data.name,
            source=data.source,
            licence=data.licence,
            vintage=data.vintage.strip(),
            measures=_measures(data.measures),
            mapping=parse_mapping(data.mapping),
            crs=data.crs.strip(),
            layer=data.layer,
            skips_bad=data.skip_bad,
        )
        check_options(options)
        found = read_own(data.file.file.read(), options)
        with request.db.for_org(actor.org_id) as connection:
            return import_own(connection, actor.org_id, found, options, actor=actor)


def _measures(text: str) -> dict[str, How]:
    try:
        return msgspec.json.decode(text, type=dict[str, How])
    except msgspec.DecodeError as error:
        raise malformed_field(
            "measures",
            'Say of each column whether it is a count or a rate: {"population": "count"}.',
            code="no_measures",
        ) from error
