"""Opening hours as OpenStreetMap writes them, turned into the minutes of one day.

Parsed and evaluated by `opening-hours-py`, which knows public holidays and sun times.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from opening_hours import OpeningHours, State

from backend.geo.vocabulary import LonLat

MINUTES_A_DAY = 1440
# OpenStreetMap cuts values at 255 characters; twice that leaves room for hand-written ones.
MAX_LENGTH = 510
# People and spreadsheets type these for the hyphen and the blank that the grammar wants.
_TYPOGRAPHY = str.maketrans({"–": "-", "—": "-", "−": "-", "\u00a0": " ", "\u202f": " "})


class Window(NamedTuple):
    """Open from `start_minute` up to `end_minute`, local minutes since midnight, 0 to 1440."""

    start_minute: int
    end_minute: int


def windows_on(
    hours: str | None,
    on_date: date,
    *,
    country: str | None = None,
    location: LonLat | None = None,
) -> list[Window] | None:
    """Give the open windows of a local day: [] is closed, None is unknown.

    `country` (ISO 3166 alpha-2, else taken from the location) brings the public holidays; the
    location brings sunrise and sunset. A night's tail opens the next day at minute 0.
    """
    parsed = _parse(hours or "", (country or "").upper() or None, location)
    if parsed is None:
        return None
    midnight = datetime.combine(on_date, time())
    windows: list[Window] = []
    is_unsure = False
    for start, end, state, comment in parsed.intervals(midnight, midnight + timedelta(days=1)):
        if state is State.CLOSED:
            continue
        window = Window(_minute(start, on_date), _minute(end, on_date))
        # "by appointment" without hours parses as open around the clock with a comment.
        is_all_day_remark = bool(comment) and window == (0, MINUTES_A_DAY)
        if state is State.UNKNOWN or is_all_day_remark:
            is_unsure = True
        elif window.end_minute > window.start_minute:
            windows.append(window)
    if is_unsure and not windows:
        return None
    return _joined(windows)


def check_hours(text: str, *, which: str = "opening") -> str | None:
    """Return None when the text can be read, else a sentence that says where it cannot.

    `which` hours they are stands in the sentence: "opening", "preferred".
    """
    if not text.strip():
        return f"The {which} hours are empty. Write for example: Mo-Fr 09:00-17:30."
    if len(text) > MAX_LENGTH:
        return f"The {which} hours are longer than {MAX_LENGTH} characters."
    try:
        OpeningHours(text.translate(_TYPOGRAPHY))
    except Exception as error:  # noqa: BLE001 - the library does not export its error classes
        return _sentence(text, str(error), which)
    return None


@lru_cache(maxsize=4096)
def _parse(text: str, country: str | None, location: LonLat | None) -> OpeningHours | None:
    if not text.strip() or len(text) > MAX_LENGTH:
        return None
    coords = (location.lat, location.lon) if location else None
    # An unknown country or place costs the holidays or the sun, never the hours themselves.
    for attempt in ((country, coords), (None, coords), (None, None)):
        try:
            return OpeningHours(text.translate(_TYPOGRAPHY), country=attempt[0], coords=attempt[1])
        except Exception:  # noqa: BLE001, S112 - as above: its error classes cannot be imported
            continue
    return None


def _minute(moment: datetime, on_date: date) -> int:
    """Wall-clock minutes: on the two days when clocks change, people read the clock, too."""
    if moment.date() > on_date:
        return MINUTES_A_DAY
    return moment.hour * 60 + moment.minute


def _joined(windows: list[Window]) -> list[Window]:
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start_minute <= joined[-1].end_minute:
            last = joined.pop()
            window = Window(last.start_minute, max(last.end_minute, window.end_minute))  # noqa: PLW2901
        joined.append(window)
    return joined


def _sentence(text: str, reason: str, which: str) -> str:
    """Point at the place that the parser's arrow points at."""
    head = reason.partition("-->")[2].strip().partition("\n")[0]
    column = head.partition(":")[2]
    if not column.isdigit():
        return f"The {which} hours “{text}” cannot be read. Write for example: Mo-Fr 09:00-17:30."
    rest = text[int(column) - 1 :].strip()
    where = f"at “{rest[:20]}”" if rest else "at the end"
    return (
        f"The {which} hours cannot be read {where} (character {column}). "
        "Write for example: Mo-Fr 09:00-17:30; Sa 10:00-14:00."
    )
