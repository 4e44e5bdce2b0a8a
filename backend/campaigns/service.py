"""What may happen to campaigns: planners start, change and end them, everybody reads a share."""

from datetime import date, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import UNSET

from backend.api.problems import Conflict, NotFound, malformed_field
from backend.campaigns import repository
from backend.campaigns.repository import Days, Slice
from backend.campaigns.schemas import (
    Campaign,
    CampaignAccount,
    CampaignCounts,
    CampaignCreate,
    CampaignDetail,
    CampaignPatch,
    CampaignRead,
    Share,
    Span,
    Wanted,
)
from backend.identity import audit
from backend.identity.actor import Actor
from backend.identity.repository import get_currency
from backend.ids import new_id
from backend.maps.repository import select_holders
from backend.maps.schemas import Scope
from backend.maps.service import scope_of

MOST_DAYS = 1096
"""Three years."""
MOST_IN_FILE = 50_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def list_campaigns(
    connection: sa.Connection, actor: Actor, *, before: UUID | None, limit: int
) -> list[CampaignRead]:
    """Return campaigns, the newest first; a rep's are those with accounts of theirs."""
    scope = scope_of(connection, actor)
    found = repository.select_campaigns(connection, scope, before=before, limit=limit)
    return _counted(connection, scope, found)


def read_campaign(connection: sa.Connection, actor: Actor, campaign_id: UUID) -> CampaignRead:
    """Return a campaign with its counts; raise NotFound for none, or none of the actor's."""
    scope = scope_of(connection, actor)
    return _counted(connection, scope, [_get(connection, scope, campaign_id)])[0]


def get_campaign(connection: sa.Connection, actor: Actor, campaign_id: UUID) -> CampaignDetail:
    """Return a campaign with its figures; raise NotFound for none, or none of the actor's."""
    scope = scope_of(connection, actor)
    found = _get(connection, scope, campaign_id)
    days = _days(found)
    slices = repository.select_slices(connection, scope, campaign_id, days)
    has_begun = days.until >= days.since
    return CampaignDetail(
        **msgspec.structs.asdict(found),
        counts=CampaignCounts(
            accounts=sum(one.accounts for one in slices),
            visited=sum(one.visited for one in slices),
            bought=sum(one.bought for one in slices),
            open=sum(one.open for one in slices),
        ),
        currency=get_currency(connection, actor.org_id),
        since=_since(days, slices) if has_begun else None,
        before=_before(days, slices) if has_begun else None,
        shares=_shares(connection, scope, slices),
    )


def list_accounts(
    connection: sa.Connection,
    actor: Actor,
    campaign_id: UUID,
    wanted: Wanted,
    *,
    after: UUID | None,
    limit: int,
) -> list[CampaignAccount]:
    """Return a campaign's accounts that the actor may see, by id."""
    scope = scope_of(connection, actor)
    days = _days(_get(connection, scope, campaign_id))
    return repository.select_accounts(
        connection, scope, campaign_id, days, wanted, after=after, limit=limit
    )


def list_for_sheet(
    connection: sa.Connection, actor: Actor, campaign_id: UUID, wanted: Wanted
) -> list[CampaignAccount]:
    """Return a campaign's accounts that the actor may see; raise Conflict for too many."""
    most = MOST_IN_FILE + 1
    found = list_accounts(connection, actor, campaign_id, wanted, after=None, limit=most)
    if len(found) > MOST_IN_FILE:
        raise Conflict(
            f"More than {MOST_IN_FILE:,} accounts are meant: read them page by page.",
            code="campaign_too_full",
        )
    return found


def create_campaign(connection: sa.Connection, actor: Actor, asked: CampaignCreate) -> CampaignRead:
    """Keep a campaign without accounts; raise Malformed for days that cannot be."""
    check_days(asked.starts_on, asked.ends_on)
    campaign_id = new_id()
    repository.insert_campaign(connection, actor.org_id, actor.user_id, campaign_id, asked)
    _record(connection, actor, "campaign.create", campaign_id, name=asked.name)
    return read_campaign(connection, actor, campaign_id)


def lock_campaign(connection: sa.Connection, actor: Actor, campaign_id: UUID) -> CampaignRead:
    """Return a campaign, kept from others; raise NotFound for none."""
    repository.hold_campaign(connection, actor.org_id, campaign_id)
    return read_campaign(connection, actor, campaign_id)


def patch_campaign(
    connection: sa.Connection, actor: Actor, before: CampaignRead, data: CampaignPatch
) -> CampaignRead:
    """Change the fields given of a campaign that the caller locked."""
    told = {name: value for name, value in msgspec.structs.asdict(data).items() if value != UNSET}
    changed = CampaignCreate(
        **{name: told.get(name, getattr(before, name)) for name in CampaignCreate.__struct_fields__}
    )
    if before.ended_at is not None and not told.keys().isdisjoint({"starts_on", "ends_on"}):
        raise _ended(before.name)
    check_days(changed.starts_on, changed.ends_on)
    repository.update_campaign(connection, actor.org_id, before.id, changed)
    _record(connection, actor, "campaign.change", before.id, fields=sorted(told))
    return read_campaign(connection, actor, before.id)


