"""HTTP of campaigns."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Response

from backend.api.etags import check_if_match, tagged
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.campaigns import service
from backend.campaigns.schemas import (
    CampaignAccount,
    CampaignCreate,
    CampaignDetail,
    CampaignPatch,
    CampaignRead,
    Wanted,
)
from backend.campaigns.sheet import write_sheet
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS


class CampaignController(Controller):
    """Accounts that are worked on for a while, for a purpose."""

    path = "/v1/campaigns"
    tags = ["campaigns"]

    @post(operation_id="create_campaign", guards=[PLANNERS], sync_to_thread=True)
    def create_campaign(
        self, request: Call, data: JSONBody[CampaignCreate]
    ) -> Response[CampaignRead]:
        """Keep a campaign; accounts come into it by a bulk action, which can start one as well."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            campaign = service.create_campaign(connection, actor, data)
        return tagged(campaign, campaign.rv)

    @get(operation_id="list_campaigns", guards=[ANYBODY], sync_to_thread=True)
    def list_campaigns(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[CampaignRead]:
        """List campaigns with their counts, the newest first; a rep's are those of own accounts."""
        db, actor = request.db, request.actor
        before = decode_id_cursor(cursor)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_campaigns(connection, actor, before=before, limit=limit + 1)
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @get("/{campaign_id:uuid}", operation_id="get_campaign", guards=[ANYBODY], sync_to_thread=True)
    def get_campaign(self, request: Call, campaign_id: FromPath[UUID]) -> Response[CampaignDetail]:
        """Tell what came of a campaign, of the accounts that you may see."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id, snapshot=True) as connection:
            campaign = service.get_campaign(connection, actor, campaign_id)
        # Visits and sales change what is told without a new version.
        return Response(campaign, headers={"Cache-Control": "private, no-cache"})

    @get("/{campaign_id:uuid}/accounts", operation_id="list_campaign_accounts", guards=[ANYBODY],
         sync_to_thread=True)  # fmt: skip
    def list_accounts(
        self,
        request: Call,
        campaign_id: FromPath[UUID],
        *,
        is_open: FromQuery[bool] = False,
        territory_id: FromQuery[UUID | None] = None,
        limit: LimitQuery = DEFAULT_LIMIT,
        cursor: CursorQuery = None,
    ) -> Page[CampaignAccount]:
        """List a campaign's accounts that you may see, by id; `is_open` leaves those to do."""
        db, actor = request.db, request.actor
        after, wanted = decode_id_cursor(cursor), Wanted(is_open=is_open, territory_id=territory_id)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_accounts(
                connection, actor, campaign_id, wanted, after=after, limit=limit + 1
            )
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))

    @get("/{campaign_id:uuid}/accounts.csv", operation_id="campaign_sheet", guards=[ANYBODY],
         sync_to_thread=True)  # fmt: skip
    def sheet(
        self,
        request: Call,
        campaign_id: FromPath[UUID],
        *,
        is_open: FromQuery[bool] = False,
        territory_id: FromQuery[UUID | None] = None,
    ) -> Response[bytes]:
        """Download a campaign's accounts that you may see, up to 50,000, as CSV."""
        db, actor = request.db, request.actor
        wanted = Wanted(is_open=is_open, territory_id=territory_id)
        with db.for_org(actor.org_id, snapshot=True) as connection:
            found = service.list_for_sheet(connection, actor, campaign_id, wanted)
        return Response(
            write_sheet(found),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="campaign.csv"'},
        )

    @patch("/{campaign_id:uuid}", operation_id="patch_campaign", guards=[PLANNERS],
           sync_to_thread=True)  # fmt: skip
    def patch_campaign(
        self, request: Call, campaign_id: FromPath[UUID], data: JSONBody[CampaignPatch]
    ) -> Response[CampaignRead]:
        """Change name, purpose or days; with If-Match only the version that the caller read."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_campaign(connection, actor, campaign_id)
            check_if_match(request, before.rv)
            campaign = service.patch_campaign(connection, actor, before, data)
        return tagged(campaign, campaign.rv)

    @post("/{campaign_id:uuid}/end", operation_id="end_campaign", guards=[PLANNERS],
          status_code=200, sync_to_thread=True)  # fmt: skip
    def end_campaign(self, request: Call, campaign_id: FromPath[UUID]) -> Response[CampaignRead]:
        """End a campaign before its last day; its accounts and figures stay as they are."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_campaign(connection, actor, campaign_id)
            check_if_match(request, before.rv)
            campaign = service.end_campaign(connection, actor, before)
        return tagged(campaign, campaign.rv)

    @delete("/{campaign_id:uuid}", operation_id="delete_campaign", guards=[PLANNERS],
            sync_to_thread=True)  # fmt: skip
    def delete_campaign(self, request: Call, campaign_id: FromPath[UUID]) -> None:
        """Forget a campaign that has no account."""
        db, actor = request.db, request.actor
        with db.for_org(actor.org_id) as connection:
            before = service.lock_campaign(connection, actor, campaign_id)
            check_if_match(request, before.rv)
            service.delete_campaign(connection, actor, before)
