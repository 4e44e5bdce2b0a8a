import pytest

from backend.geo.tiles import (
    MAX_MERCATOR_LAT,
    WORLD_SIZE,
    Tile,
    check_tile,
    lonlat_to_world24,
    tile_bounds,
    tile_range,
    tiles_covering,
)
from backend.geo.vocabulary import Bounds, GeoError

HELSINKI = Bounds(24.9351762, 60.164155, 24.9534145, 60.179113)


def test_the_world_starts_in_the_north_west() -> None:
    assert lonlat_to_world24(-180, MAX_MERCATOR_LAT) == (0, 0)
    assert lonlat_to_world24(0, 0) == (WORLD_SIZE // 2, WORLD_SIZE // 2)
    assert lonlat_to_world24(180, -MAX_MERCATOR_LAT) == (WORLD_SIZE - 1, WORLD_SIZE - 1)


def test_beyond_the_map_is_refused() -> None:
    with pytest.raises(GeoError) as caught:
        lonlat_to_world24(0, 86)
    assert caught.value.code == "outside_map"


def test_the_known_tile_of_helsinki_station() -> None:
    assert list(tiles_covering(Bounds(24.941, 60.171, 24.941, 60.171), 14)) == [
        Tile(14, 9327, 4742)
    ]


def test_tile_zero_ranges_over_every_key() -> None:
    assert tile_range(0, 0, 0) == (0, 1 << 48, 0, 0, 24, 36)


def test_cells_are_single_positions_from_zoom_18() -> None:
    assert tile_range(18, 0, 0).cell_shift == 0
    assert tile_range(22, 0, 0).cell_shift == 0
    assert tile_range(12, 0, 0, cell_bits=5).cell_shift == 14


@pytest.mark.parametrize("tile", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_tiles_outside_the_pyramid_are_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(GeoError) as caught:
        check_tile(*tile)
    assert caught.value.code == "no_such_tile"


def test_tile_bounds_hold_the_box_they_cover() -> None:
    for zoom in range(18):
        boxes = [tile_bounds(*tile) for tile in tiles_covering(HELSINKI, zoom)]
        assert min(box.west for box in boxes) <= HELSINKI.west
        assert max(box.east for box in boxes) >= HELSINKI.east
        assert min(box.south for box in boxes) <= HELSINKI.south
        assert max(box.north for box in boxes) >= HELSINKI.north


def test_absurd_boxes_are_refused() -> None:
    for box, zoom, code in (
        (Bounds(-180, -85, 180, 85), 14, "too_many_tiles"),
        (Bounds(25, 60, 24, 61), 10, "bad_bounds"),
        (Bounds(24, 61, 25, 60), 10, "bad_bounds"),
        (Bounds(24, 88, 25, 89), 10, "bad_bounds"),
    ):
        with pytest.raises(GeoError) as caught:
            tiles_covering(box, zoom)
        assert caught.value.code == code
