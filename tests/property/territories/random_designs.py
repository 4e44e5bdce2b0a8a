"""Random designs: graphs whole and in parts, barriers, homes, locks, forbidden pairs, limits."""

import math

from hypothesis import strategies as st

from backend.territories.design.problem import (
    Border,
    DesignProblem,
    Limit,
    Measure,
    Territory,
    Unit,
)

MAX_UNITS = 8


@st.composite
def designs(draw: st.DrawFn, *, max_units: int = MAX_UNITS) -> DesignProblem:
    """A problem that does not contradict itself by name; its limits may still be impossible."""
    count = draw(st.integers(1, max_units))
    size = draw(st.integers(1, min(count, 3)))
    names = draw(st.integers(1, 2))
    loads = st.tuples(*[st.integers(0, 20).map(float)] * names)
    units = tuple(
        Unit(
            key=f"u{index}",
            loads=draw(loads),
            x_m=1000.0 * (index % 3),
            y_m=1000.0 * (index // 3),
            area_m2=1e6,
            perimeter_m=4000.0,
        )
        for index in range(count)
    )
    return DesignProblem(
        units=units,
        borders=tuple(_borders(draw, count)),
        measures=tuple(
            Measure(name=f"m{index}", weight=1.0, tolerance=draw(st.sampled_from([0.03, 0.3])))
            for index in range(names)
        ),
        territories=_territories(draw, units, size),
        former=draw(st.none() | st.tuples(*[st.none() | st.integers(0, size - 1)] * count)),
        seed=draw(st.integers(0, 3)),
    )


def _borders(draw: st.DrawFn, count: int) -> list[Border]:
    """Squares of a grid touch; some by a barrier. A few bridges lead anywhere."""
    borders: list[Border] = []
    for first in range(count):
        for second in range(first + 1, count):
            beside = (second == first + 1 and second % 3) or second == first + 3
            kind = draw(st.sampled_from(["way", "way", "way", "barrier", "none"]))
            if beside and kind != "none":
                travel = draw(st.integers(1, 5)) if kind == "way" else None
                borders.append(Border(first=first, second=second, length_m=1000.0, travel=travel))
            elif not beside and draw(st.integers(0, 19)) == 0:
                borders.append(Border(first=first, second=second, length_m=0.0, travel=7))
    return borders


def _territories(draw: st.DrawFn, units: tuple[Unit, ...], size: int) -> tuple[Territory, ...]:
    holders: list[int | None] = [
        draw(st.sampled_from([None, None, None, *range(size)])) for _ in units
    ]
    told: list[Territory] = []
    total = math.fsum(unit.loads[0] for unit in units)
    for index in range(size):
        locked = [unit for unit, one in enumerate(holders) if one == index]
        free = [unit for unit in range(len(units)) if unit not in locked]
        is_home = bool(locked) and draw(st.booleans())
        # The last territory may have every unit, so that none is forbidden to all.
        forbidden = draw(st.sets(st.sampled_from(free), max_size=2)) if free and index else set()
        most = draw(st.none() | st.floats(0.2, 1.0).map(lambda share: share * total))
        told.append(
            Territory(
                key=f"t{index}",
                share=draw(st.sampled_from([1.0, 1.0, 0.5])),
                home=locked[0] if is_home else None,
                locked=tuple(locked[1:] if is_home else locked),
                forbidden=tuple(sorted(forbidden)),
                limits=() if most is None else (Limit(measure=0, most=most),),
            )
        )
    return tuple(told)
