"""A wrong minority cannot carry the centre off: the bound that the mathematics promises, for any.

Minsker's lemma: when the weight of what lies within r of a point is more than half, 1 - b of all,
the geometric median lies within (1 - b) / sqrt(1 - 2 b) * r of it.
"""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from backend.geo.vocabulary import LonLat, great_circle_m
from backend.pins.centre import (
    Frame,
    Sighting,
    find_centre,
    geometric_median,
    weight_of,
)

RADIUS_M = 30.0
SHOP = LonLat(105.85, 21.03)
FRAME = Frame(SHOP)

ACCURACIES = st.floats(1, 100)
NEAR = st.tuples(st.floats(0, RADIUS_M), st.floats(0, 2 * math.pi))
FAR = st.tuples(st.floats(0, 20_000), st.floats(0, 2 * math.pi))


def _sighting(polar: tuple[float, float], accuracy_m: float) -> Sighting:
    distance, angle = polar
    place = FRAME.degrees(distance * math.cos(angle), distance * math.sin(angle))
    return Sighting(place, accuracy_m)


SEEN = st.lists(st.builds(_sighting, NEAR, ACCURACIES), min_size=3, max_size=20)
WRONG = st.lists(st.builds(_sighting, FAR, ACCURACIES), max_size=15)


def _weight(sightings: list[Sighting]) -> float:
    return sum(weight_of(one.accuracy_m) for one in sightings)


@given(SEEN, WRONG, st.randoms(use_true_random=False))
def test_fewer_than_half_wrong_check_ins_move_the_centre_no_further_than_promised(
    seen: list[Sighting], wrong: list[Sighting], random: object
) -> None:
    share = _weight(wrong) / (_weight(wrong) + _weight(seen))
    assume(share < 0.48)
    mixed = [*seen, *wrong]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    centre = find_centre(mixed)
    bound = (1 - share) / math.sqrt(1 - 2 * share) * RADIUS_M
    # A plane for a globe is off by a thousandth within 20 km, and the search ends a centimetre off.
    assert great_circle_m(centre.position, SHOP) <= bound * 1.01 + 0.5


@given(SEEN)
def test_the_centre_of_agreeing_check_ins_lies_among_them(seen: list[Sighting]) -> None:
    centre = find_centre(seen)
    assert great_circle_m(centre.position, SHOP) <= RADIUS_M * 1.01
    assert centre.radius_m >= 5


@given(SEEN, st.randoms(use_true_random=False))
def test_the_order_of_check_ins_is_of_no_consequence(seen: list[Sighting], random: object) -> None:
    first = find_centre(seen)
    random.shuffle(seen)  # type: ignore[attr-defined]
    assert great_circle_m(first.position, find_centre(seen).position) < 1


@given(
    st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=12),
    st.lists(st.floats(0.2, 1), min_size=12, max_size=12),
    st.tuples(st.floats(-600, 600), st.floats(-600, 600)),
)
def test_no_other_point_has_a_smaller_sum_of_distances(
    points: list[tuple[float, float]], weights: list[float], other: tuple[float, float]
) -> None:
    weights = weights[: len(points)]

    def cost(at: tuple[float, float]) -> float:
        return sum(w * math.dist(at, one) for one, w in zip(points, weights, strict=True))

    found = geometric_median(points, weights)
    # Weiszfeld's steps may come to rest slowly on the way to one of the points.
    assert cost(found) <= cost(other) + 0.02 * sum(weights) + 0.005 * cost(found)


def test_more_check_ins_tell_the_place_more_exactly() -> None:
    ring = [_sighting((40, angle), 10) for angle in (0, 1.6, 3.1, 4.7)]
    assert find_centre(ring * 9).radius_m < find_centre(ring).radius_m
