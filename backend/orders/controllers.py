"""HTTP of products and of what was sold."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, MultipartBody, QueryParameter

from backend.accounts.importing.columns import read_mapping
from backend.accounts.importing.encodings import Encoding
from backend.accounts.importing.report import ImportReport
from backend.accounts.importing.service import SheetOptions
from backend.accounts.importing.sheets import MAX_FORM_BYTES
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_cursor,
    encode_cursor,
)
from backend.api.payloads import NO_NUL, Page
from backend.api.problems import malformed_field
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS
from backend.orders import service
from backend.orders.headings import What
from backend.orders.importing import import_sales
from backend.orders.schemas import Before, ProductRead, SaleRead

Category = Annotated[str | None, QueryParameter(max_length=200, pattern=NO_NUL)]


class SalesForm(msgspec.Struct, frozen=True, kw_only=True):
    """A CSV or XLSX file and how to read it; `mapping` is a JSON object of field to heading.

    Good rows are taken beside bad ones unless `skip_bad_rows` is false: books always have some.
    """

    file: UploadFile
    what: What = "sales"
    mapping: str = "{}"
    encoding: Encoding = Encoding.AUTO
    dry_run: bool = False
    skip_bad_rows: bool = True


class SaleController(Controller):
    """Products, and what was sold of them."""

    path = "/v1"
    tags = ["orders"]

    @post(
        "/sales/import",
        operation_id="import_sales",
        guards=[PLANNERS],
        sync_to_thread=True,
        status_code=200,
        request_max_body_size=MAX_FORM_BYTES,
    )
    def import_sales(self, request: Call, data: MultipartBody[SalesForm]) -> ImportReport:
        """Import lines of invoices from CSV or XLSX, or each account's monthly potential.

        The same invoice and line again changes that line. The report tells what is wrong by row.
        """
        db, actor = request.db, request.actor
        options = SheetOptions(
            mapping=read_mapping(data.mapping),
            encoding=data.encoding,
            is_dry_run=data.dry_run,
            skips_bad_rows=data.skip_bad_rows,
        )
        content = data.file.file.read()
        with db.for_org(actor.org_id) as connection:
            return import_sales(connection, actor.org_id, content, options, data.what, actor=actor)

    @get("/products", operation_id="list_products", guards=[ANYBODY], sync_to_thread=True)
    def list_products(
        self,
        request: Call,
        category: Category = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[ProductRead]:
        """List the organisation's products by code."""
        db, actor = request.db, request.actor
        key = decode_cursor(cursor, 1)
        after = key[0] if key else None
        if after is not None and "\0" in after:
            raise _not_ours()
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_products(connection, actor, category, after=after, limit=limit + 1)
        items = found[:limit]
        return Page(items, encode_cursor(items[-1].code) if len(found) > limit else None)

    @get(
        "/accounts/{account_id:uuid}/sales",
        operation_id="list_account_sales",
        guards=[ANYBODY],
        sync_to_thread=True,
    )
    def list_account_sales(
        self,
        request: Call,
        account_id: FromPath[UUID],
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[SaleRead]:
        """List what an account bought, line by line, the latest first."""
        db, actor = request.db, request.actor
        before = _before(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_sales(
                connection, actor, account_id, before=before, limit=limit + 1
            )
        items = found[:limit]
        if len(found) <= limit:
            return Page(items)
        last = items[-1]
        return Page(items, encode_cursor(last.sold_on.isoformat(), str(last.id)))


def _before(cursor: str | None) -> Before | None:
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        return Before(date.fromisoformat(key[0]), UUID(key[1]))
    except ValueError as error:
        raise _not_ours() from error


def _not_ours() -> Exception:
    return malformed_field("cursor", "This is no cursor of ours: leave it out to start anew.")
