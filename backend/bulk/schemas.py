"""What can be done to many accounts at once, and what is told of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from backend.accounts.filters import Filters
from backend.accounts.schemas import Label, Priority, VisitEveryDays
from backend.api.payloads import Payload
from backend.areas.schemas import AreaAsked
from backend.campaigns.schemas import CampaignCreate

MOST_ACCOUNTS = 50_000
MOST_VISITS = 100
"""Visits of one day by one person."""

type Kind = Literal[
    "territory", "owner", "add_tags", "remove_tags", "frequency", "priority", "visit", "campaign",
    "leave_campaign",
]  # fmt: skip
type BulkStatus = Literal["running", "done", "failed", "undoing", "undone"]
type Reason = Literal[
    "not_seen", "in_territory", "too_many_tags", "planned_already", "not_allowed", "campaign_ended",
]  # fmt: skip
"""Why an account is left as it is: not there or not yours; somebody holds its territory; it would
have more than 50 tags; it has a visit that day; the visit is refused; the campaign ended
meanwhile."""


class ActionAsked(Payload, frozen=True, kw_only=True):
    """What to do; each kind takes the fields of its name, the others stay out."""

    kind: Kind
    territory_id: UUID | None = None
    """By hand; null goes back to the territory of the location."""
    owner_id: UUID | None = None
    tags: Annotated[list[Label], msgspec.Meta(max_length=20)] = []
    visit_every_days: VisitEveryDays | None = None
    priority: Priority | None = None
    planned_on: date | None = None
    rep_id: UUID | None = None
    """Of `visit`; yourself when null."""
    campaign_id: UUID | None = None
    """Of `campaign` and `leave_campaign`: one that runs, or is to begin."""
    campaign: CampaignCreate | None = None
    """Of `campaign`: a new one, that is kept with the action; then it has a campaign_id."""


class BulkAsked(Payload, frozen=True, kw_only=True):
    """Which accounts, told by an area with filters or by their ids, and what to do to them."""

    action: ActionAsked
    area: AreaAsked | None = None
    filters: Filters = msgspec.field(default_factory=Filters)
    account_ids: (
        Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=MOST_ACCOUNTS)] | None
    ) = None


class Named(msgspec.Struct, frozen=True):
    """An account as an example."""

    id: UUID
    name: str


class Refused(msgspec.Struct, frozen=True):
    """Accounts that stay as they are, with the first few of them that you may see."""

    reason: Reason
    accounts: int
    examples: list[Named]


class BulkPreview(msgspec.Struct, frozen=True):
    """What an action would do now."""

    accounts: int
    would_change: int
    unchanged: int
    """They are so already."""
    refused: list[Refused]
    is_job: bool
    """Whether it is done in the background, because there are many."""


class BulkRead(msgspec.Struct, frozen=True):
    """An action: how far it is, and what became of its accounts."""

    id: UUID
    action: ActionAsked
    status: BulkStatus
    failure: str | None
    accounts: int
    waiting: int
    changed: int
    unchanged: int
    refused: list[Refused]
    undone: int
    kept: int
    """Of an undo: changed since by somebody, and left as they are."""
    created_by: UUID
    created_by_name: str
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    rv: int
