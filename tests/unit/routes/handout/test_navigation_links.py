"""Links are written as each vendor documents them, for every way to travel."""

from urllib.parse import parse_qs, urlsplit

import pytest

from backend.geo.vocabulary import LonLat
from backend.routes.handout.links import google_link, in_pieces, links_to
from backend.routes.handout.service import make_links
from tests.support.handouts import make_handout

TIMES_SQUARE = LonLat(-73.985131, 40.758895)


@pytest.mark.parametrize(
    ("profile", "google", "apple", "osmand", "has_waze"),
    [
        ("car", "driving", ["d"], "car", True),
        ("scooter", "two-wheeler", ["d"], "motorcycle", True),
        ("bicycle", "bicycling", None, "bicycle", False),
        ("foot", "walking", ["w"], "pedestrian", False),
        ("hovercraft", "driving", None, "car", False),
    ],
)
def test_each_app_is_told_how_one_travels(
    profile: str, google: str, apple: list[str] | None, osmand: str, *, has_waze: bool
) -> None:
    links = links_to(TIMES_SQUARE, profile, "Times Square")
    asked = parse_qs(urlsplit(links.google).query)
    assert asked == {
        "api": ["1"],
        "destination": ["40.75890,-73.98513"],
        "travelmode": [google],
        "dir_action": ["navigate"],
    }
    assert parse_qs(urlsplit(links.apple).query).get("dirflg") == apple
    assert f"&profile={osmand}&" in links.osmand
    assert (links.waze is not None) is has_waze


def test_the_formats_are_the_vendors() -> None:
    links = links_to(TIMES_SQUARE, "car", "Quán (A) & B")
    assert links.apple == "https://maps.apple.com/?daddr=40.75890%2C-73.98513&dirflg=d"
    assert links.waze == "https://waze.com/ul?ll=40.75890%2C-73.98513&navigate=yes"
    assert links.osmand == (
        "https://osmand.net/map/?finish=40.75890,-73.98513&profile=car&pin=40.75890,-73.98513"
    )
    assert links.geo == (
        "geo:40.75890,-73.98513?q=40.75890,-73.98513(Qu%C3%A1n%20%28A%29%20%26%20B)"
    )


def test_a_day_goes_by_way_of_nine_places_at_most_and_misses_none() -> None:
    handout = make_handout(31)
    pieces = make_links(handout).pieces
    assert [(one.from_sequence, one.to_sequence) for one in pieces] == [
        (1, 10), (11, 20), (21, 30), (31, 31),
    ]  # fmt: skip
    driven: list[str] = []
    for one in pieces:
        asked = parse_qs(urlsplit(one.google).query)
        between = asked.get("waypoints", [""])[0].split("|") if "waypoints" in asked else []
        assert len(between) <= 9
        driven += [*between, *asked["destination"]]
        assert len(one.google) < 2048, "the longest address that Google takes"
    assert driven == [
        f"{lat:.5f},{lon:.5f}" for lon, lat in (stop.plan.location for stop in handout.stops)
    ]


def test_a_day_without_stops_has_no_links() -> None:
    links = make_links(make_handout(0))
    assert (links.stops, links.pieces) == ([], [])
    assert in_pieces([]) == []


def test_small_numbers_are_written_out() -> None:
    assert "destination=-0.00001%2C0.00000" in google_link([LonLat(0.0, -0.00001)], "car")
