"""What people want of a day: agreed times, nobody there, lunch at home, not too far."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat, great_circle_m
from tests.integration.routes.conftest import Town

_ZONE = ZoneInfo("Europe/Helsinki")


def _clock(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(_ZONE).strftime("%H:%M")


def _accounts(stops: list[dict[str, Any]]) -> list[str]:
    return [one["account_id"] for one in stops]


def test_an_appointment_is_kept_to_the_minute(town: Town) -> None:
    account = str(sorted(town.shops)[3])

    route = town.planned(
        max_candidates=12, appointments=[{"account_id": account, "start": "14:20:00"}]
    )

    (stop,) = [one for one in route["stops"] if one["account_id"] == account]
    assert _clock(stop["start_at"]) == "14:20"


def test_an_excluded_account_is_told_as_left_out_by_hand(town: Town) -> None:
    first = town.planned(max_candidates=12)
    unwanted = first["stops"][0]["account_id"]

    route = town.planned(max_candidates=12, excluded_ids=[unwanted])

    assert unwanted not in _accounts(route["stops"])
    (told,) = [one for one in route["dropped"] if one["account_id"] == unwanted]
    assert told["reason"] == "excluded"
    assert told["detail"] == f"{told['name']} was left out by hand."


def test_lunch_at_a_place_is_on_the_way_and_in_the_line(town: Town) -> None:
    shop = town.shops[min(town.shops)]
    place = [shop.lon, shop.lat]

    route = town.planned(max_candidates=15, lunch_place=place)

    lunch = route["lunch"]
    assert lunch["location"] == place
    assert "11:30" <= _clock(lunch["starts_at"]) <= "13:30"
    line = decode_polyline(route["line"])
    assert min(great_circle_m(LonLat(*place), point) for point in line) < 150
    legs = sum(one["leg_distance_m"] for one in route["stops"]) + lunch["leg_distance_m"]
    assert legs <= route["distance_m"]


@pytest.mark.parametrize("limit", ["max_distance_m", "max_travel_minutes"])
def test_a_limit_of_travel_is_kept_and_told(town: Town, limit: str) -> None:
    free = town.planned(max_candidates=30)
    most = {
        "max_distance_m": free["distance_m"] // 2,
        "max_travel_minutes": free["travel_seconds"] // 120,
    }[limit]

    route = town.planned(max_candidates=30, **{limit: most})

    assert len(route["stops"]) > 0
    if limit == "max_distance_m":
        assert route["distance_m"] <= most
    else:
        assert route["travel_seconds"] <= most * 60
    assert "too_far" in {one["reason"] for one in route["dropped"]}


def test_a_wish_and_its_opposite_are_refused(town: Town) -> None:
    account = str(min(town.shops))

    both = town.plan(town.org.rep, account_ids=[account], excluded_ids=[account])
    twice = town.plan(
        town.org.rep,
        appointments=[
            {"account_id": account, "start": "10:00:00"},
            {"account_id": account, "start": "15:00:00"},
        ],
    )

    assert (both.status_code, twice.status_code) == (422, 422)
    assert "excluded_ids" in both.text
    assert "appointments" in twice.text
