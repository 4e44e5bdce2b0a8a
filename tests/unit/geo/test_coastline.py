import pytest

from backend.geo.basemap.coastline import sea_of
from backend.geo.vocabulary import Bounds

BOX = Bounds(0, 0, 10, 10)


def test_without_a_coast_there_is_no_sea() -> None:
    assert sea_of([], BOX).shape.is_empty


def test_water_lies_right_of_the_line() -> None:
    northward = sea_of([[(4, -1), (4, 11)]], BOX)
    southward = sea_of([[(4, 11), (4, -1)]], BOX)
    assert northward.shape.area == pytest.approx(60)
    assert southward.shape.area == pytest.approx(40)


def test_an_island_is_a_hole_in_the_sea() -> None:
    island = [(4, 4), (6, 4), (6, 6), (4, 6), (4, 4)]
    sea = sea_of([island], BOX)
    assert sea.shape.area == pytest.approx(96)
    assert sea_of([list(reversed(island))], BOX).shape.area == pytest.approx(4)


def test_pieces_of_one_coast_are_joined_in_any_order() -> None:
    sea = sea_of([[(4, 5), (4, 11)], [(4, -1), (4, 5)]], BOX)
    assert sea.shape.area == pytest.approx(60)
    assert sea.loose_ends == 0


def test_ends_cut_at_the_extracts_edge_are_led_to_it() -> None:
    sea = sea_of([[(4, 0.5), (4, 9.5)]], BOX)
    assert sea.shape.area == pytest.approx(60)
    assert sea.loose_ends == 0


def test_a_gap_in_the_coast_is_reported_not_guessed() -> None:
    sea = sea_of([[(4, 3), (4, 11)]], BOX)
    assert sea.shape.is_empty
    assert sea.loose_ends == 1
