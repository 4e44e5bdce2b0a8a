"""Saved views over HTTP: kept, shared, changed by their owner alone."""

from typing import Any

import pytest

from backend.maps.views import service
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api

VIEW = {
    "mode": "heat", "colour_by": "overdue", "size_by": "potential", "shape_by": "category",
    "measure": "penetration",
    "filters": {"channels": ["horeca"], "is_overdue": True}, "center": [106.7, 10.8], "zoom": 12.5,
    "shown": ["prospects"],
}  # fmt: skip


def keep(api: Api, who: Any, **more: Any) -> dict[str, Any]:
    body = {"name": "Quá hạn", "view": VIEW} | more
    answer = api.client.post("/v1/views", json=body, headers=api.as_(who))
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def names(api: Api, who: Any) -> list[str]:
    answer = api.client.get("/v1/views", headers=api.as_(who))
    return [one["name"] for one in answer.json()["items"]]


def test_a_view_is_the_owners_until_it_is_shared(api: Api) -> None:
    kept = keep(api, api.org.rep)
    assert {name: kept["view"][name] for name in VIEW if name != "filters"} == {
        name: value for name, value in VIEW.items() if name != "filters"
    }
    assert kept["view"]["filters"]["channels"] == ["horeca"]
    url = f"/v1/views/{kept['id']}"
    assert names(api, api.org.manager) == []
    assert api.client.get(url, headers=api.as_(api.org.manager)).status_code == 404
    mine = {**api.as_(api.org.rep), "If-Match": 'W/"1"'}
    shared = api.client.patch(url, json={"is_shared": True, "name": "Của nhóm"}, headers=mine)
    assert shared.status_code == 200
    assert names(api, api.org.manager) == ["Của nhóm"]
    assert api.client.patch(url, json={"name": "x"}, headers=mine).status_code == 412
    for call in (api.client.patch(url, json={"name": "x"}, headers=api.as_(api.org.manager)),
                 api.client.delete(url, headers=api.as_(api.org.manager))):  # fmt: skip
        assert call.status_code == 403
    assert api.client.delete(url, headers=api.as_(api.org.rep)).status_code == 204
    assert names(api, api.org.rep) == []


@pytest.mark.parametrize(
    "view",
    [{"zoom": 99}, {"colour_by": "x"}, {"shape_by": "square"}, {"filters": {"tags": ["\x00"]}},
     {"center": [1]}, {"filters": {"categories": ["x"] * 51}}, {"more": 1}, {"shown": ["x"]},
     {"zoom": "NaN"}],
)  # fmt: skip
def test_what_is_no_view_is_refused(api: Api, view: dict[str, Any]) -> None:
    body = {"name": "x", "view": view}
    answer = api.client.post("/v1/views", json=body, headers=api.as_(api.org.rep))
    assert answer.status_code == 422, answer.text


def test_a_view_from_before_there_were_shapes_still_opens(
    api: Api, test_database: TestDatabase
) -> None:
    kept = keep(api, api.org.rep)
    execute(test_database.owner_url, "UPDATE saved_view SET view = view - 'shape_by'")
    answer = api.client.get(f"/v1/views/{kept['id']}", headers=api.as_(api.org.rep))
    assert answer.json()["view"] == kept["view"] | {"shape_by": None}


def test_nobody_keeps_views_without_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_VIEWS", 1)
    keep(api, api.org.rep)
    body = {"name": "x", "view": {}}
    answer = api.client.post("/v1/views", json=body, headers=api.as_(api.org.rep))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_views")
    keep(api, api.org.manager)
