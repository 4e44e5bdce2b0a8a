"""What a GPS trace tells before any street is known: order, mistakes, gaps, standing still."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from backend.geo.network.provider import Fix, Gap, MatchedPart, MatchedTrace, NetworkError, WhyGap
from backend.geo.vocabulary import GeoError, LonLat, check_lonlat, great_circle_m

MAX_AT_S = 2.0**32 - 1  # what engines count in
MAX_FIXES = 20_000  # a day and a night at one in 5 s
DEFAULT_ACCURACY_M = 15.0
BEST_ACCURACY_M = 3.0
MAX_ACCURACY_M = 60.0  # worse ones lie within reach of too many streets to tell anything
# A phone that is silent for so long may have been anywhere in between.
MAX_SILENCE_S = 300.0
# Two positions nearer than this many accuracies may be the same place.
SAME_PLACE_ACCURACIES = 2.5
# So many positions in a row that agree with each other are a jump, fewer are mistakes.
JUMP_FIXES = 3
# Faster than this in metres a second nobody visits customers: 144, 100, 54 and 25 km/h.
FASTEST_M_S = {"car": 40.0, "scooter": 28.0, "bicycle": 15.0, "foot": 7.0}


class Sample(msgspec.Struct, frozen=True):
    """A checked fix: its index in the trace, and an accuracy in any case."""

    index: int
    position: LonLat
    at_s: float
    accuracy_m: float


class CleanTrace(msgspec.Struct, frozen=True):
    """Runs of samples, each without a gap and without standing still; `outliers` by index."""

    runs: tuple[tuple[Sample, ...], ...]
    outliers: tuple[int, ...]
    gaps: tuple[Gap, ...]


def clean_trace(trace: Sequence[Fix], profile: str) -> CleanTrace:
    """Sort by time, drop what cannot be, split at gaps, and thin out where nobody moved.

    Raises NetworkError (too_many_points) and GeoError, which counts the fixes from 1.
    """
    samples = _in_order(_checked(trace))
    outliers = [one.index for one in samples if not 0 <= one.accuracy_m <= MAX_ACCURACY_M]
    samples = [one for one in samples if 0 <= one.accuracy_m <= MAX_ACCURACY_M]
    runs, mistakes = _without_jumps(samples, FASTEST_M_S[profile])
    runs = [part for run in runs for part in _without_silence(run)]
    return CleanTrace(
        runs=tuple(_thinned(run) for run in runs),
        outliers=tuple(sorted([*outliers, *mistakes])),
        gaps=tuple(
            make_gap(before[-1], after[0], _why(before[-1], after[0]))
            for before, after in pairwise(runs)
        ),
    )


def make_gap(before: Sample, after: Sample, why: WhyGap) -> Gap:
    """Name the gap between two samples."""
    straight_m = round(great_circle_m(before.position, after.position))
    return Gap(before.index, after.index, why, straight_m)


def put_together(
    parts: Sequence[MatchedPart],
    *,
    outliers: Sequence[int],
    gaps: Sequence[Gap],
    is_estimate: bool,
) -> MatchedTrace:
    """Add up the parts; the confidence is theirs, weighted by length."""
    total_m = sum(part.distance_m for part in parts)
    known = [(part.confidence, part.distance_m) for part in parts if part.confidence is not None]
    weight_m = sum(metres for _, metres in known)
    return MatchedTrace(
        parts=tuple(parts),
        distance_m=total_m,
        confidence=sum(c * m for c, m in known) / weight_m if weight_m else None,
        outliers=tuple(sorted(outliers)),
        gaps=tuple(gaps),
        is_estimate=is_estimate,
    )


def _checked(trace: Sequence[Fix]) -> Iterator[Sample]:
    if len(trace) > MAX_FIXES:
        raise NetworkError(
            "too_many_points",
            f"{len(trace):,} fixes are too many at once; {MAX_FIXES:,} is the most.",
            "trace",
        )
    for index, fix in enumerate(trace):
        name = f"fix {index + 1}"
        position = check_lonlat(*fix.position, field=f"position of {name}")
        if not 0 <= fix.at_s <= MAX_AT_S:
            raise GeoError(
                "bad_time",
                f"The time of {name} is not in seconds: give a number from 0 to {MAX_AT_S:,.0f}.",
                f"trace[{index}]",
            )
        if fix.accuracy_m is not None and not math.isfinite(fix.accuracy_m):
            raise GeoError(
                "not_a_number", f"The accuracy of {name} needs a finite number.", f"trace[{index}]"
            )
        yield Sample(index, position, fix.at_s, _believed_m(fix.accuracy_m))


def _believed_m(accuracy_m: float | None) -> float:
    if not accuracy_m:
        return DEFAULT_ACCURACY_M
    # Receivers that claim a metre are believed no more than others.
    return max(accuracy_m, BEST_ACCURACY_M) if accuracy_m > 0 else accuracy_m


def _in_order(samples: Iterator[Sample]) -> list[Sample]:
    """Sort by time; of several fixes at one time, the most accurate one stays."""
    by_time: dict[float, Sample] = {}
    for one in sorted(samples, key=lambda sample: (sample.at_s, sample.accuracy_m)):
        by_time.setdefault(one.at_s, one)
    return list(by_time.values())


def _without_jumps(
    samples: Sequence[Sample], fastest_m_s: float
) -> tuple[list[list[Sample]], list[int]]:
    """Split where the position jumps for good; what jumps and comes back is a mistake."""
    runs: list[list[Sample]] = []
    mistakes: list[int] = []
    away: list[Sample] = []
    for one in samples:
        if not runs or _may_follow(runs[-1][-1], one, fastest_m_s):
            if not runs:
                runs.append([])
            runs[-1].append(one)
            mistakes.extend(sample.index for sample in away)
            away = []
        elif away and not _may_follow(away[-1], one, fastest_m_s):
            mistakes.extend(sample.index for sample in away)
            away = [one]
        else:
            away.append(one)
            if len(away) == JUMP_FIXES:
                runs.append(away)
                away = []
    mistakes.extend(sample.index for sample in away)
    lone = [run for run in runs if len(run) == 1 and len(samples) > JUMP_FIXES]
    mistakes.extend(run[0].index for run in lone)
    return [run for run in runs if run not in lone], mistakes


def is_possible(before: Sample, after: Sample, metres: float, fastest_m_s: float) -> bool:
    """Say whether so many metres can lie between two samples, whatever their noise."""
    return metres - before.accuracy_m - after.accuracy_m <= fastest_m_s * (after.at_s - before.at_s)


def _may_follow(before: Sample, after: Sample, fastest_m_s: float) -> bool:
    return is_possible(before, after, great_circle_m(before.position, after.position), fastest_m_s)


def _without_silence(run: Sequence[Sample]) -> Iterator[list[Sample]]:
    part = [run[0]]
    for before, after in pairwise(run):
        if after.at_s - before.at_s > MAX_SILENCE_S and not _is_same_place(before, after):
            yield part
            part = []
        part.append(after)
    yield part


def _thinned(run: Sequence[Sample]) -> tuple[Sample, ...]:
    """Keep the ends, and between them what has moved on from the last one kept."""
    kept = [run[0]]
    for one in run[1:]:
        if _has_moved_on(kept[-1], one):
            kept.append(one)
    last = run[-1]
    if kept[-1] is not last and len(kept) > 1 and _has_moved_on(kept[-2], last):
        kept[-1] = last
    return tuple(kept)


def _has_moved_on(before: Sample, after: Sample) -> bool:
    # Engines count in whole seconds.
    return after.at_s - before.at_s >= 1 and not _is_same_place(before, after)


def _is_same_place(a: Sample, b: Sample) -> bool:
    noise_m = math.hypot(a.accuracy_m, b.accuracy_m) / math.sqrt(2)
    return great_circle_m(a.position, b.position) < SAME_PLACE_ACCURACIES * noise_m


def _why(before: Sample, after: Sample) -> WhyGap:
    return "silence" if after.at_s - before.at_s > MAX_SILENCE_S else "jump"
