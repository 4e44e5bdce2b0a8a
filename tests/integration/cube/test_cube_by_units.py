"""Pivots by administrative units: of today and of before, their outlines, and what is refused."""

from uuid import UUID

import pytest
import shapely

from backend.ids import new_id
from tests.integration.cube.conftest import Stall
from tests.support.ground import execute
from tests.support.market_units import add_units

pytestmark = pytest.mark.integration
WARDS = {"dimension": "admin_unit"}


@pytest.fixture
def units(stall: Stall) -> dict[str, UUID]:
    return add_units(stall.market.owner_url, stall.market.org)


def labels(stall: Stall, **asked: object) -> list[str | None]:
    told = stall.ask(rows=[WARDS], measures=["accounts"], **asked)
    assert told.status_code == 200, told.text
    return [row["labels"][0] for row in told.json()["rows"]]


def test_a_day_before_the_reform_has_the_units_of_then(
    stall: Stall, units: dict[str, UUID]
) -> None:
    assert units
    assert labels(stall) == ["Phường Ba", "Phường Bốn", "Phường Hai", "Phường Một", None]
    assert labels(stall, units_on="2025-06-30") == ["Phường Cũ", "Phường Xưa", None]
    assert labels(stall, units_on="2025-07-01")[0] == "Phường Ba"


def test_units_are_gone_into_and_tell_their_outlines(stall: Stall, units: dict[str, UUID]) -> None:
    north = {"dimension": "admin_unit", "values": [str(units["Bắc"])]}
    every = stall.ask(rows=[WARDS | {"level": 4}], measures=["accounts"]).json()
    inside = stall.ask(
        rows=[WARDS], measures=["accounts"], filters=[north], with_boundaries=True
    ).json()
    (whole,) = [row["total"][0] for row in every["rows"] if row["labels"] == ["Bắc"]]
    assert inside["whole"]["total"][0] == whole
    for row in inside["rows"]:
        assert (row["outline"] is None) == (row["keys"] == [None])
        if row["outline"]:
            polygon = shapely.Polygon(row["outline"][0][0])
            (told,) = execute(
                stall.market.owner_url, "SELECT ST_Area(area) FROM admin_unit WHERE id = %s",
                row["keys"][0],
            )  # fmt: skip
            assert polygon.area == pytest.approx(told[0], rel=0.02)


def test_a_border_that_is_drawn_anew_counts_at_once(stall: Stall, units: dict[str, UUID]) -> None:
    before = stall.ask(rows=[WARDS], measures=["accounts"]).json()
    execute(
        stall.market.owner_url,
        "UPDATE admin_unit SET area = (SELECT ST_Multi(ST_Envelope(ST_Collect(area)))"
        " FROM admin_unit WHERE level = 4) WHERE id = %s",
        units["Phường Ba"],
    )
    after = stall.ask(rows=[WARDS], measures=["accounts"]).json()
    assert [row["labels"] for row in after["rows"]] == [["Phường Ba"], [None]]
    assert after["whole"] == before["whole"]


def test_white_space_is_found_by_units(stall: Stall, units: dict[str, UUID]) -> None:
    assert units
    told = stall.ask("white-space", by=WARDS, minimum=1, units_on="2024-01-01").json()
    assert {one["label"] for one in told["places"]} == {"Phường Cũ", "Phường Xưa"}
    assert all(one["outline"] for one in told["places"])


def test_the_description_tells_levels_and_units_of_today(
    stall: Stall, units: dict[str, UUID]
) -> None:
    api, actor = stall.api, stall.market.org.analyst
    told = api.client.get("/v1/cube/dimensions", headers=api.as_(actor)).json()
    (found,) = [one for one in told["dimensions"] if one["name"] == "admin_unit"]
    assert found["levels"] == [4, 6]
    assert {one["label"] for one in found["members"]} == {
        name for name in units if name not in {"Phường Cũ", "Phường Xưa"}
    }


def test_without_units_it_says_how_to_bring_them_in(stall: Stall) -> None:
    refused = stall.ask(rows=[WARDS], measures=["accounts"])
    assert refused.status_code == 422
    assert refused.json()["code"] == "no_admin_units"
    assert "tuyen import admin-units" in refused.text


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"rows": [WARDS | {"level": 9}]}, "no_admin_units"),
        ({"rows": [WARDS], "units_on": "1900-01-01"}, "no_admin_units"),
        ({"rows": [], "filters": [{"dimension": "admin_unit", "values": [str(new_id())]}]},
         "unknown_reference"),
        ({"rows": [], "filters": [{"dimension": "admin_unit", "values": ["Huế"]}]}, "malformed"),
        ({"rows": [], "filters": [{"dimension": "admin_unit", "values": [7]}]}, "malformed"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused(
    stall: Stall, units: dict[str, UUID], asked: dict[str, object], code: str
) -> None:
    assert units
    refused = stall.ask(measures=["accounts"], **asked)
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"] == code
