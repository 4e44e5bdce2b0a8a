import math

import msgspec
import pytest

from backend.territories.design.problem import (
    Border,
    DesignError,
    DesignProblem,
    Limit,
    Measure,
)
from tests.unit.territories.design.grids import problem, with_territory

_SOUND = problem("11", "11")
_UNIT = _SOUND.units[0]


def _units(**changes: object) -> dict[str, object]:
    return {"units": (msgspec.structs.replace(_UNIT, **changes), *_SOUND.units[1:])}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"units": ()}, "units"),
        ({"territories": ()}, "territories"),
        ({"measures": ()}, "measures"),
        ({"seed": -1}, "seed"),
        ({"measures": (Measure(name="hours", weight=-1.0),)}, "measures[0].weight"),
        ({"measures": (Measure(name="hours", tolerance=0.0),)}, "measures[0].tolerance"),
        ({"measures": (Measure(name="hours", weight=0.0),)}, "measures"),
        (_units(key=_SOUND.units[1].key), "units[0].key"),
        (_units(loads=(1.0, 2.0)), "units[0].loads"),
        (_units(loads=(math.nan,)), "units[0].loads"),
        (_units(loads=(-1.0,)), "units[0].loads"),
        (_units(x_m=math.inf), "units[0].x_m"),
        (_units(area_m2=0.0), "units[0].area_m2"),
        ({"borders": (Border(first=0, second=9, length_m=1, travel=1),)}, "borders[0]"),
        ({"borders": (Border(first=0, second=0, length_m=1, travel=1),)}, "borders[0]"),
        (
            {"borders": (Border(first=0, second=1, length_m=1, travel=1),) * 2},
            "borders[0]",
        ),
        ({"borders": (Border(first=0, second=1, length_m=-1, travel=1),)}, "borders[0].length_m"),
        ({"borders": (Border(first=0, second=1, length_m=1, travel=0),)}, "borders[0].travel"),
        ({"former": (0,)}, "former"),
        ({"former": (0, 1, 2, 0)}, "former"),
    ],
)
def test_a_problem_that_contradicts_itself_says_where(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(DesignError) as caught:
        msgspec.structs.replace(_SOUND, **changes)
    assert caught.value.field.startswith(field.removesuffix("[0]"))
    assert caught.value.detail


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"share": 0.0}, "territories[0]"),
        ({"home": 4}, "territories[0].home"),
        ({"locked": (-1,)}, "territories[0].locked"),
        ({"locked": (1,), "forbidden": (1,)}, "territories[0].forbidden"),
        ({"limits": (Limit(measure=3),)}, "territories[0].limits"),
        ({"limits": (Limit(measure=0, least=2, most=1),)}, "territories[0].limits"),
    ],
)
def test_a_territory_that_contradicts_itself_says_where(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(DesignError) as caught:
        with_territory(_SOUND, 0, **changes)
    assert caught.value.field == field


def test_a_unit_is_locked_to_one_territory_only() -> None:
    with pytest.raises(DesignError, match="locked to T0 and to T1"):
        with_territory(with_territory(_SOUND, 0, locked=(2,)), 1, home=2)


def test_a_unit_that_nobody_may_have_is_refused() -> None:
    with pytest.raises(DesignError, match="forbidden to every territory"):
        with_territory(with_territory(_SOUND, 0, forbidden=(2,)), 1, forbidden=(2,))


def test_more_territories_than_units_are_refused() -> None:
    with pytest.raises(DesignError, match="5 territories cannot share 4 units"):
        DesignProblem(
            units=_SOUND.units,
            borders=_SOUND.borders,
            measures=_SOUND.measures,
            territories=tuple(
                msgspec.structs.replace(_SOUND.territories[0], key=str(one)) for one in range(5)
            ),
        )
