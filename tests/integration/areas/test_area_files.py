"""An area's accounts, and territories, as GeoParquet that another library reads."""

import io
import json
from typing import Any

import pyarrow.parquet
import pytest
import shapely

from backend.identity.actor import Actor
from tests.integration.areas.conftest import WHOLE, Country

pytestmark = pytest.mark.integration


def _read(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    return json.loads(table.schema.metadata[b"geo"])["columns"]["geometry"], table.to_pylist()


def _accounts(country: Country, who: Actor) -> list[dict[str, Any]]:
    answer = country.ask(who, {"polygon": WHOLE}, "accounts.parquet")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    about, rows = _read(answer.content)
    assert about["geometry_types"] == ["Point"]
    return rows


def test_accounts_are_points_with_what_the_list_says(country: Country) -> None:
    rows = {one["name"]: one for one in _accounts(country, country.org.manager)}
    assert rows.keys() == {"a", "b", "c", "d"}
    place = shapely.from_wkb(rows["d"]["geometry"])
    assert (place.x, place.y) == (25.2, 60.17)
    assert rows["a"]["id"] == str(country.shops["a"])
    assert isinstance(rows["a"]["priority"], int)


def test_a_rep_gets_no_accounts_or_territories_of_others(country: Country) -> None:
    assert {one["name"] for one in _accounts(country, country.org.rep)} == {"a", "b"}
    client, headers = country.api.client, country.api.as_
    own, every = (
        client.get("/v1/territories/outlines.parquet", headers=headers(who))
        for who in (country.org.rep, country.org.manager)
    )
    assert own.status_code == every.status_code == 200
    assert [one["name"] for one in _read(own.content)[1]] == ["Tây"]
    about, rows = _read(every.content)
    assert {one["name"] for one in rows} == {"Tây", "Đông"}
    assert about["geometry_types"] == ["MultiPolygon"]
    assert all(shapely.from_wkb(one["geometry"]).is_valid for one in rows)
