"""HTTP of the sheet import."""

import msgspec
from litestar import Controller, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from backend.accounts.importing.columns import read_mapping
from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.report import ImportReport
from backend.accounts.importing.service import SheetOptions, import_sheet
from backend.accounts.importing.sheets import MAX_FORM_BYTES
from backend.identity.call import Call
from backend.identity.permissions import PLANNERS


class ImportForm(msgspec.Struct, frozen=True, kw_only=True):
    """A CSV or XLSX file and how to read it; `mapping` is a JSON object of field to heading."""

    file: UploadFile
    mapping: str = "{}"
    encoding: Encoding = Encoding.AUTO
    dry_run: bool = False
    skip_bad_rows: bool = False


class ImportController(Controller):
    """Accounts out of files."""

    path = "/v1/imports"
    tags = ["accounts"]

    @post(
        "/accounts",
        operation_id="import_accounts",
        guards=[PLANNERS],
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_FORM_BYTES,
    )
    def import_accounts(self, request: Call, data: MultipartBody[ImportForm]) -> ImportReport:
        """Import a CSV or XLSX file: all of it, its good rows, or nothing in a dry run."""
        db, actor = request.db, request.actor
        options = SheetOptions(
            mapping=read_mapping(data.mapping),
            encoding=data.encoding,
            is_dry_run=data.dry_run,
            skips_bad_rows=data.skip_bad_rows,
        )
        content = data.file.file.read()
        with db.for_org(actor.org_id) as connection:
            return import_sheet(connection, actor.org_id, content, options, actor=actor)
