"""Pivots over HTTP: order, rest, comparison, what goes with what, files, white space, hot spots."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest
import shapely

from tests.integration.cube.conftest import TODAY, Stall
from tests.support.ground import execute
from tests.support.people import Org

MONTHS = {"rows": [{"dimension": "territory"}], "columns": [{"dimension": "period"}]}


def test_the_rest_is_what_the_rows_shown_leave(stall: Stall) -> None:
    asked: dict[str, Any] = {
        "rows": [{"dimension": "h3", "resolution": 8}],
        "measures": ["accounts", "revenue", "buyers"],
        "order": {"by": "revenue"},
    }
    every = stall.ask(**asked, limit=1000).json()
    some = stall.ask(**asked, limit=5).json()
    assert len(every["rows"]) > 20
    assert [row["keys"] for row in some["rows"]] == [row["keys"] for row in every["rows"][:5]]
    assert some["rest_count"] == len(every["rows"]) - 5
    for at in range(3):
        left = sum(row["total"][at] for row in every["rows"][5:])
        assert some["rest"]["total"][at] == pytest.approx(left)
        assert some["whole"]["total"] == every["whole"]["total"]
    totals = [row["total"][1] for row in every["rows"]]
    assert totals == sorted(totals, reverse=True)


def test_a_year_is_compared_with_the_one_before(stall: Stall) -> None:
    first, last = TODAY - timedelta(days=100), TODAY
    asked: dict[str, Any] = {"rows": [{"dimension": "category"}], "measures": ["revenue", "visits"]}
    days = {"from_date": first.isoformat(), "to_date": last.isoformat()}
    told = stall.ask(**asked, **days, compare={"to": "year_before"}).json()
    before = told["compared_period"]
    alone = stall.ask(**asked, **before).json()
    assert before["to_date"] == last.replace(year=last.year - 1).isoformat()
    assert told["whole"]["compared_total"] == alone["whole"]["total"]
    own = {tuple(row["keys"]): row["total"] for row in alone["rows"]}
    for row in told["rows"]:
        assert row["compared_total"] == own.get(tuple(row["keys"]), [0, 0])


def test_whole_months_are_compared_with_as_many_whole_months(stall: Stall) -> None:
    told = stall.ask(
        measures=["revenue"], from_date="2026-01-01", to_date="2026-03-31", compare={"to": "before"}
    ).json()
    assert told["compared_period"] == {"from_date": "2025-10-01", "to_date": "2025-12-31"}


def test_areas_are_compared(stall: Stall) -> None:
    west, east = (str(stall.market.territories[name]) for name in ("Tây", "Đông"))
    told = stall.ask(
        measures=["accounts"],
        area={"territory_id": west},
        compare={"to": "area", "area": {"territory_id": east}},
    ).json()
    by = stall.ask(rows=[{"dimension": "territory"}], measures=["accounts"]).json()
    own = {row["keys"][0]: row["total"][0] for row in by["rows"]}
    assert told["whole"]["total"] == [own[west]]
    assert told["whole"]["compared_total"] == [own[east]]


def test_todays_measures_stand_in_the_total_beside_months(stall: Stall) -> None:
    told = stall.ask(**MONTHS, measures=["customers", "revenue", "penetration", "share"]).json()
    row = told["rows"][0]
    assert all(cell[0] is None and cell[2] is None for cell in row["cells"])
    assert row["total"][0] > 0
    assert 0 < row["total"][2] < 1
    assert sum(cell[1] for cell in row["cells"]) == pytest.approx(row["total"][1])
    assert row["total"][3] is not None


def test_territories_roll_up(stall: Stall) -> None:
    told = stall.ask(rows=[{"dimension": "territory", "level": 0}], measures=["accounts"]).json()
    assert [row["labels"][0] for row in told["rows"]] == ["Huế", None]


def test_a_rep_sees_what_is_in_scope(stall: Stall) -> None:
    org = stall.market.org
    whole = stall.ask(measures=["accounts"]).json()["whole"]["total"][0]
    own = stall.ask(measures=["accounts"], who=org.rep).json()["whole"]["total"][0]
    assert 0 < own < whole
    east = str(stall.market.territories["Đông"])
    refused = stall.ask(
        measures=["accounts"], filters=[{"dimension": "territory", "values": [east]}], who=org.rep
    )
    assert refused.status_code == 422
    named = stall.api.client.get("/v1/cube/dimensions", headers=stall.api.as_(org.rep)).json()
    members = {one["name"]: one["members"] for one in named["dimensions"]}
    assert [one["label"] for one in members["territory"]] == ["Tây"]
    assert [one["key"] for one in members["rep"]] == [str(org.rep.user_id)]


def test_another_organisation_is_not_counted(stall: Stall, other_org: Org) -> None:
    told = stall.ask(measures=["accounts", "revenue"], who=other_org.analyst).json()
    assert told["whole"]["total"] == [0, 0]


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"rows": [{"dimension": "product"}], "measures": ["visits"]}, "rows", "no_such_pair"),
        (
            {"filters": [{"dimension": "rep", "values": [None]}], "measures": ["accounts"]},
            "filters", "no_such_pair",
        ),
        ({"rows": [{"dimension": "period"}], "measures": ["customers"]}, "rows", "no_such_pair"),
        ({"measures": ["visits", "visits"]}, "measures", "malformed"),
        ({"measures": ["visits"], "from_date": "2026-02-01", "to_date": "2026-01-01"},
         "to_date", "dates_reversed"),
        ({"measures": ["visits"], "from_date": "2001-01-01", "to_date": "2026-01-01"},
         "to_date", "period_too_long"),
        ({"measures": ["visits"], "compare": {"to": "area"}}, "compare.area", "one_area"),
        ({"measures": ["visits"], "area": {}}, "area", "one_area"),
        (
            {
                "rows": [{"dimension": "territory"}], "measures": ["share"],
                "territory_of": "then",
            },
            "territory_of", "no_such_pair",
        ),
        ({"filters": [{"dimension": "h3", "values": ["x"]}], "measures": ["accounts"]},
         "filters", "malformed"),
        ({"filters": [{"dimension": "territory", "values": ["x"]}], "measures": ["accounts"]},
         "filters", "malformed"),
        ({"filters": [{"dimension": "priority", "values": ["x"]}], "measures": ["accounts"]},
         "filters", "malformed"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_in_words(
    stall: Stall, asked: dict[str, Any], field: str, code: str
) -> None:
    refused = stall.ask(**asked)
    assert refused.status_code == 422, refused.text
    problem = refused.json()
    assert (problem["errors"][0]["field"], problem["code"]) == (field, code)


def test_a_pivot_is_a_file(stall: Stall) -> None:
    execute(stall.market.owner_url, "UPDATE account SET category = '=1+1' WHERE category = 'cafe'")
    asked: dict[str, Any] = {
        "rows": [{"dimension": "category"}], "columns": [{"dimension": "life_stage"}],
        "measures": ["accounts", "revenue"], "compare": {"to": "year_before"},
    }  # fmt: skip
    told = stall.ask(**asked).json()
    lines = list(csv.reader(io.StringIO(stall.ask("query.csv", **asked).text.lstrip("\ufeff"))))
    assert len(lines) == 1 + len(told["rows"]) + 1
    assert {line[0] for line in lines[1:]} >= {"'=1+1", "pharmacy", "total"}
    assert len(lines[0]) == 2 + 2 * (4 + 1) * 2
    whole = dict(zip(lines[0], lines[-1], strict=True))
    assert float(whole["revenue"]) == told["whole"]["total"][1]
    book = openpyxl.load_workbook(io.BytesIO(stall.ask("query.xlsx", **asked).content))
    rows = list(book["Pivot"].values)
    assert len(rows) == len(lines)
    assert rows[-1][-1] == pytest.approx(told["whole"]["compared_total"][1])


def test_cells_are_a_file_for_maps(stall: Stall) -> None:
    asked: dict[str, Any] = {"rows": [{"dimension": "h3"}], "measures": ["accounts"]}
    found = stall.ask("query.geojson", **asked).json()
    told = stall.ask(**asked, with_boundaries=True).json()
    cells = {row["keys"][0]: row for row in told["rows"] if row["keys"][0]}
    assert {one["id"] for one in found["features"]} == set(cells)
    for one in found["features"]:
        assert one["geometry"]["coordinates"] == [cells[one["id"]]["boundary"]]
        assert one["properties"] == {"accounts": cells[one["id"]]["total"][0]}
    table = pyarrow.parquet.read_table(io.BytesIO(stall.ask("query.parquet", **asked).content))
    cells = {one["h3"]: one for one in table.to_pylist()}
    assert cells.keys() == {one["id"] for one in found["features"]}
    for one in found["features"]:
        row = cells[one["id"]]
        assert shapely.from_wkb(row.pop("geometry")).equals(shapely.geometry.shape(one["geometry"]))
        assert row == {"h3": one["id"], **one["properties"]}
    refused = stall.ask("query.geojson", measures=["accounts"])
    assert refused.status_code == 422


def test_white_space_is_what_is_missing_of_the_mean(stall: Stall) -> None:
    told = stall.ask("white-space", by={"dimension": "h3", "resolution": 7}, minimum=3).json()
    assert told["places"]
    assert all(one["accounts"] >= 3 for one in told["places"])
    gaps = [one["gap"] for one in told["places"]]
    assert gaps == sorted(gaps, reverse=True)
    for one in told["places"]:
        low, high = sorted([one["penetration"], told["penetration"]])
        assert low - 1e-9 <= one["smoothed"] <= high + 1e-9
        assert one["gap"] == pytest.approx(one["expected"] - one["accounts"] * one["smoothed"])
    by = stall.ask("white-space", by={"dimension": "territory"}, minimum=1).json()
    assert {one["label"] for one in by["places"]} <= {"Tây", "Đông"}
    refused = stall.ask("white-space", by={"dimension": "category"})
    assert refused.status_code == 422


def test_a_hot_spot_is_where_customers_are(stall: Stall) -> None:
    execute(stall.market.owner_url, "UPDATE account SET life_stage = 'prospect'")
    execute(
        stall.market.owner_url,
        "UPDATE account SET life_stage = 'customer' WHERE ST_X(location) < %s",
        24.75 + 6 / 256,
    )
    told = stall.ask("hot-spots", measure="penetration", resolution=7).json()
    assert told["hot"] > 0
    spots = {one["spot"] for one in told["cells"]}
    assert "none" in spots
    assert told["cells"][0]["z"] == max(one["z"] for one in told["cells"])
    hot = [one for one in told["cells"] if one["spot"].startswith("hot")]
    assert all(one["boundary"][0][0] < 24.80 for one in hot)
    raw = stall.ask("hot-spots", measure="penetration", resolution=7, correction="none").json()
    assert raw["hot"] >= told["hot"]
