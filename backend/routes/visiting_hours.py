"""When an account may be visited on a day, and when it would rather be."""

from collections.abc import Sequence
from datetime import date

import msgspec

from backend.geo.hours import Window as OpenMinutes
from backend.geo.hours import windows_on
from backend.geo.vocabulary import LonLat
from backend.routes.day.windows import Window, intersect_windows, merge_windows

PREFERENCE_S = 15 * 60
"""The travel that a visit at a preferred time is worth: no longer way is made for its sake."""

type Windows = tuple[Window, ...]


class AccountHours(msgspec.Struct, frozen=True):
    """An account's hours as they are written, in OpenStreetMap's notation; None is unknown.

    Firm preferred hours are the only ones at which it is visited.
    """

    opening: str | None
    preferred: str | None = None
    is_firm: bool = False


class VisitingHours(msgspec.Struct, frozen=True):
    """One day of an account.

    `windows` are when it may be visited: open, and at its preferred hours where they are firm.
    `is_cut` says that it is open longer, or that nobody knows when. `preferred` are the hours of a
    wish; `is_unwished` says that the wish names other days only.
    """

    windows: Windows
    preferred: Windows = ()
    is_cut: bool = False
    is_unwished: bool = False


def visiting_hours(
    hours: AccountHours, on_date: date, country: str, location: LonLat, *, unknown: Window
) -> VisitingHours:
    """Return a local day's hours; `unknown` is when an account is open of which nobody knows."""
    found = windows_on(hours.opening, on_date, country=country, location=location)
    opening = (unknown,) if found is None else _in_seconds(found)
    wished = windows_on(hours.preferred, on_date, country=country, location=location)
    if wished is None:
        return VisitingHours(opening)
    preferred = _in_seconds(wished)
    if not hours.is_firm:
        return VisitingHours(opening, preferred, is_unwished=not preferred)
    windows = preferred if found is None else intersect_windows(opening, preferred)
    return VisitingHours(windows, is_cut=windows != opening)


def _in_seconds(windows: Sequence[OpenMinutes]) -> Windows:
    return merge_windows(Window(one.start_minute * 60, one.end_minute * 60) for one in windows)
