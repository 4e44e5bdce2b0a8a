"""What an account is worth, as the API tells it."""

from datetime import date
from uuid import UUID

import msgspec

from backend.insights.classes import RfmClass


class ScoresRead(msgspec.Struct, frozen=True):
    """Fifths of the organisation's buyers, 5 the best, and the class that follows."""

    recency: int
    frequency: int
    monetary: int
    rfm_class: RfmClass


class AccountValueRead(msgspec.Struct, frozen=True):
    """What an account bought in the 365 days up to `valued_on`, and what it could buy.

    `scores` is None for who bought nothing in them; `valued_on` None until the first reckoning.
    """

    account_id: UUID
    currency: str
    valued_on: date | None
    last_sold_on: date | None
    sold_days: int
    """Days with a sale."""
    revenue: float
    scores: ScoresRead | None
    monthly_potential: float | None
    potential_source: str | None
    potential_said_on: date | None
