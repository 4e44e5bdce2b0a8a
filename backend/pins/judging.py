"""When a pin is doubtful: the rules and their numbers, over what a check reads. Pure."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from backend.geo.vocabulary import LonLat, great_circle_m
from backend.pins.centre import Sighting, find_centre
from backend.pins.schemas import Evidence, Found, SightingRead

WITHIN_DAYS = 365
"""Older check-ins do not count: shops move."""
LATEST = 30
"""No more check-ins of an account are looked at."""
MOST_ACCURACY_M = 100.0
"""A check-in less exact than this says nothing about a shop."""
LEAST_SIGHTINGS = 3
"""One for each person and day; so these are of several days or several people."""
FAR_M = 75.0
"""Nearer than this a pin is as good as the next one: the width of a large shop and its parking."""
BEYOND_ACCURACY_M = 50.0
"""A check-in is elsewhere when it is farther off than its accuracy and this."""
AGREE_M = 100.0
LEAST_AGREEING = 0.5
"""Check-ins all over the town, from home say, tell nothing about where a shop is."""
MORE_SIGHTINGS = 3
"""After somebody said that a pin is right, so many of later days bring the doubt back: its weight
is the day of the third latest."""
CROWD = 6
"""So many accounts on one spot, under as many addresses, were put there by a rough address."""
CROWD_GROWS = 1.5
UNIT_TOLERANCE_M = 500.0
"""Borders of units are drawn roughly, and a street may bear the name of its neighbour."""
STREETS_END_M = 20_000
"""So far from every street the network just ends; nothing is said of what lies there."""


class CheckIn(NamedTuple):
    """A check-in as rules see it."""

    rep_id: UUID
    on_date: date
    captured_at: datetime
    position: LonLat
    accuracy_m: float


class Unit(NamedTuple):
    """The nearest unit of a name: `location` is its nearest point where the pin lies outside."""

    id: UUID
    name: str
    location: LonLat | None
    distance_m: float


def judge_visits(account_id: UUID, pin: LonLat, check_ins: Iterable[CheckIn]) -> Found | None:
    """Return the doubt that an account's check-ins raise; None when they raise none."""
    seen = _one_a_day(check_ins)
    if len(seen) < LEAST_SIGHTINGS:
        return None
    elsewhere = sum(
        great_circle_m(pin, one.position) > BEYOND_ACCURACY_M + one.accuracy_m for one in seen
    )
    if elsewhere * 2 <= len(seen):
        return None
    centre = find_centre([Sighting(one.position, one.accuracy_m) for one in seen])
    off_m = great_circle_m(pin, centre.position)
    agreeing = [one for one in seen if great_circle_m(one.position, centre.position) <= AGREE_M]
    is_told = len(agreeing) >= LEAST_SIGHTINGS and len(agreeing) > LEAST_AGREEING * len(seen)
    if not is_told or off_m <= max(FAR_M, 2 * centre.radius_m):
        return None
    return Found(
        account_id=account_id,
        reason="visits_elsewhere",
        location=pin,
        suggested=_rounded(centre.position),
        radius_m=round(centre.radius_m, 1),
        distance_m=round(off_m, 1),
        evidence=Evidence(
            sightings=tuple(
                SightingRead(
                    list(_rounded(one.position)),
                    round(one.accuracy_m, 1),
                    one.captured_at,
                    one in agreeing,
                )
                for one in seen
            ),
            people=len({one.rep_id for one in seen}),
            days=len({one.on_date for one in seen}),
            agreeing=len(agreeing),
        ),
        weight=seen[MORE_SIGHTINGS - 1].on_date.toordinal(),
        returns_at=seen[0].on_date.toordinal() + 1,
    )


def judge_spot(  # what is counted on a spot
    account_id: UUID, pin: LonLat, *, accounts: int, addresses: int, geocoded: int
) -> Found | None:
    """Return the doubt that a crowd on one spot raises for one of its accounts."""
    if accounts < CROWD or addresses < CROWD:
        return None
    return Found(
        account_id=account_id,
        reason="crowded_spot",
        location=pin,
        evidence=Evidence(
            accounts=accounts, addresses=addresses, is_geocoded=2 * geocoded > accounts
        ),
        weight=accounts,
        returns_at=math.ceil(accounts * CROWD_GROWS),
    )


def judge_street(account_id: UUID, pin: LonLat, street_m: int | None) -> Found | None:
    """Return the doubt about a pin that no street leads to; `street_m` to the nearest one."""
    if street_m is None or street_m > STREETS_END_M:
        return None
    return Found(
        account_id=account_id,
        reason="far_from_street",
        location=pin,
        distance_m=float(street_m),
        evidence=Evidence(street_m=street_m),
    )


def judge_unit(account_id: UUID, pin: LonLat, named: Sequence[Unit]) -> Found | None:
    """Return the doubt about a pin outside a unit that its address names, the farthest of them."""
    if not named:
        return None
    farthest = max(named, key=lambda one: one.distance_m)
    if farthest.distance_m <= UNIT_TOLERANCE_M:
        return None
    return Found(
        account_id=account_id,
        reason="outside_unit",
        location=pin,
        distance_m=round(farthest.distance_m, 1),
        evidence=Evidence(
            unit_id=farthest.id,
            unit_name=farthest.name,
            unit_location=list(farthest.location) if farthest.location else None,
        ),
        basis=str(farthest.id),
    )


def _one_a_day(check_ins: Iterable[CheckIn]) -> list[CheckIn]:
    """Return the most exact check-in of each person and day, the latest day first.

    Who checks in ten times at the same corner saw it once.
    """
    best: dict[tuple[UUID, date], CheckIn] = {}
    for one in check_ins:
        key = (one.rep_id, one.on_date)
        if key not in best or one.accuracy_m < best[key].accuracy_m:
            best[key] = one
    return sorted(best.values(), key=lambda one: (one.captured_at, one.rep_id), reverse=True)


def _rounded(position: LonLat) -> tuple[float, float]:
    return round(position.lon, 7), round(position.lat, 7)
