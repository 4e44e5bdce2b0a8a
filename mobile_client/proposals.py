"""A new order of the rest of a day, as it is wished for and proposed: frozen values. Stdlib only.

Times are aware; accounts and visits go by their ids. Codes (marks, reasons) are put into words by
`mobile_client.i18n`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

type Mark = Literal["urgent", "closed", "skipped", "later", "pinned"]
type ReworkReason = Literal["urgent", "closed", "skipped", "later", "pinned", "traffic", "late"]
type ReworkState = Literal["", "applied", "route_replaced", "outdated"]

LEFT_OUT = frozenset({"closed", "skipped"})
"""Marks of visits that are not made today, and the reasons of those that were not."""

MARKS: tuple[Mark, ...] = ("closed", "skipped", "urgent", "later", "pinned")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the rep says of the rest of the day.

    `marks` are by account, in the order in which they were made; urgent ones are visited in it.
    `traffic` is per cent of the usual travel time. `position` is [longitude, latitude] of a fresh
    fix; without one the rep is where the last visit was. `had_lunch` None goes by the plan.
    """

    marks: Mapping[str, Mark] = field(default_factory=dict)
    traffic: int = 100
    had_lunch: bool | None = None
    position: tuple[float, float] | None = None

    @property
    def reason(self) -> ReworkReason:
        """The weightiest of what was said; without anything the day is simply late."""
        said = set(self.marks.values())
        order: tuple[Mark, ...] = ("urgent", "closed", "later", "skipped", "pinned")
        first = next((mark for mark in order if mark in said), None)
        return first or ("late" if self.traffic == 100 else "traffic")  # noqa: PLR2004  # per cent


@dataclass(frozen=True, slots=True)
class ProposedStop:
    """A visit to come; `was` is its place among the open visits before, None for a new one.

    Times and leg are None where they are not known. `is_estimate` says that the way to it was
    taken from the straight line.
    """

    account_id: str
    visit_id: str | None
    name: str
    was: int | None
    arrive_at: datetime | None = None
    start_at: datetime | None = None
    leave_at: datetime | None = None
    leg_m: int | None = None
    leg_s: int | None = None
    mark: Mark | None = None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class ProposedDrop:
    """An open visit that has no place in the rest of the day, with the facts of its reason."""

    account_id: str
    visit_id: str
    name: str
    reason: str
    facts: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the rest of the day takes from here and now."""

    stops: int
    distance_m: int | None = None
    travel_s: int | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The rest of the day as it could go; `before` goes on in the former order.

    Without a day pack it is the rep's own order (`is_by_hand`), without times and costs.
    """

    route_id: str
    made_at: datetime
    reason: ReworkReason
    stops: tuple[ProposedStop, ...]
    dropped: tuple[ProposedDrop, ...]
    before: Cost
    after: Cost
    lunch_at: datetime | None = None
    lunch_minutes: int = 0
    is_estimate: bool = False
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A visit that is still to come, as the phone's store has it; in the present order."""

    account_id: str
    visit_id: str
    name: str
    lon: float | None
    lat: float | None
    start_at: datetime | None
    minutes: int


@dataclass(frozen=True, slots=True)
class OpenDay:
    """How a day stands in the phone's store.

    `done` are the accounts where a visit was begun or given up, `visited` those where the rep was,
    in that order, `left` the visits that an earlier rework left out, `others` further accounts of
    the phone that may come in, by id. `place` is where the rep was last, `lunch_over_at` when the
    lunch of an earlier rework ends.
    """

    route_id: str
    pack: str | None
    stops: tuple[OpenStop, ...]
    done: frozenset[str] = frozenset()
    visited: tuple[str, ...] = ()
    left: tuple[ProposedDrop, ...] = ()
    others: Mapping[str, OpenStop] = field(default_factory=dict)
    place: tuple[float, float] | None = None
    lunch_over_at: datetime | None = None
