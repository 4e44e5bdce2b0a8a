"""The street network answered by OSRM in a process of its own."""

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Self

import numpy as np

from backend.geo.network import osrm_messages, pair_cache
from backend.geo.network.matching import match_runs
from backend.geo.network.osrm_process import OsrmProcess
from backend.geo.network.pair_cache import Block, Known, PairCache
from backend.geo.network.provider import (
    MAX_POINTS,
    MIN_PATH_POINTS,
    Fix,
    Isochrone,
    Leg,
    MatchedTrace,
    Matrix,
    NetworkError,
    Numbers,
    OffNetwork,
    Path,
    check_points,
    check_positions,
    check_profile,
)
from backend.geo.network.reach import draw_contours
from backend.geo.network.traces import FASTEST_M_S, Sample, clean_trace
from backend.geo.vocabulary import LonLat

SNAP_RADIUS_M = 500.0
TIMEOUT_SECONDS = 30.0
# As fast as the profiles ever travel, in metres a second: how far to look for what is reached.
FASTEST_WAY_M_S = {"car": 36.0, "scooter": 17.0, "bicycle": 7.0, "foot": 1.6}
ACCURACY_SIGMAS = 1.5  # two cases of three lie so near in the plane


class OsrmNetwork:
    """Measured travel over a built graph; its process starts at the first question.

    Pairs of positions that were asked for before are answered without it, see PairCache. A new
    version of the network is another OsrmNetwork, so nothing old is ever taken for it.
    """

    is_estimate = False
    why = None

    def __init__(
        self,
        base: FilePath,
        *,
        profile: str,
        version: str,
        snap_radius_m: float = SNAP_RADIUS_M,
        timeout_s: float = TIMEOUT_SECONDS,
    ) -> None:
        self.profile = check_profile(profile)
        self.version = version
        self.snap_radius_m = snap_radius_m
        self.cache = PairCache()
        self._process = OsrmProcess(base, timeout_s=timeout_s)

    def matrix(self, points: Sequence[LonLat]) -> Matrix:
        """Travel seconds and metres between all points, see StreetNetwork."""
        check_points(points)
        keys = [pair_cache.key_of(point) for point in check_positions(points)]
        distinct = list(dict.fromkeys(keys))
        known, off = self._all_pairs(distinct)
        if len(distinct) < len(keys):
            places = {key: place for place, key in enumerate(distinct)}
            at = [places[key] for key in keys]
            known = Known(known.durations_s[np.ix_(at, at)], known.distances_m[np.ix_(at, at)])
            off = {index: off[place] for index, place in enumerate(at) if place in off}
        return Matrix(
            known.durations_s,
            known.distances_m,
            is_estimate=False,
            off_network=tuple(
                OffNetwork(index, self._off_sentence(off[index]), off[index])
                for index in sorted(off)
            ),
        )

    def path(self, points: Sequence[LonLat]) -> Path:
        """The way over streets through all points, see StreetNetwork."""
        check_points(points, least=MIN_PATH_POINTS)
        answer = self._process.ask(
            osrm_messages.PathQuestion(
                check_positions(points), self.snap_radius_m, self._process.within_s
            )
        )
        if not isinstance(answer, osrm_messages.PathAnswer):
            raise self._refused(answer)
        found = answer.legs
        legs = tuple(
            Leg(round(metres), round(seconds), start)
            for metres, seconds, start in zip(
                found.metres, found.seconds, found.starts, strict=True
            )
        )
        return Path(
            line=tuple(LonLat(*place) for place in found.line),
            legs=legs,
            distance_m=sum(leg.distance_m for leg in legs),
            duration_s=sum(leg.duration_s for leg in legs),
            is_estimate=False,
        )

    def match(self, trace: Sequence[Fix]) -> MatchedTrace:
        """The streets that a trace ran on, see StreetNetwork."""
        return match_runs(
            clean_trace(trace, self.profile),
            self._match,
            fastest_m_s=FASTEST_M_S[self.profile],
        )

    def isochrone(self, origin: LonLat, minutes: Sequence[float]) -> Isochrone:
        """What is reached within so many minutes, see StreetNetwork."""
        (start,) = check_positions([origin])
        return draw_contours(
            start,
            minutes,
            fastest_m_s=FASTEST_WAY_M_S[self.profile],
            ask=lambda places: self._seconds_to(start, places),
        )

    @property
    def worker_pid(self) -> int | None:
        """The process id of the running worker, None before the first question."""
        return self._process.pid

    def close(self) -> None:
        """End the worker; a later question would start it again."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all_pairs(self, keys: list[pair_cache.Key]) -> tuple[Known, dict[int, int | None]]:
        """Take what is known, ask for the rest and keep it."""
        known, off = self.cache.look_up(keys)
        blocks = pair_cache.select_blocks(known.durations_s)
        for block in blocks:
            found, missing = self._ask_for(block, keys)
            off |= missing
            if found.durations_s.shape == known.durations_s.shape:
                known = found
            else:
                where = np.ix_(block.rows, block.columns)
                known.durations_s[where] = found.durations_s
                known.distances_m[where] = found.distances_m
        if blocks:
            self.cache.keep(keys, known, off)
        return known, off

    def _ask_for(
        self, block: Block, keys: list[pair_cache.Key]
    ) -> tuple[Known, dict[int, int | None]]:
        used, sources, destinations = _places_of(block)
        answer = self._process.ask(
            osrm_messages.TableQuestion(
                points=[pair_cache.position_of(keys[index]) for index in used],
                sources=sources,
                destinations=destinations,
                radius_m=self.snap_radius_m,
                within_s=self._process.within_s,
            )
        )
        if not isinstance(answer, osrm_messages.TableAnswer):
            raise self._refused(answer)
        shape = (len(block.rows), len(block.columns))
        found = Known(_numbers(answer.durations_s, shape), _numbers(answer.distances_m, shape))
        return found, {used[index]: metres for index, metres in answer.off}

    def _seconds_to(self, origin: LonLat, places: Sequence[LonLat]) -> Numbers:
        found = [
            self._reach(origin, places[first : first + MAX_POINTS])
            for first in range(0, len(places), MAX_POINTS)
        ]
        return np.concatenate(found)

    def _reach(self, origin: LonLat, places: Sequence[LonLat]) -> Numbers:
        answer = self._process.ask(
            osrm_messages.ReachQuestion(
                [origin, *places], self.snap_radius_m, self._process.within_s
            )
        )
        if not isinstance(answer, osrm_messages.ReachAnswer):
            raise self._refused(answer)
        if answer.origin_off_m > self.snap_radius_m:
            raise NetworkError(
                "off_network",
                f"Nobody starts there: {self._off_sentence(round(answer.origin_off_m))}",
                "origin",
            )
        return np.frombuffer(answer.durations_s, osrm_messages.TABLE_NUMBER)

    def _match(self, samples: Sequence[Sample]) -> list[osrm_messages.Matching]:
        answer = self._process.ask(
            osrm_messages.MatchQuestion(
                points=[one.position for one in samples],
                times_s=[round(one.at_s - samples[0].at_s) for one in samples],
                radiuses_m=[one.accuracy_m / ACCURACY_SIGMAS for one in samples],
                within_s=self._process.within_s,
            )
        )
        if not isinstance(answer, osrm_messages.MatchAnswer):
            raise self._refused(answer)
        return answer.matchings

    def _refused(self, answer: osrm_messages.Answer) -> NetworkError:
        if not isinstance(answer, osrm_messages.Refusal):
            return NetworkError("network_failed", "The street network gave a wrong answer.")
        number = answer.index + 1
        sentences = {
            "off_network": f"Point {number} is farther than {self.snap_radius_m:g} m from any "
            "street, so no path leads there.",
            "no_path": f"No street leads from point {number} to point {number + 1}.",
        }
        field = f"points[{answer.index}]" if answer.index >= 0 else "points"
        message = sentences.get(
            answer.code, f"The street network could not answer: {answer.detail}."
        )
        return NetworkError(answer.code, message, field)

    def _off_sentence(self, metres: int | None) -> str:
        limit = f"{self.snap_radius_m:g} m"
        if metres is None:
            return f"No street lies within {limit}."
        return f"The nearest street is {metres:,} m away; {limit} is the most."


def _places_of(block: Block) -> tuple[list[int], list[int], list[int]]:
    """Return the points of a block, and where its rows and columns are among them."""
    if block.rows is block.columns:
        rows = list(range(len(block.rows)))
        return block.rows.tolist(), rows, rows
    used = np.union1d(block.rows, block.columns)
    rows, columns = (np.searchsorted(used, ends).tolist() for ends in (block.rows, block.columns))
    return used.tolist(), rows, columns


def _numbers(data: memoryview, shape: tuple[int, int]) -> Numbers:
    return np.frombuffer(data, osrm_messages.TABLE_NUMBER).reshape(shape)
