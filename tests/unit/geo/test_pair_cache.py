import numpy as np
import pytest

from backend.geo.network.pair_cache import (
    MAX_POSITIONS,
    UNKNOWN,
    Key,
    Known,
    PairCache,
    key_of,
    select_blocks,
)
from backend.geo.network.provider import MAX_POINTS, NO_WAY


def keys(first: int, last: int) -> list[Key]:
    return [(number, 0) for number in range(first, last)]


def table(known: list[Key]) -> Known:
    """From a to b takes 1,000 a + b seconds and twice as many metres."""
    numbers = np.array([number for number, _ in known], np.int32)
    seconds = numbers[:, None] * 1000 + numbers
    return Known(seconds, seconds * 2)


def test_what_was_kept_is_known_in_any_order_and_nothing_else() -> None:
    cache = PairCache()
    cache.keep(keys(0, 5), table(keys(0, 5)), {})
    known, off = cache.look_up([(7, 0), (4, 0), (1, 0)])
    assert off == {}
    assert known.durations_s.tolist() == [
        [UNKNOWN, UNKNOWN, UNKNOWN],
        [UNKNOWN, 4004, 4001],
        [UNKNOWN, 1004, 1001],
    ]
    assert known.distances_m[1, 2] == 8002


def test_two_matrices_leave_the_pairs_between_them_unknown() -> None:
    cache = PairCache()
    cache.keep(keys(0, 300), table(keys(0, 300)), {})
    cache.keep(keys(300, 600), table(keys(300, 600)), {})
    known, _ = cache.look_up([(0, 0), (299, 0), (300, 0), (599, 0)])
    assert (known.durations_s == UNKNOWN).tolist() == [
        [False, False, True, True],
        [False, False, True, True],
        [True, True, False, False],
        [True, True, False, False],
    ]


def test_a_point_off_the_network_is_remembered_with_its_distance() -> None:
    cache = PairCache()
    found = table(keys(0, 3))
    found.durations_s[1, :] = found.durations_s[:, 1] = NO_WAY
    cache.keep(keys(0, 3), found, {1: 700})
    known, off = cache.look_up([(2, 0), (1, 0)])
    assert off == {1: 700}
    assert known.durations_s[0, 1] == NO_WAY


def test_the_oldest_positions_make_room() -> None:
    cache = PairCache()
    assert MAX_POSITIONS > MAX_POINTS
    for first in (0, 1000, 2000):
        cache.keep(keys(first, first + 1000), table(keys(first, first + 1000)), {0: None})
    assert cache.bytes == 8 * MAX_POSITIONS**2
    gone, off = cache.look_up(keys(0, 3000 - MAX_POSITIONS))
    assert (gone.durations_s == UNKNOWN).all()
    assert off == {}
    for first in (1000, 2000):
        kept, off = cache.look_up(keys(first, first + 1000))
        assert np.array_equal(kept.durations_s, table(keys(first, first + 1000)).durations_s)
        assert off == {0: None}


def test_a_key_is_the_engines_own_resolution() -> None:
    assert key_of((105.8000004, 21.0)) == key_of((105.8, 21.0)) == (105_800_000, 21_000_000)
    assert key_of((105.800001, 21.0)) != key_of((105.8, 21.0))


def unknown_but(known: list[list[int]], size: int) -> np.ndarray:
    numbers = np.full((size, size), UNKNOWN, np.int32)
    for group in known:
        numbers[np.ix_(group, group)] = 0
    return numbers


@pytest.mark.parametrize(
    ("known", "size", "asked"),
    [
        pytest.param([list(range(8))], 8, [], id="all-known"),
        pytest.param([], 8, [(8, 8)], id="all-new"),
        pytest.param([list(range(400))], 402, [(2, 402), (400, 2)], id="two-new"),
        pytest.param([list(range(4))], 8, [(8, 8)], id="few-points-at-once"),
        pytest.param([list(range(50)), list(range(50, 101))], 101, [(101, 101)], id="two-groups"),
        pytest.param(
            [list(range(400)), list(range(400, 402))], 402, [(2, 402), (400, 2)], id="unlike-groups"
        ),
    ],
)
def test_only_what_is_unknown_is_asked_for_where_that_is_cheaper(
    known: list[list[int]], size: int, asked: list[tuple[int, int]]
) -> None:
    numbers = unknown_but(known, size)
    blocks = select_blocks(numbers)
    assert [(len(block.rows), len(block.columns)) for block in blocks] == asked
    for block in blocks:
        numbers[np.ix_(block.rows, block.columns)] = 0
    assert not (numbers == UNKNOWN).any()


def test_a_full_cache_keeps_being_right() -> None:
    cache = PairCache()
    for first in range(0, 8000, 700):
        asked = keys(first, first + 1400)
        known, _ = cache.look_up(asked)
        right = table(asked)
        assert ((known.durations_s == UNKNOWN) | (known.durations_s == right.durations_s)).all()
        assert not (known.durations_s == UNKNOWN)[
            : 700 if first else 0, : 700 if first else 0
        ].any()
        cache.keep(asked, right, {})
    assert cache.bytes == 8 * MAX_POSITIONS**2
