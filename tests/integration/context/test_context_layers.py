"""Context layers of a real extract: kept, drawn, summed over an area, replaced and deleted."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backend.context.commands import import_context
from backend.context.osm import import_ground
from backend.db.tenancy import Database
from backend.geo.ground.tags import COLUMNS
from tests.integration.context.conftest import WHOLE_BOX, Town, helsinki
from tests.support.databases import TestDatabase
from tests.support.helsinki_places import EXTRACT
from tests.support.people import Org

pytestmark = pytest.mark.integration
WHOLE = {
    "type": "Polygon",
    "coordinates": [[[24.8, 60.1], [25.1, 60.1], [25.1, 60.25], [24.8, 60.25], [24.8, 60.1]]],
}


def _total(town: Town, column: str) -> float:
    return float(town.ground.values[:, COLUMNS.index(column)].sum())


def test_a_layer_says_where_it_comes_from(town: Town) -> None:
    answer = town.get(town.org.rep, "layers")
    (layer,) = answer.json()
    assert (layer["name"], layer["kind"]) == ("OpenStreetMap", "osm")
    assert layer["vintage"] == "2019-04-21"
    assert "ODbL" in layer["licence"]
    told = {one["key"]: (one["confidence"], one["reasons"]) for one in layer["measures"]}
    assert told["buildings"] == ("high", [])
    assert told["footfall"] == ("medium", ["never_counted"])
    assert told["residential_share"] == ("low", ["few_types"])


@pytest.mark.parametrize("resolution", [9, 8, 7, 5, 1])
def test_the_hexagons_of_any_resolution_have_the_same_sum(town: Town, resolution: int) -> None:
    found = town.cells("buildings", resolution=resolution)
    assert found["resolution"] == resolution
    assert sum(one["amount"] for one in found["cells"]) == _total(town, "buildings") > 400
    assert sum(one["count"] for one in found["classes"]) == len(found["cells"])
    lows = [one["low"] for one in found["classes"]]
    assert lows == sorted(lows)
    for one in found["cells"]:
        assert lows[one["class_index"]] <= one["value"]


def test_a_wide_box_has_coarse_hexagons(town: Town) -> None:
    found = town.cells("buildings", bbox="-180,-85,180,85")
    assert found["resolution"] <= 2
    assert sum(one["amount"] for one in found["cells"]) == _total(town, "buildings")


def test_a_narrow_box_has_what_lies_in_it(town: Town) -> None:
    everything = {one["cell"]: one for one in town.cells("footfall")["cells"]}
    part = town.cells("footfall", bbox="24.94,60.16,24.95,60.17")["cells"]
    assert 0 < len(part) < len(everything)
    assert all(everything[one["cell"]] == one for one in part)
    assert max(one["value"] for one in everything.values()) > 60
    assert all(0 < one["value"] <= 100 for one in everything.values())


def test_an_area_around_everything_has_all_of_it(town: Town) -> None:
    answer = town.area({"polygon": WHOLE})
    assert answer.status_code == 200, answer.text
    (ground,) = answer.json()["layers"]
    assert ground["amounts"]["buildings"] == pytest.approx(_total(town, "buildings"))
    assert ground["amounts"]["pedestrian_km"] == pytest.approx(_total(town, "pedestrian_km"))
    figures = {one["key"]: one for one in ground["figures"]}
    assert figures["buildings"]["amount"] == pytest.approx(_total(town, "buildings"))
    assert figures["tag_coverage"]["value"] == pytest.approx(
        100 * _total(town, "typed_buildings") / _total(town, "buildings")
    )
    assert 0 < ground["known_share"] < 0.1  # the extract is the middle of the town alone


def test_a_drawn_area_tells_how_far_its_footfall_can_be_trusted(town: Town) -> None:
    busy = town.area({"circle": {"center": [24.9414, 60.1699], "radius_m": 300}}).json()
    quiet = town.area({"circle": {"center": [24.9414, 60.1699], "radius_m": 15}}).json()
    told = [
        next(one for one in answer["layers"][0]["figures"] if one["key"] == "footfall")
        for answer in (busy, quiet)
    ]
    assert told[0]["value"] > 50
    assert (told[0]["confidence"], told[0]["reasons"]) == ("medium", ["never_counted"])
    assert (told[1]["confidence"], told[1]["reasons"][:2]) == (
        "low", ["never_counted", "few_places"],
    )  # fmt: skip
    assert busy["layers"][0]["known_share"] == pytest.approx(1.0)


def test_far_away_no_layer_tells_anything(town: Town) -> None:
    answer = town.area({"circle": {"center": [105.8, 21.0], "radius_m": 500}})
    assert (answer.status_code, answer.json()["layers"]) == (200, [])


def test_a_second_import_replaces_the_first(town: Town, database: Database) -> None:
    before = town.cells("places")
    with database.for_org(town.org.id) as connection:
        again = import_ground(connection, town.org.id, helsinki(), vintage=None)
    assert again.id == town.layer.id
    assert len(town.get(town.org.rep, "layers").json()) == 1
    assert town.cells("places") == before


def test_a_deleted_layer_is_gone_and_written_down(town: Town, database: Database) -> None:
    path = f"/v1/context/layers/{town.layer.id}"
    client, api = town.api.client, town.api
    assert client.delete(path, headers=api.as_(town.org.rep)).status_code == 403
    assert client.delete(path, headers=api.as_(town.org.manager)).status_code == 204
    assert client.delete(path, headers=api.as_(town.org.manager)).status_code == 404
    assert town.get(town.org.rep, "layers").json() == []
    with database.for_org(town.org.id, snapshot=True) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM context_cell").scalar_one() == 0
        deeds = connection.exec_driver_sql("SELECT action FROM audit_entry ORDER BY id").scalars()
        assert list(deeds) == ["context_layer.keep", "context_layer.delete"]


def test_another_organisation_sees_nothing(town: Town, other_org: Org) -> None:
    assert town.get(other_org.manager, "layers").json() == []
    answer = town.get(
        other_org.manager, "cells", layer_id=str(town.layer.id), measure="places", bbox=WHOLE_BOX
    )
    assert answer.status_code == 404
    path = f"/v1/context/layers/{town.layer.id}"
    gone = town.api.client.delete(path, headers=town.api.as_(other_org.manager))
    assert gone.status_code == 404
    assert town.area({"polygon": WHOLE}, other_org.manager).json()["layers"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"bbox": "1,2,3"}, "bad_box"),
        ({"bbox": "3,2,1,4"}, "bad_box"),
        ({"bbox": "nan,nan,nan,nan"}, "bad_box"),
        ({"bbox": "1e400,0,2,3"}, "bad_box"),
        ({"bbox": "0,0,1,90"}, "bad_box"),
        ({"bbox": "\0"}, "bad_box"),
        ({"measure": "people"}, "unknown_measure"),
        ({"resolution": 10}, None),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(
    town: Town, query: dict[str, Any], code: str | None
) -> None:
    asked = {"layer_id": str(town.layer.id), "measure": "places", "bbox": WHOLE_BOX} | query
    answer = town.get(town.org.rep, "cells", **asked)
    assert answer.status_code == 422, answer.text
    assert code is None or answer.json()["code"] == code


class _Context:
    def __init__(self, urls: TestDatabase) -> None:
        self.app_url, self.owner_url = urls.app_url, urls.owner_url


def _run(urls: TestDatabase, org: Org, path: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        import_context, [str(path), "--org", str(org.id), *more], obj=_Context(urls)
    )
    return done.exit_code, done.output


def test_the_command_tells_what_it_made_and_how_sure_it_is(
    test_database: TestDatabase, org: Org
) -> None:
    code, told = _run(test_database, org, EXTRACT, "--vintage", "2019-04-20", "--resolution", "8")
    assert code == 0, told
    assert "“OpenStreetMap” of 2019-04-20" in told
    assert "hexagons of resolution 8, read in" in told
    assert "footfall: medium (never_counted)" in told


def test_an_extract_that_is_cut_off_leaves_the_layer_that_was_there(
    test_database: TestDatabase, org: Org, town: Town, tmp_path: Path
) -> None:
    path = tmp_path / "x.osm.pbf"
    path.write_bytes(EXTRACT.read_bytes()[:-4000])
    before = town.cells("places")
    code, told = _run(test_database, org, path)
    assert code == 1
    assert "is cut off: download it again" in told
    path.write_bytes(b"no map")
    code, told = _run(test_database, org, path)
    assert (code, "is not an OpenStreetMap PBF extract" in told) == (1, True)
    assert town.cells("places") == before
