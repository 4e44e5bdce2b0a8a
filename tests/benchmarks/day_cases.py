"""A rep's days on real streets: places and opening hours out of OpenStreetMap, numbered by a seed.

The places are Malta's shops and amenities; a third of them keep hours, their own where the extract
has them, else those of a shop in another extract.
"""

import random
import tempfile
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from backend.geo.hours import windows_on
from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.osm import Place, read_places
from backend.geo.vocabulary import LonLat
from backend.routes.day.problem import DayProblem, Lunch, Stop
from backend.routes.day.windows import Window, merge_windows

_DATA = Path(__file__).parents[3] / "shared" / "data" / "osm"
_FOLDER = Path(tempfile.gettempdir()) / "tuyen-bench-networks"
_DAY = date(2026, 11, 24)
_HOUR = 3600
_SHIFT = Window(start_s=8 * _HOUR, end_s=17 * _HOUR + _HOUR // 2)
_LUNCH = Lunch(earliest_s=11 * _HOUR + 1800, latest_s=13 * _HOUR + 1800, duration_s=45 * 60)
_VALUES_S = (8 * 1800, 4 * 1800, 2 * 1800, 1800, 900)
_WIDER = 3
"""A rep's accounts of one day are one in so many of those around."""


def day_cases(size: int, count: int) -> Iterator[DayProblem]:
    """Yield days of so many candidates; the same for the same numbers."""
    everywhere = places()
    network = open_network(_network_folder(), "car")
    try:
        for seed in range(count):
            rng = random.Random(f"{size}/{seed}")  # a test's dice
            anchor = rng.choice(everywhere)
            around = sorted(everywhere, key=lambda one: _near(anchor, one))[: _WIDER * size]
            chosen = rng.sample(around, min(size, len(around)))
            points = [LonLat(one.lon, one.lat) for one in (anchor, *chosen)]
            matrix = network.matrix(points)
            off = {one.index for one in matrix.off_network}
            yield DayProblem(
                stops=tuple(
                    _stop(rng, one, None if node in off else node)
                    for node, one in enumerate(chosen, start=1)
                ),
                start=0,
                end=0,
                durations_s=matrix.duration_rows(),
                distances_m=matrix.distance_rows(),
                shift_start_s=_SHIFT.start_s,
                shift_end_s=_SHIFT.end_s,
                lunch=_LUNCH,
                seed=1,
            )
    finally:
        network.close()


def _near(anchor: Place, one: Place) -> tuple[float, str]:
    return (one.lon - anchor.lon) ** 2 + (one.lat - anchor.lat) ** 2, one.ref


def _stop(rng: random.Random, place: Place, node: int | None) -> Stop:
    service_s = rng.choice((5, 8, 10, 12, 15, 20)) * 60
    value_s, has_hours = rng.choice(_VALUES_S), rng.random() < 1 / 3
    foreign = rng.choice(_foreign_hours())
    windows = (_SHIFT,)
    if has_hours:
        windows = _windows(place.opening_hours) or foreign
    return Stop(key=place.ref, node=node, service_s=service_s, windows=windows, value_s=value_s)


def _windows(opening_hours: str | None) -> tuple[Window, ...]:
    found = windows_on(opening_hours, _DAY, country="MT") or []
    return merge_windows(Window(one.start_minute * 60, one.end_minute * 60) for one in found)


def extract() -> Path:
    """Return the file of the streets and places."""
    return _DATA / "malta.osm.pbf"


@cache
def places() -> list[Place]:
    """Return the places that can be visited."""
    return list(read_places(extract()))


@cache
def _foreign_hours() -> list[tuple[Window, ...]]:
    """Return the hours of shops elsewhere that open on the day, each as often as it is found."""
    hours = [one.opening_hours for one in read_places(_DATA / "munchen.osm.pbf")]
    return [windows for text in hours if (windows := _windows(text))]


@cache
def _network_folder() -> Path:
    build_network(extract(), _FOLDER)
    return _FOLDER
