"""Which units an address names."""

from uuid import uuid4

import pytest
import shapely

from backend.geo.vocabulary import LonLat
from backend.pins.addresses import Gazetteer, Outline, bare

HERE = LonLat(0.5, 0.5)


@pytest.mark.parametrize(
    ("folded", "told"),
    [
        ("phuong tan dinh", "tan dinh"),
        ("p. tan dinh", "tan dinh"),
        ("p.tan dinh", "tan dinh"),
        ("tp ho chi minh", "ho chi minh"),
        ("thi xa son tay", "son tay"),
        ("xa phuong dong", "phuong dong"),
        ("quang ngai", "quang ngai"),
        ("phu tho", "phu tho"),
    ],
)
def test_a_name_is_bare_of_what_it_names(folded: str, told: str) -> None:
    assert bare(f" {folded} ") == told


def _unit(name: str, west: float | None, level: int = 6) -> Outline:
    area = None if west is None else shapely.box(west, 0, west + 1, 1)
    return Outline(uuid4(), name, name, level, area)


def test_the_nearest_of_a_name_is_meant_and_its_distance_told() -> None:
    units = Gazetteer([_unit("xa an phu", 5), _unit("phuong an phu", 2), _unit("tan dinh", 0)])
    (found,) = units.named("1 le loi, an phu", HERE)
    assert found.distance_m == pytest.approx(1.5 * 111_195, rel=0.01)
    assert units.named("an phu, tan dinh", HERE)[0].distance_m == 0


def test_nothing_is_said_where_outlines_are_missing() -> None:
    assert Gazetteer([_unit("an phu", 5), _unit("an phu", None), _unit("x", 0)]).named(
        "1 le loi, an phu", HERE
    ) == []  # fmt: skip
    # Nobody knows the units around the pin.
    assert Gazetteer([_unit("an phu", 5), _unit("tinh a", 0, level=4)]).named(
        "1 le loi, an phu", HERE
    ) == []  # fmt: skip
    assert not Gazetteer([])
