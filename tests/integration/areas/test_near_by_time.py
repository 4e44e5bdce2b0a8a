"""Near by travel time is what one reaches first, which need not be what lies nearest."""

from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from backend.api.problems import Malformed
from backend.areas.near import by_travel_time
from backend.areas.near_schemas import NearAccount, NearRequest
from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.provider import NO_WAY, Matrix, OffNetwork
from backend.geo.vocabulary import LonLat
from tests.integration.areas.conftest import Country

HERE = LonLat(24.92, 60.17)


class _River(CrowFlyNetwork):
    """The nearest is across a river, the second on an island."""

    def matrix(self, points: Any) -> Matrix:
        seconds = np.full((len(points),) * 2, 600, np.int32)
        seconds[0, 1:] = [1800, NO_WAY, 300, 300]
        return Matrix(seconds, seconds.copy(), is_estimate=False)


class _Sea(CrowFlyNetwork):
    def matrix(self, points: Any) -> Matrix:
        none = np.full((len(points),) * 2, NO_WAY, np.int32)
        off = OffNetwork(0, "The place is 9,000 m from any street.", 9000)
        return Matrix(none, none.copy(), is_estimate=False, off_network=(off,))


def _account(name: str, distance_m: float) -> NearAccount:
    return NearAccount(uuid4(), name, "prospect", None, 2, None, None, [*HERE], None, distance_m)


_FOUND = [_account(name, 100.0 * at) for at, name in enumerate(["across", "island", "b", "c"])]


def test_who_is_reached_first_comes_first_and_who_cannot_be_last() -> None:
    asked = NearRequest(location=[*HERE], limit=10, by="travel_time")
    told = by_travel_time(asked, HERE, _FOUND, _River())
    assert [one.name for one in told.accounts] == ["b", "c", "across", "island"]
    assert [one.minutes for one in told.accounts] == [5, 5, 30, None]
    few = NearRequest(location=[*HERE], limit=2, by="travel_time")
    assert [one.name for one in by_travel_time(few, HERE, _FOUND, _River()).accounts] == ["b", "c"]


def test_a_place_far_from_any_street_is_said_so() -> None:
    asked = NearRequest(location=[*HERE], by="travel_time")
    with pytest.raises(Malformed) as refused:
        by_travel_time(asked, HERE, _FOUND, _Sea())
    assert refused.value.code == "off_network"


def test_times_without_a_street_network_are_told_as_estimates(country: Country) -> None:
    told = _ask(country, country.org.rep, by="travel_time").json()
    assert [one["name"] for one in told["accounts"]] == ["a", "b"]
    assert told["is_estimate"]
    assert "street network" in told["why"]
    assert told["accounts"][0]["minutes"] <= told["accounts"][1]["minutes"]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"location": [2_700_000, 8_400_000]}, "location", "location_projected"),
        ({"limit": 0}, "limit", "malformed"),
        ({"limit": 101}, "limit", "malformed"),
        ({"by": "bus"}, "by", "malformed"),
        (
            {"filters": {"territory_ids": [str(uuid4())]}},
            "filters.territory_ids",
            "unknown_reference",
        ),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_field(
    country: Country, wrong: dict[str, Any], field: str, code: str
) -> None:
    answer = _ask(country, country.org.rep, **wrong)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["field"] == field


def _ask(country: Country, actor: Any, **more: Any) -> Any:
    return country.api.client.post(
        "/v1/near", headers=country.api.as_(actor), json={"location": [*HERE]} | more
    )
