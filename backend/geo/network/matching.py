"""Puts a clean trace on the streets: long runs in pieces that overlap, joined where both agree."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from backend.geo.network.osrm_messages import Matching
from backend.geo.network.provider import Gap, MatchedPart, MatchedTrace
from backend.geo.network.traces import CleanTrace, Sample, is_possible, make_gap, put_together
from backend.geo.vocabulary import LonLat

PIECE_SAMPLES = 200  # 0.1 s of CPU with good fixes, 5 s with the worst that are taken
OVERLAP_SAMPLES = 20

type Ask = Callable[[Sequence[Sample]], list[Matching]]


class _Leg(msgspec.Struct, frozen=True):
    """From one sample of a run to another, both by their place in it."""

    start: int
    end: int
    metres: float
    line: tuple[LonLat, ...]
    confidence: float


type _Chain = list[_Leg]
"""Legs of which each begins where the one before ends."""


def match_runs(trace: CleanTrace, ask: Ask, *, fastest_m_s: float) -> MatchedTrace:
    """Match every run by asking an engine; samples that fit no street become outliers.

    A leg that takes more than `fastest_m_s` is a wrong turn of the engine's: there is a gap.
    """
    parts: list[MatchedPart] = []
    gaps: list[Gap] = []
    outliers = list(trace.outliers)
    for number, run in enumerate(trace.runs):
        if len(run) == 1:  # nobody moved
            parts.append(MatchedPart((run[0].position,), 0, run[0].index, run[0].index, None))
        else:
            chains = [
                part
                for chain in _match_run(run, ask)
                for part in _possible(chain, run, fastest_m_s)
            ]
            used = _places(chains)
            outliers += [one.index for place, one in enumerate(run) if place not in used]
            parts += [_part(run, chain) for chain in chains]
            gaps += [
                make_gap(run[before[-1].end], run[after[0].start], "no_way")
                for before, after in pairwise(chains)
            ]
        gaps += trace.gaps[number : number + 1]  # the one after this run
    return put_together(parts, outliers=outliers, gaps=gaps, is_estimate=False)


def _match_run(run: Sequence[Sample], ask: Ask) -> list[_Chain]:
    chains: list[_Chain] = []
    for first in _piece_starts(len(run)):
        piece = [_chain(one, first) for one in ask(run[first : first + PIECE_SAMPLES])]
        chains = _joined(chains, [chain for chain in piece if chain], first + OVERLAP_SAMPLES // 2)
    return chains


def _piece_starts(count: int) -> Iterator[int]:
    yield 0
    yield from range(
        PIECE_SAMPLES - OVERLAP_SAMPLES, count - OVERLAP_SAMPLES, PIECE_SAMPLES - OVERLAP_SAMPLES
    )


def _chain(matching: Matching, first: int) -> _Chain:
    legs = matching.legs
    ends = [*legs.starts[1:], len(legs.line) - 1]
    return [
        _Leg(
            first + start,
            first + end,
            metres,
            tuple(LonLat(*place) for place in legs.line[line_start : line_end + 1]),
            matching.confidence,
        )
        for (start, end), metres, line_start, line_end in zip(
            pairwise(matching.indexes), legs.metres, legs.starts, ends, strict=True
        )
    ]


def _joined(before: list[_Chain], after: list[_Chain], middle: int) -> list[_Chain]:
    """Cut both at a sample that both have on a street, the one nearest to the middle."""
    if not before or not after:
        return before or after
    cut = min(_places(before) & _places(after), key=lambda p: abs(p - middle), default=middle)
    head = [kept for chain in before if (kept := [leg for leg in chain if leg.end <= cut])]
    tail = [kept for chain in after if (kept := [leg for leg in chain if leg.start >= cut])]
    if head and tail and head[-1][-1].end == tail[0][0].start:
        return [*head[:-1], head[-1] + tail[0], *tail[1:]]
    return head + tail


def _possible(chain: _Chain, run: Sequence[Sample], fastest_m_s: float) -> Iterator[_Chain]:
    """Yield what is left of a chain without the legs that nobody can have travelled."""
    part: _Chain = []
    for leg in chain:
        if is_possible(run[leg.start], run[leg.end], leg.metres, fastest_m_s):
            part.append(leg)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _places(chains: Sequence[_Chain]) -> set[int]:
    return {place for chain in chains for leg in chain for place in (leg.start, leg.end)}


def _part(run: Sequence[Sample], chain: _Chain) -> MatchedPart:
    metres = sum(leg.metres for leg in chain)
    weights = metres or len(chain)
    return MatchedPart(
        line=_line(chain),
        distance_m=round(metres),
        first_index=run[chain[0].start].index,
        last_index=run[chain[-1].end].index,
        confidence=sum(leg.confidence * (leg.metres if metres else 1) for leg in chain) / weights,
    )


def _line(chain: _Chain) -> tuple[LonLat, ...]:
    line: list[LonLat] = []
    for leg in chain:
        line.extend(place for place in leg.line if not line or place != line[-1])
    return tuple(line)
