"""White space and hot spots against the formulas as they are printed."""

import math

import h3
import numpy as np
import pytest

from backend.cube.spots import class_of, find_spots, smooth

CENTRE = h3.latlng_to_cell(16.05, 108.2, 8)
CELLS = sorted(h3.grid_disk(CENTRE, 5))


def _plain(cells: list[str], values: np.ndarray, rings: int) -> list[float]:  # type: ignore[type-arg]
    """Gi* as Getis and Ord print it, with a matrix of weights."""
    count = len(cells)
    weights = np.array(
        [[float(h3.grid_distance(one, two) <= rings) for two in cells] for one in cells]
    )
    mean = values.mean()
    deviation = math.sqrt((values**2).mean() - mean**2)
    found = []
    for row in weights:
        below = math.sqrt((count * (row**2).sum() - row.sum() ** 2) / (count - 1))
        found.append((row @ values - mean * row.sum()) / (deviation * below))
    return found


@pytest.mark.parametrize("rings", [1, 2])
def test_spots_are_those_of_the_formula(rings: int) -> None:
    values = np.random.default_rng(rings).gamma(2.0, 30.0, len(CELLS))
    found = find_spots(CELLS, values, rings=rings, correction="none")
    assert found.z.tolist() == pytest.approx(_plain(CELLS, values, rings))
    assert found.p.tolist() == pytest.approx([math.erfc(abs(z) / 2**0.5) for z in found.z])


def test_a_correction_only_takes_away() -> None:
    values = np.random.default_rng(3).normal(0, 1, len(CELLS))
    values[[CELLS.index(one) for one in h3.grid_disk(CENTRE, 1)]] += 40
    plain, false, whole = (
        find_spots(CELLS, values, rings=1, correction=one).corrected
        for one in ("none", "fdr", "bonferroni")
    )  # type: ignore[misc]
    assert (plain <= false).all()
    assert (false <= whole).all()
    assert (whole <= 1).all()
    order = np.argsort(plain)
    assert (np.diff(false[order]) >= 0).all()
    assert class_of(9.0, float(whole[CELLS.index(CENTRE)])) == "hot_99"


def test_nothing_stands_out_of_what_is_all_alike() -> None:
    for values in (np.full(len(CELLS), 7.0), np.zeros(0), np.array([3.0])):
        found = find_spots(CELLS[: len(values)], values, rings=1, correction="fdr")
        assert (found.z == 0).all()
        assert all(class_of(0.0, p) == "none" for p in found.corrected.tolist())


def test_small_places_are_drawn_to_the_mean_more() -> None:
    hits, tries = np.array([1.0, 90.0, 100.0, 5.0]), np.array([1.0, 100.0, 1000.0, 10.0])
    found = smooth(hits, tries)
    rates = hits / tries
    kept = (found.rates - found.mean) / (rates - found.mean)
    assert found.spread > 0
    assert kept.argsort().tolist() == tries.argsort().tolist()
    assert ((kept > 0) & (kept < 1)).all()


def test_what_chance_explains_is_no_difference() -> None:
    found = smooth(np.array([1.0, 0.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0, 2.0]))
    assert found.spread == 0
    assert (found.rates == found.mean).all()
