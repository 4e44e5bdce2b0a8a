import pytest

from backend.geo.polyline import decode_polyline, encode_polyline
from backend.geo.vocabulary import GeoError, LonLat


def test_a_line_of_one_step_has_the_known_text() -> None:
    # 0.000001 north, 0.000002 west: zigzag 2 and 3, each one character.
    assert encode_polyline([LonLat(-0.000002, 0.000001)]) == "AB"


def test_the_algorithms_published_number_is_reproduced() -> None:
    # Google's worked example encodes -17998321 as `~oia@; latitude 0 comes first here.
    assert encode_polyline([LonLat(-17.998321, 0)]) == "?`~oia@"


def test_no_points_are_no_text() -> None:
    assert encode_polyline([]) == ""
    assert decode_polyline("") == ()


@pytest.mark.parametrize("text", ["A", "AB?", "_", "A\n", "A B", "é?", "~~~~~~~~~~~~~~?"])
def test_damage_is_refused(text: str) -> None:
    with pytest.raises(GeoError):
        decode_polyline(text)
