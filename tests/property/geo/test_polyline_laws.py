import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.polyline import decode_polyline, encode_polyline
from backend.geo.vocabulary import GeoError, LonLat

micro_lons = st.integers(-180_000_000, 180_000_000)
micro_lats = st.integers(-90_000_000, 90_000_000)
exact_points = st.builds(
    lambda lon, lat: LonLat(lon / 1_000_000, lat / 1_000_000), micro_lons, micro_lats
)
any_points = st.builds(LonLat, st.floats(-180, 180), st.floats(-90, 90))


@given(st.lists(exact_points))
def test_lines_of_six_decimals_come_back_exactly(points: list[LonLat]) -> None:
    assert decode_polyline(encode_polyline(points)) == tuple(points)


@given(st.lists(any_points))
def test_no_point_moves_by_more_than_half_a_step(points: list[LonLat]) -> None:
    decoded = decode_polyline(encode_polyline(points))
    assert len(decoded) == len(points)
    for before, after in zip(points, decoded, strict=True):
        assert after == pytest.approx(before, abs=0.51e-6)


@given(st.text())
def test_any_text_decodes_or_is_refused(text: str) -> None:
    try:
        points = decode_polyline(text)
    except GeoError:
        return
    assert all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in points)
