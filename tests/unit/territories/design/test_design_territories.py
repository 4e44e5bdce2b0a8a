import msgspec
import pytest

from backend.territories.design.check import check_design
from backend.territories.design.plan import Design, Scenario
from backend.territories.design.problem import DesignProblem, Limit, Measure
from backend.territories.design.solver.designing import InfeasibleError, design
from tests.unit.territories.design.grids import problem, with_territory

_COUNTRY = ("1111", "1111", "1111", "1111")


def _named(found: Design, name: str) -> Scenario:
    return next(one for one in found.scenarios if one.name == name)


def test_an_even_country_is_halved() -> None:
    even = _named(design(problem(*_COUNTRY)), "even")
    assert [one.loads for one in even.figures.territories] == [(8.0,), (8.0,)]
    assert even.figures.deviation == pytest.approx(0)
    assert even.gap == pytest.approx(0, abs=1e-6)


def test_shares_make_a_part_timer_s_territory_smaller() -> None:
    country = with_territory(problem(*_COUNTRY), 0, share=1 / 3)
    even = _named(design(country), "even")
    assert [one.loads for one in even.figures.territories] == [(4.0,), (12.0,)]


def test_home_lock_and_forbidden_hold_in_every_scenario() -> None:
    country = with_territory(problem(*_COUNTRY), 0, home=15, locked=(11,), forbidden=(14,))
    found = design(country)
    assert check_design(country, found) == []
    for one in found.scenarios:
        assert (one.assignment[15], one.assignment[11], one.assignment[14]) == (0, 0, 1)
        assert one.effort.centres[0] == 15


def test_a_limit_goes_before_evenness() -> None:
    country = with_territory(problem(*_COUNTRY), 0, limits=(Limit(measure=0, most=5.0),))
    even = _named(design(country), "even")
    assert even.figures.territories[0].loads == (5.0,)
    assert even.broken == ()


def test_no_territory_crosses_the_river() -> None:
    country = problem("1111", "1111", "1111", "1111", river_after=1)
    even = _named(design(country), "even")
    assert even.assignment[:8] == (even.assignment[0],) * 8
    assert even.assignment[8:] == (even.assignment[8],) * 8


def test_a_small_island_is_joined_by_a_ferry_and_told() -> None:
    country = problem("1111", "1111", "    ", "1   ")
    found = design(country)
    assert [(one.units, one.landing, one.beside) for one in found.apart] == [((8,), 8, 4)]
    assert check_design(country, found) == []


def test_locks_on_both_sides_of_another_s_wall_are_told_as_split_and_proven() -> None:
    country = problem("11111", count=2)
    country = with_territory(country, 0, locked=(0, 4))
    country = with_territory(country, 1, locked=(2,))
    for one in design(country).scenarios:
        assert [split.territory for split in one.splits] == [0]
        assert one.splits[0].is_proven


def test_what_stays_the_same_costs_nothing_to_keep() -> None:
    country = problem("1191", "1111", "1111", "2111")
    first = _named(design(country), "even").assignment
    after = msgspec.structs.replace(country, former=first)
    keep = _named(design(after), "keep")
    assert keep.assignment == first
    assert keep.figures.moved == (0.0,)


def test_more_evenness_moves_more() -> None:
    country = problem("9111", "9111", "1111", "1111")
    former = tuple(0 if unit % 4 < 2 else 1 for unit in range(16))
    found = design(msgspec.structs.replace(country, former=former))
    kept = [one for one in found.scenarios if one.dominated_by is None]
    deviations = [one.figures.deviation for one in kept]
    assert kept[0].figures.moved == (0.0,)
    assert deviations == sorted(deviations, reverse=True)


def test_several_measures_are_balanced_together() -> None:
    country = problem(*_COUNTRY)
    units = tuple(
        msgspec.structs.replace(one, loads=(*one.loads, 10.0 if index % 4 == 0 else 0.0))
        for index, one in enumerate(country.units)
    )
    both = msgspec.structs.replace(
        country, units=units, measures=(Measure(name="hours"), Measure(name="revenue"))
    )
    even = _named(design(both), "even")
    assert [one.loads for one in even.figures.territories] == [(8.0, 20.0), (8.0, 20.0)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limits": (Limit(measure=0, least=17.0),)}, "all units that it may have come to 16"),
        (
            {"locked": (0, 1, 2), "limits": (Limit(measure=0, most=2.0),)},
            "what is locked to it has 3",
        ),
        ({"forbidden": tuple(range(16))}, "leave 0 units to 1 territories (T0)"),
    ],
)
def test_rules_that_cannot_hold_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InfeasibleError) as caught:
        design(with_territory(problem(*_COUNTRY), 0, **changes))
    assert words in str(caught.value)


def test_limits_that_leave_something_over_are_named() -> None:
    country: DesignProblem = problem(*_COUNTRY)
    for index in (0, 1):
        country = with_territory(country, index, limits=(Limit(measure=0, most=7.0),))
    with pytest.raises(InfeasibleError, match="14 of hours together, and there is 16"):
        design(country)
