"""How problem and scenarios are kept, and what of them is told."""

import hashlib
import zlib
from collections.abc import Mapping, Sequence

import msgspec

from backend.ids import TerritoryId
from backend.territories.design.plan import Design, Scenario
from backend.territories.design.problem import DesignProblem
from backend.territories.design.schemas import (
    DesignCreate,
    DesignSummary,
    ScenarioTold,
    TerritoryTold,
)
from backend.territories.design.solver.wire import (
    Designed,
    decode_answer,
    encode_answer,
)


class Stated(msgspec.Struct, frozen=True):
    """What a design is made of: the problem, how many accounts went into it, former borders.

    `borders` are hashes of the territories' areas, in the order of the request.
    """

    problem: DesignProblem
    accounts: int
    borders: tuple[str, ...]


def border_hashes(
    territories: Sequence[TerritoryId], areas: Mapping[TerritoryId, bytes]
) -> tuple[str, ...]:
    """Return a hash of each territory's area; the same where the area is the same."""
    return tuple(
        hashlib.blake2b(areas.get(one, b""), digest_size=8).hexdigest() for one in territories
    )


def pack_stated(stated: Stated) -> bytes:
    """Return the problem as it is kept."""
    return zlib.compress(msgspec.msgpack.encode(stated))


def unpack_stated(packed: bytes) -> Stated:
    """Return a problem that was kept."""
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Stated)


def pack_design(design: Design) -> bytes:
    """Return the scenarios as they are kept."""
    return zlib.compress(encode_answer(Designed(design)))


def unpack_design(packed: bytes) -> Design:
    """Return scenarios that were kept."""
    answer = decode_answer(zlib.decompress(packed))
    assert isinstance(answer, Designed)  # noqa: S101  nothing else is kept
    return answer.design


def make_summary(request: DesignCreate, stated: Stated, design: Design) -> DesignSummary:
    """Return what of a design is told at a glance."""
    problem = stated.problem
    return DesignSummary(
        measures=[one.kind for one in request.measures],
        cells=len(problem.units),
        accounts=stated.accounts,
        heaviest_cell=design.heaviest_unit,
        apart_cells=[problem.units[unit].key for part in design.apart for unit in part.units],
        scenarios=[_told(request, problem, one) for one in design.scenarios],
    )


def _told(request: DesignCreate, problem: DesignProblem, scenario: Scenario) -> ScenarioTold:
    figures, asked = scenario.figures, len(request.measures)
    return ScenarioTold(
        name=scenario.name,
        deviation=figures.deviation,
        moved=list(figures.moved[:asked]),
        moved_cells=figures.moved_units,
        compactness=figures.compactness,
        travel_m=figures.travel,
        gap=scenario.gap,
        dominated_by=scenario.dominated_by,
        split_cells=[problem.units[unit].key for one in scenario.splits for unit in one.units],
        is_split_proven=bool(scenario.splits) and all(one.is_proven for one in scenario.splits),
        broken=[one.detail for one in scenario.broken],
        territories=[
            TerritoryTold(
                territory_id=wish.territory_id,
                cells=one.units,
                loads=list(one.loads[:asked]),
                deviations=list(one.deviations[:asked]),
                compactness=one.compactness,
                pieces=one.pieces,
            )
            for wish, one in zip(request.territories, figures.territories, strict=True)
        ],
    )
