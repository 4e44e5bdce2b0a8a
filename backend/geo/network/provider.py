"""What every street network answers: matrices, paths, the way of a trace, and what is in reach."""

from collections.abc import Sequence
from typing import Literal, Protocol, get_args

import msgspec
import numpy as np
import numpy.typing as npt
import shapely

from backend.geo.vocabulary import GeoError, LonLat, check_lonlat

type Profile = Literal["car", "scooter", "bicycle", "foot"]

type WhyGap = Literal["silence", "jump", "no_way"]
type Numbers = npt.NDArray[np.int32]
type Rows = tuple[tuple[int | None, ...], ...]

NO_WAY = -1
"""Stands in a matrix where no way leads."""
PROFILES: tuple[str, ...] = get_args(Profile.__value__)
# A matrix grows with the square: 2,000 points are 4 million pairs.
MAX_POINTS = 2000
MIN_PATH_POINTS = 2


class NetworkError(GeoError):
    """The street network cannot answer: damaged, too slow, or the question is too large."""

    @property
    def is_passing(self) -> bool:
        """Whether the same question may be answered a moment later."""
        return self.code in {"network_busy", "network_timeout", "network_crashed"}


class OffNetwork(msgspec.Struct, frozen=True):
    """A point too far from any street; `distance_m` to the nearest one, None when unknown."""

    index: int
    reason: str
    distance_m: int | None


class Matrix(msgspec.Struct, frozen=True, eq=False):
    """Travel from each point (row) to each (column), NO_WAY where none leads; never written to.

    The rows and columns of points in `off_network` are NO_WAY throughout.
    """

    durations_s: Numbers
    distances_m: Numbers
    is_estimate: bool
    off_network: tuple[OffNetwork, ...] = ()

    def __post_init__(self) -> None:
        """Lock the numbers: many may hold the same matrix."""
        for numbers in (self.durations_s, self.distances_m):
            numbers.setflags(write=False)

    def duration_rows(self) -> Rows:
        """The durations as plain numbers, None where no way leads."""
        return _rows(self.durations_s)

    def distance_rows(self) -> Rows:
        """The distances as plain numbers, None where no way leads."""
        return _rows(self.distances_m)


class Leg(msgspec.Struct, frozen=True):
    """From one point to the next; its part of the line starts at `line_start_index`."""

    distance_m: int
    duration_s: int
    line_start_index: int


class Path(msgspec.Struct, frozen=True):
    """The way through all points in order: the line on the map and one leg between each two."""

    line: tuple[LonLat, ...]
    legs: tuple[Leg, ...]
    distance_m: int
    duration_s: int
    is_estimate: bool


class Fix(msgspec.Struct, frozen=True):
    """A position of a GPS receiver, `at_s` seconds after 1970 or any other moment.

    `accuracy_m` is the radius that holds the true place in two cases of three: None or 0 when
    unknown, negative when the receiver itself does not believe the position.
    """

    position: LonLat
    at_s: float
    accuracy_m: float | None = None


class Gap(msgspec.Struct, frozen=True):
    """Between two fixes of a trace, given by index, nobody knows the way.

    `straight_m` is not part of any distance.
    """

    from_index: int
    to_index: int
    why: WhyGap
    straight_m: int


class MatchedPart(msgspec.Struct, frozen=True):
    """A part of a trace without a gap; `confidence` is from 0 to 1, None for an estimate."""

    line: tuple[LonLat, ...]
    distance_m: int
    first_index: int
    last_index: int
    confidence: float | None


class MatchedTrace(msgspec.Struct, frozen=True):
    """The way that a trace took: its parts in order of time, and what was left out of them.

    Indexes are those of the trace as it was given. `outliers` are fixes that fit no way.
    """

    parts: tuple[MatchedPart, ...]
    distance_m: int
    confidence: float | None
    outliers: tuple[int, ...]
    gaps: tuple[Gap, ...]
    is_estimate: bool


class Contour(msgspec.Struct, frozen=True):
    """What is reached within so many minutes; an area in degrees, with holes, never empty."""

    minutes: float
    area: shapely.MultiPolygon


class Isochrone(msgspec.Struct, frozen=True):
    """Contours in rising order, each within the next one, all around the origin."""

    origin: LonLat
    contours: tuple[Contour, ...]
    is_estimate: bool


class StreetNetwork(Protocol):
    """Answers travel questions for one profile; safe to share between threads."""

    @property
    def profile(self) -> str:
        """How one travels: one of PROFILES."""

    @property
    def version(self) -> str:
        """Changes whenever answers may: a key for caches."""

    @property
    def is_estimate(self) -> bool:
        """True when answers come from the straight line, not from streets."""

    @property
    def why(self) -> str | None:
        """The sentence that explains an estimate; None for a real network."""

    def matrix(self, points: Sequence[LonLat]) -> Matrix:
        """Travel seconds and metres between all points; raises NetworkError, never for a point."""

    def path(self, points: Sequence[LonLat]) -> Path:
        """The way through the points; NetworkError (off_network, no_path) names the stop."""

    def match(self, trace: Sequence[Fix]) -> MatchedTrace:
        """The way that a trace took, in metres and on the map; raises NetworkError.

        The fixes may come in any order, twice, and far off: what fits nothing is an outlier. Where
        nobody knows the way (silence of over 5 minutes, a jump, no street) there is a gap, and its
        metres are not counted. Standing still counts as nothing. With a fix every 15 s and noise
        of up to 15 m (a standard deviation), half of all ways are told to 1 %, 95 of 100 to 5 %;
        with one a minute, to 2 % and 10 % (tests/benchmarks/mileage.py). In the middle of a town
        half are told to 4 %. An estimate tells less than the truth, since it cuts corners.
        """

    def isochrone(self, origin: LonLat, minutes: Sequence[float]) -> Isochrone:
        """What is within reach of the origin, for 1 to 4 contours of up to 180 minutes.

        It says the same as the matrix of 9 in 10 places in a contour's frame, and what differs
        lies at its edge. Raises NetworkError (off_network, bad_minutes).
        """

    def close(self) -> None:
        """Give back what the network holds; it may be called twice."""


def check_profile(profile: str) -> str:
    """Return the profile, or raise NetworkError (unknown_profile)."""
    if profile not in PROFILES:
        raise NetworkError(
            "unknown_profile",
            f"There is no travel profile “{profile}”; take one of {', '.join(PROFILES)}.",
            "profile",
        )
    return profile


def check_points(points: Sequence[LonLat], *, least: int = 0) -> None:
    """Raise NetworkError (too_many_points, too_few_points) for a question out of bounds."""
    if len(points) > MAX_POINTS:
        raise NetworkError(
            "too_many_points",
            f"{len(points):,} points are too many at once; {MAX_POINTS:,} is the most.",
            "points",
        )
    if len(points) < least:
        raise NetworkError("too_few_points", f"A path needs at least {least} points.", "points")


def check_positions(points: Sequence[LonLat]) -> list[LonLat]:
    """Return the points; GeoError (not_a_number, swapped, projected, outside_world) counts them."""
    return [
        check_lonlat(lon, lat, field=f"position of point {index + 1}")
        for index, (lon, lat) in enumerate(points)
    ]


def _rows(numbers: Numbers) -> Rows:
    if numbers.size and numbers.min() == NO_WAY:
        return tuple(
            tuple(None if value == NO_WAY else value for value in row) for row in numbers.tolist()
        )
    return tuple(tuple(row) for row in numbers.tolist())
