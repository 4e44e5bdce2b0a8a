"""HTTP of accounts and contacts."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import UNSET

from backend.accounts import service
from backend.accounts.schemas import (
    AccountCreate,
    AccountCreated,
    AccountFilter,
    AccountPatch,
    AccountRead,
    ContactBody,
    ContactCreate,
    ContactPatch,
    ContactRead,
    LifeStage,
    NearbyRead,
)
from backend.accounts.scope import DELETERS, WRITERS
from backend.api.etags import check_if_match, has_tag, need_if_match, tagged, version_tag
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, RequireRole
from backend.ids import AccountId, ContactId, TerritoryId

_WRITE = RequireRole(*WRITERS)
_DELETE = RequireRole(*DELETERS)

Criterion = Annotated[str | None, QueryParameter(max_length=200)]


class AccountController(Controller):
    """Customer companies and people."""

    path = "/v1/accounts"
    tags = ["accounts"]

    @get(operation_id="list_accounts", guards=[ANYBODY], sync_to_thread=True)
    def list_accounts(
        self,
        request: Call,
        q: Criterion = None,
        life_stage: FromQuery[LifeStage | None] = None,
        category: Criterion = None,
        territory_id: FromQuery[UUID | None] = None,
        tag: Criterion = None,
        channel: Criterion = None,
        priority: Annotated[int | None, QueryParameter(ge=1, le=5)] = None,
        is_overdue: FromQuery[bool | None] = None,
        is_never_visited: FromQuery[bool | None] = None,
        campaign_id: FromQuery[UUID | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[AccountRead]:
        """List accounts by name; `q` finds words of the name in any order, without diacritics."""
        db, actor = request.db, request.actor
        wanted = AccountFilter(
            q=q,
            life_stage=life_stage,
            category=category,
            territory_id=TerritoryId(territory_id) if territory_id else None,
            tag=tag,
            channel=channel,
            priority=priority,
            is_overdue=is_overdue,
            is_never_visited=is_never_visited,
            campaign_id=campaign_id,
        )
        after = decode_id_cursor(cursor)
        with db.for_org(actor.org_id) as connection:
            found = service.list_accounts(connection, actor, wanted, after=after, limit=limit + 1)
        is_last = len(found) <= limit
        items = found[:limit]
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @get("/nearest", operation_id="nearest_accounts", guards=[ANYBODY], sync_to_thread=True)
    def nearest_accounts(
        self,
        request: Call,
        lon: FromQuery[float],
        lat: FromQuery[float],
        limit: LimitQuery = DEFAULT_LIMIT,
    ) -> Page[NearbyRead]:
        """List the accounts nearest to a point, with their distance in metres."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return Page(service.nearest_accounts(connection, actor, lon, lat, limit=limit))

    @post(operation_id="create_account", guards=[_WRITE], sync_to_thread=True)
    def create_account(
        self, request: Call, data: JSONBody[AccountCreate]
    ) -> Response[AccountCreated]:
        """Create an account; by its location it falls into a territory."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            account = service.create_account(connection, actor, data)
        return tagged(account, account.rv)

    @get("/{account_id:uuid}", operation_id="get_account", guards=[ANYBODY], sync_to_thread=True)
    def get_account(
        self, request: Call, account_id: FromPath[UUID]
    ) -> Response[AccountRead | None]:
        """Read one account; If-None-Match with its ETag answers 304."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            account = service.get_account(connection, actor, AccountId(account_id))
        tag = version_tag(account.rv)
        if has_tag(request, tag):
            return Response(None, status_code=304, headers={"ETag": tag})
        return tagged(account, account.rv)

    @patch("/{account_id:uuid}", operation_id="patch_account", guards=[_WRITE], sync_to_thread=True)
    def patch_account(
        self, request: Call, account_id: FromPath[UUID], data: JSONBody[AccountPatch]
    ) -> Response[AccountRead]:
        """Change an account; with If-Match only the version that the caller read.

        A new total of `empties_owed` needs If-Match: phones add to it at any time.
        """
        if data.empties_owed is not UNSET:
            need_if_match(request, "empties_owed")
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_account_in_scope(connection, actor, AccountId(account_id))
            check_if_match(request, before.rv)
            account = service.patch_account(connection, actor, AccountId(account_id), data)
        return tagged(account, account.rv)

    @delete(
        "/{account_id:uuid}", operation_id="delete_account", guards=[_DELETE], sync_to_thread=True
    )
    def delete_account(self, request: Call, account_id: FromPath[UUID]) -> None:
        """Delete an account softly: its history stays."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_account_in_scope(connection, actor, AccountId(account_id))
            check_if_match(request, before.rv)
            service.delete_account(connection, actor, AccountId(account_id))

    @get(
        "/{account_id:uuid}/contacts",
        operation_id="list_contacts",
        guards=[ANYBODY],
        sync_to_thread=True,
    )
    def list_contacts(self, request: Call, account_id: FromPath[UUID]) -> Page[ContactRead]:
        """List the contact persons of an account."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            return Page(service.list_contacts(connection, actor, AccountId(account_id)))

    @post(
        "/{account_id:uuid}/contacts",
        operation_id="create_contact",
        guards=[_WRITE],
        sync_to_thread=True,
    )
    def create_contact(
        self, request: Call, account_id: FromPath[UUID], data: JSONBody[ContactBody]
    ) -> Response[ContactRead]:
        """Add a contact person to an account."""
        db, actor = request.db, request.actor
        person = ContactCreate(
            account_id=AccountId(account_id),
            full_name=data.full_name,
            job_title=data.job_title,
            phone=data.phone,
            email=data.email,
            channels=data.channels,
            tags=data.tags,
        )
        with db.for_org(actor.org_id) as connection:
            contact = service.create_contact(connection, actor, person)
        return tagged(contact, contact.rv)


class ContactController(Controller):
    """Contact persons of accounts."""

    path = "/v1/contacts"
    tags = ["accounts"]

    @patch("/{contact_id:uuid}", operation_id="patch_contact", guards=[_WRITE], sync_to_thread=True)
    def patch_contact(
        self, request: Call, contact_id: FromPath[UUID], data: JSONBody[ContactPatch]
    ) -> Response[ContactRead]:
        """Change a contact person; with If-Match only the version that the caller read."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_contact(connection, actor, ContactId(contact_id))
            check_if_match(request, before.rv)
            contact = service.patch_contact(connection, actor, ContactId(contact_id), data)
        return tagged(contact, contact.rv)

    @delete(
        "/{contact_id:uuid}", operation_id="delete_contact", guards=[_WRITE], sync_to_thread=True
    )
    def delete_contact(self, request: Call, contact_id: FromPath[UUID]) -> None:
        """Delete a contact person softly."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            service.delete_contact(connection, actor, ContactId(contact_id))
