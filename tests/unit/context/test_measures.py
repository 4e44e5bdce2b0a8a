"""What sums show, and how far that can be trusted."""

import numpy as np
import pytest

from backend.context.footfall import FULL, POINTS
from backend.context.measures import OSM_MEASURES, class_of, judge, values_of, with_limits
from backend.geo.ground.tags import COLUMNS
from backend.geo.hexagons import cell_of, measure_km2

_BY_KEY = {one.key: one for one in OSM_MEASURES}


def _amounts(**sums: float) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return {name: np.array([sums.get(name, 0.0)]) for name in COLUMNS}


def _value(key: str, km2: float = 1.0, **sums: float) -> float:
    return float(values_of(_BY_KEY[key], _amounts(**sums), np.array([km2]))[0])


def test_measures_are_made_of_columns_that_there_are() -> None:
    for one in OSM_MEASURES:
        assert {*one.top, *(one.bottom or ())} <= set(COLUMNS)
    assert set(POINTS) <= set(COLUMNS)


def test_footfall_goes_from_nothing_to_a_hundred() -> None:
    assert _value("footfall") == 0
    assert _value("footfall", poi_shop=1) == pytest.approx(8.14, abs=0.01)
    assert _value("footfall", poi_shop=FULL) == pytest.approx(100)
    assert _value("footfall", poi_shop=FULL, stations=1000) == 100
    assert _value("footfall", km2=2, poi_shop=2) == _value("footfall", poi_shop=1)


def test_shares_and_distances_are_of_what_is_known() -> None:
    assert _value("tag_coverage", buildings=4, typed_buildings=1) == 25
    assert np.isnan(_value("tag_coverage"))
    assert _value("residential_share", residential_km2=1.2) == 100
    assert _value("primary_m", primary_m=900, measured=3) == 300
    assert np.isnan(_value("primary_m"))


@pytest.mark.parametrize(
    ("key", "sums", "told"),
    [
        ("buildings", {"buildings": 5}, ("high", ())),
        ("buildings", {}, ("low", ("nothing_mapped",))),
        ("residential_share", {"buildings": 5, "typed_buildings": 1}, ("low", ("few_types",))),
        ("residential_share", {"buildings": 5, "typed_buildings": 3}, ("medium", ())),
        ("floor_ratio", {"buildings": 5, "levelled_buildings": 1}, ("low", ("few_storeys",))),
        ("primary_m", {"minor_km": 5}, ("medium", ("straight_line",))),
        ("footfall", {"buildings": 1}, ("low", ("never_counted", "few_places", "no_stops"))),
        ("footfall", {"buildings": 1, "poi_food": 30, "stops": 2}, ("medium", ("never_counted",))),
    ],
)
def test_every_figure_says_how_far_it_can_be_trusted(
    key: str, sums: dict[str, float], told: tuple[str, tuple[str, ...]]
) -> None:
    assert judge(_BY_KEY[key], sums) == told


def test_classes_have_as_many_hexagons_each_at_every_resolution() -> None:
    cells = np.array(sorted({cell_of(108 + at / 100, 16, 9) for at in range(100)}))
    values = np.zeros((len(cells), len(COLUMNS)))
    values[:, 0] = np.arange(1, len(cells) + 1)
    (told,) = with_limits([_BY_KEY["buildings"]], COLUMNS, 9, cells, values)
    assert set(told.limits) == {str(level) for level in range(1, 10)}
    density = values[:, 0] / measure_km2(cells.tolist())
    counts = np.bincount(class_of(density, told.limits["9"]))
    assert len(counts) == 5
    assert counts.max() - counts.min() <= 6
    assert len(told.limits["1"]) == 1  # a single hexagon is in a class of its own
