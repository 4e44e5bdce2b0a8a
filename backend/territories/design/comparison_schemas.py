"""What a comparison of scenarios looks like to the outside."""

from uuid import UUID

import msgspec

from backend.ids import TerritoryId


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A territory in a scenario, or today. Money is in the organisation's currency."""

    accounts: int = 0
    customers: int = 0
    prospects: int = 0
    work_hours: float = 0.0
    """Visits and the ways between them in four weeks."""
    revenue: float = 0.0
    """Of the last 365 days."""
    potential: float = 0.0
    """Of a month."""
    open_visits: int = 0
    """Visits planned or begun, from a week ago on."""
    home_km: float | None = None
    """From the homes of today's reps to the middle of the work; None where no home is known."""
    spread_km: float | None = None
    """From the middle to the accounts, weighed by visits."""
    compactness: float | None = None
    """Polsby and Popper's, of the cells; None without any."""


class TerritoryBeside(msgspec.Struct, frozen=True, kw_only=True):
    """A territory in both, and what comes to it and goes from it."""

    territory_id: TerritoryId
    before: Side
    after: Side
    accounts_in: int
    accounts_out: int
    open_visits_in: int
    open_visits_out: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario beside another, or beside today: what each territory has, and what would move."""

    design_id: UUID
    scenario: str
    beside: str
    currency: str
    territories: list[TerritoryBeside]
    moved: Side
    """All that changes territory, together."""
    mixed_accounts: int
    """Of the moved, those that only follow their cell: most of it has that territory already."""
    outside_accounts: int
    """Accounts in no cell of the design, which stay where they are."""
