"""Links that open a navigation app at a place; the formats are those that each vendor documents.

Google: https://developers.google.com/maps/documentation/urls/get-started (at most 9 waypoints).
Apple: Map Links of the Apple URL Scheme Reference. Waze: https://developers.google.com/waze/deeplinks.
OsmAnd: https://osmand.net/docs/technical/algorithms/osmand-intents. `geo:` is RFC 5870.
"""

from collections.abc import Sequence
from itertools import batched
from urllib.parse import quote, urlencode

from backend.geo.vocabulary import LonLat
from backend.routes.handout.schemas import NavigationLinks

STOPS_A_LINK = 10
"""Nine waypoints and the destination."""
_DECIMALS = 5
"""About a metre."""
_GOOGLE_MODES = {
    "car": "driving", "scooter": "two-wheeler", "bicycle": "bicycling", "foot": "walking",
}  # fmt: skip
# Apple documents neither two-wheelers nor bicycles: a scooter drives, a cyclist chooses in the app.
_APPLE_MODES = {"car": "d", "scooter": "d", "foot": "w"}
_OSMAND_PROFILES = {
    "car": "car", "scooter": "motorcycle", "bicycle": "bicycle", "foot": "pedestrian",
}  # fmt: skip
_WAZE_PROFILES = frozenset({"car", "scooter"})


def links_to(place: LonLat, profile: str, name: str) -> NavigationLinks:
    """Return the links that lead from where one is to a place; Waze knows motor vehicles only."""
    at = _lat_lon(place)
    return NavigationLinks(
        google=google_link([place], profile),
        apple=_link(
            "https://maps.apple.com/",
            daddr=at,
            dirflg=_APPLE_MODES.get(profile),
        ),
        waze=_link("https://waze.com/ul", ll=at, navigate="yes")
        if profile in _WAZE_PROFILES
        else None,
        osmand=f"https://osmand.net/map/?finish={at}"
        f"&profile={_OSMAND_PROFILES.get(profile, 'car')}&pin={at}",
        # The form that also shows a name, on Android.
        geo=f"geo:{at}?q={at}({quote(name, safe='')})",
    )


def google_link(places: Sequence[LonLat], profile: str) -> str:
    """Return the link from where one is to the last place by way of the others: at most 10."""
    *before, last = (_lat_lon(place) for place in places)
    return _link(
        "https://www.google.com/maps/dir/",
        api="1",
        destination=last,
        waypoints="|".join(before) or None,
        travelmode=_GOOGLE_MODES.get(profile, "driving"),
        dir_action="navigate",
    )


def in_pieces[T](stops: Sequence[T]) -> list[tuple[T, ...]]:
    """Return the stops in pieces that one link can hold."""
    return list(batched(stops, STOPS_A_LINK, strict=False))


def _lat_lon(place: LonLat) -> str:
    return f"{place.lat:.{_DECIMALS}f},{place.lon:.{_DECIMALS}f}"


def _link(address: str, **values: str | None) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f"{address}?{urlencode(given)}"