def end_campaign(connection: sa.Connection, actor: Actor, before: CampaignRead) -> CampaignRead:
    """End a campaign that the caller locked; raise Conflict where it has ended."""
    if before.state == "ended":
        raise _ended(before.name)
    repository.end_campaign(connection, actor.org_id, before.id)
    _record(connection, actor, "campaign.end", before.id, name=before.name)
    return read_campaign(connection, actor, before.id)


def delete_campaign(connection: sa.Connection, actor: Actor, before: CampaignRead) -> None:
    """Forget a campaign that the caller locked; raise Conflict where it has accounts."""
    if not repository.delete_campaign(connection, actor.org_id, before.id):
        raise Conflict(
            f"The campaign “{before.name}” has accounts: take them out first, or end it.",
            code="campaign_not_empty",
        )
    _record(connection, actor, "campaign.delete", before.id, name=before.name)


def check_takes(connection: sa.Connection, actor: Actor, campaign_id: UUID, field: str) -> None:
    """Raise Malformed for a campaign that is not there, Conflict for one that has ended."""
    scope = scope_of(connection, actor)
    found = repository.select_campaigns(connection, scope, campaign_id=campaign_id)
    if not found:
        raise malformed_field(
            field, f"There is no campaign {campaign_id}.", code="unknown_reference"
        )
    if found[0].state == "ended":
        raise _ended(found[0].name)


def check_days(starts_on: date, ends_on: date) -> None:
    """Raise Malformed for days in no order, of no plausible year, or too many."""
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise malformed_field(field, "Give a day of the years 1970 to 2200.")
    if ends_on < starts_on:
        raise malformed_field(
            "ends_on", "The campaign ends before it begins.", code="dates_reversed"
        )
    if (ends_on - starts_on).days >= MOST_DAYS:
        raise malformed_field(
            "ends_on", "A campaign lasts three years at most: end it sooner, or start another."
        )


def _ended(name: str) -> Conflict:
    return Conflict(
        f"The campaign “{name}” has ended, and stays as it was: start another.",
        code="campaign_ended",
    )


def _get(connection: sa.Connection, scope: Scope, campaign_id: UUID) -> Campaign:
    found = repository.select_campaigns(connection, scope, campaign_id=campaign_id)
    if not found:
        raise NotFound(f"There is no campaign {campaign_id}, or it has no account of yours.")
    return found[0]


def _counted(
    connection: sa.Connection, scope: Scope, campaigns: list[Campaign]
) -> list[CampaignRead]:
    counts = repository.count_accounts(connection, scope, campaigns) if campaigns else {}
    return [CampaignRead(**msgspec.structs.asdict(one), counts=counts[one.id]) for one in campaigns]


def _days(campaign: Campaign) -> Days:
    """Return the days that count; `until` lies before `since` where none does yet."""
    until = max(campaign.counted_to, campaign.starts_on - timedelta(days=1))
    length = until - campaign.starts_on + timedelta(days=1)
    return Days(campaign.starts_on, until, campaign.starts_on - length)


def _since(days: Days, slices: list[Slice]) -> Span:
    return Span(
        from_date=days.since,
        to_date=days.until,
        visits=sum(one.visits for one in slices),
        visited=sum(one.visited for one in slices),
        bought=sum(one.bought for one in slices),
        revenue=sum(one.revenue for one in slices),
    )


def _before(days: Days, slices: list[Slice]) -> Span:
    return Span(
        from_date=days.before,
        to_date=days.since - timedelta(days=1),
        visits=sum(one.visits_before for one in slices),
        visited=sum(one.visited_before for one in slices),
        bought=sum(one.bought_before for one in slices),
        revenue=sum(one.revenue_before for one in slices),
    )


def _shares(connection: sa.Connection, scope: Scope, slices: list[Slice]) -> list[Share]:
    """Return the slices with names, those with most left to do first."""
    holders = {UUID(one): UUID(rep) for one, rep in select_holders(connection, scope)}
    reps = [holders.get(one.territory_id) if one.territory_id else one.owner_id for one in slices]
    names = repository.select_names(
        connection,
        scope.org_id,
        [one.territory_id for one in slices if one.territory_id],
        [one for one in reps if one],
    )
    shares = [
        Share(
            territory_id=one.territory_id,
            territory_name=names.get(one.territory_id) if one.territory_id else None,
            rep_id=rep,
            rep_name=names.get(rep) if rep else None,
            accounts=one.accounts,
            visited=one.visited,
            bought=one.bought,
            open=one.open,
            revenue=one.revenue,
        )
        for one, rep in zip(slices, reps, strict=True)
    ]
    return sorted(shares, key=lambda one: (-one.open, -one.accounts, one.territory_name or ""))


def _record(
    connection: sa.Connection, actor: Actor, action: str, campaign_id: UUID, **detail: object
) -> None:
    audit.record(
        connection, actor, action, subject="campaign", subject_id=campaign_id, detail=detail
    )
