"""Times within one day, in seconds since local midnight, and the windows a visit must fit into."""

from collections.abc import Iterable, Sequence

import msgspec

LATEST_S = 48 * 3600
"""A day's times may run past midnight, but never past the end of the next day."""


class Window(msgspec.Struct, frozen=True, order=True):
    """A stretch of the day in which a whole visit may lie; seconds since local midnight."""

    start_s: int
    end_s: int


def merge_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the same opening time in order, with overlapping and touching windows joined."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.start_s <= merged[-1].end_s:
            end_s = max(merged[-1].end_s, window.end_s)
            merged[-1] = Window(start_s=merged[-1].start_s, end_s=end_s)
        else:
            merged.append(window)
    return tuple(merged)


def intersect_windows(first: Iterable[Window], second: Iterable[Window]) -> tuple[Window, ...]:
    """Return the time that lies in both, for opening hours met with an account's own wishes."""
    others = tuple(second)
    common = (
        Window(start_s=max(one.start_s, other.start_s), end_s=min(one.end_s, other.end_s))
        for one in first
        for other in others
    )
    return merge_windows(window for window in common if window.start_s < window.end_s)


def start_ranges(windows: Sequence[Window], service_s: int) -> tuple[tuple[int, int], ...]:
    """Return the (first, last) times at which a visit may start and still end in its window."""
    return tuple(
        (window.start_s, window.end_s - service_s)
        for window in windows
        if window.end_s - window.start_s >= service_s
    )


def clock_time(seconds: int) -> str:
    """Return a time of day as hours and minutes; times after midnight are marked."""
    minutes = seconds // 60
    text = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    return text if minutes < 24 * 60 else f"{text} the next day"


def whole_minutes(seconds: int) -> int:
    """Return minutes rounded up, so that a promise made in minutes is kept in seconds."""
    return -(-seconds // 60)
