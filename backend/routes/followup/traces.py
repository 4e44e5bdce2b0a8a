"""What a phone or a file says of a day's way, cleaned before it is kept."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import gpxpy
import msgspec
from gpxpy.gpx import GPXException

from backend.api.problems import Malformed, malformed_field
from backend.geo.network.provider import Fix
from backend.geo.network.traces import MAX_FIXES
from backend.geo.vocabulary import GeoError, LonLat, check_lonlat, great_circle_m
from backend.routes.followup.schemas import TracePoint

_CLOCK_SLACK = timedelta(minutes=2)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FAR_M = 300_000.0
"""No rep starts the day so far from the own shops; swapped coordinates lie farther still."""
_DOCTYPE = b"<!DOCTYPE"

type StoredFix = tuple[float, float, float, float | None]
"""Seconds since 1970, longitude, latitude, accuracy in metres where known."""


class CleanPoints(msgspec.Struct, frozen=True):
    """The fixes of one day in order of time, and how many were left out for which reason."""

    fixes: tuple[StoredFix, ...]
    other_day: int
    in_future: int
    nowhere: int


def clean_points(
    points: Sequence[TracePoint],
    on_date: date,
    *,
    zone: ZoneInfo,
    now: datetime,
    near: LonLat | None,
) -> CleanPoints:
    """Keep what is of the day and not of the future; raise Malformed for what is no position.

    Positions at longitude 0, latitude 0 are what receivers say that know nothing. When all others
    lie far from the rep's ground (`near`), and near to it the other way round, they were swapped.
    """
    placed: list[StoredFix] = []
    other_day = in_future = nowhere = 0
    for index, point in enumerate(points):
        position = _position(point, index)
        if point.at > now + _CLOCK_SLACK:
            in_future += 1
        elif point.at < _EARLIEST or point.at.astimezone(zone).date() != on_date:
            other_day += 1
        elif position == (0, 0):
            nowhere += 1
        else:
            placed.append((point.at.timestamp(), *position, point.accuracy_m))
    _check_swapped(placed, near)
    return CleanPoints(merge_fixes([], placed), other_day, in_future, nowhere)


def merge_fixes(kept: Sequence[StoredFix], more: Iterable[StoredFix]) -> tuple[StoredFix, ...]:
    """Return both in order of time; of several at one time the one kept first, else the best."""
    by_time = {one[0]: one for one in kept}
    for one in sorted(more, key=lambda fix: (fix[0], fix[3] is None, fix[3] or 0.0, fix[1:3])):
        by_time.setdefault(one[0], one)
    return tuple(by_time[at] for at in sorted(by_time))


def check_count(count: int) -> None:
    """Raise Malformed when a day would hold more fixes than anybody sends honestly."""
    if count > MAX_FIXES:
        raise malformed_field(
            "points",
            f"The day would hold {count:,} positions; {MAX_FIXES:,} is the most: send one in 5 s.",
            code="trace_too_long",
        )


def to_fixes(stored: Sequence[StoredFix]) -> list[Fix]:
    """Return what the street network matches."""
    return [Fix(LonLat(lon, lat), at_s, accuracy_m) for at_s, lon, lat, accuracy_m in stored]


def read_gpx(content: bytes) -> list[TracePoint]:
    """Return the track points of a GPX file that have a time; raise Malformed for any other."""
    if _DOCTYPE in content.upper():
        raise _no_gpx("it declares a document type, which GPX does not have")
    try:
        gpx = gpxpy.parse(content)
    except (GPXException, ValueError, LookupError) as error:
        raise _no_gpx(str(error) or "it cannot be read") from error
    points = [
        TracePoint(
            at=_aware(point.time),
            location=[point.longitude, point.latitude],
        )
        for track in gpx.tracks
        for segment in track.segments
        for point in segment.points
        if point.time is not None
    ]
    if not points:
        raise Malformed(
            "The file holds no track whose points have a time.", code="trace_without_times"
        )
    return points


def _aware(at: datetime) -> datetime:
    """Return the time; GPX means UTC where it names no zone."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _no_gpx(why: str) -> Malformed:
    return malformed_field("file", f"This is no GPX file: {why}.", code="gpx_unreadable")


def _position(point: TracePoint, index: int) -> LonLat:
    field = f"points[{index}].location"
    try:
        return check_lonlat(point.location[0], point.location[1], field=field)
    except GeoError as error:
        raise malformed_field(field, error.message, code=f"location_{error.code}") from error


def _check_swapped(placed: Sequence[StoredFix], near: LonLat | None) -> None:
    """Raise Malformed when every position is far from the ground, and near to it swapped."""
    if near is None or not placed:
        return
    for _, lon, lat, _ in placed:
        is_far = great_circle_m(LonLat(lon, lat), near) > _FAR_M
        is_swapped = abs(lon) <= 90 and great_circle_m(LonLat(lat, lon), near) <= _FAR_M  # noqa: PLR2004  # a latitude
        if not (is_far and is_swapped):
            return
    raise malformed_field(
        "points",
        "The positions lie far from the rep's accounts, and among them the other way round: "
        "give the longitude first, then the latitude.",
        code="location_swapped",
    )
