"""One change of many accounts over HTTP: previewed, carried out, undone; also when a job dies."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.bulk import carrying_out, repository, service
from backend.bulk.tasks import TASKS
from backend.clock import SystemClock
from backend.identity.actor import Actor
from backend.jobs import Work
from tests.support.city import BOXES, City, make_city
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.http import Api

DAY = date(2026, 11, 22)
EVERYWHERE = {"circle": {"center": [24.94, 60.17], "radius_m": 90_000}}


@pytest.fixture
def city(api: Api, test_database: TestDatabase) -> City:
    return make_city(test_database.owner_url, api.org, DAY, places=120)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a job have many parts, and a request none."""
    monkeypatch.setattr(carrying_out, "PART", 20)
    monkeypatch.setattr(service, "MOST_AT_ONCE", 5)
    return iter([None])


def post(api: Api, who: Actor, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
    answer = api.client.post(f"/v1/bulk-actions{path}", json=body, headers=api.as_(who))
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def work(database: TestDatabase, action_id: str, org_id: UUID) -> None:
    (task,) = TASKS
    task.call(
        Work(database.database, SystemClock(), {}),
        {"org_id": str(org_id), "action_id": action_id},
    )


def values(database: TestDatabase, column: str) -> dict[str, Any]:
    rows = execute(database.owner_url, f"SELECT id, {column} FROM account")
    return {str(one): value for one, value in rows}


@pytest.mark.parametrize(
    ("action", "column", "value"),
    [
        ({"kind": "add_tags", "tags": ["tết", "vip"]}, "tags", ["tết", "vip"]),
        ({"kind": "priority", "priority": 1}, "priority", 1),
        ({"kind": "frequency", "visit_every_days": 14}, "visit_every_days", 14),
    ],
)
def test_an_area_is_previewed_changed_and_put_back(
    api: Api, city: City, test_database: TestDatabase, action: Any, column: str, value: object
) -> None:
    before = values(test_database, column)
    asked = {"action": action, "area": EVERYWHERE, "filters": {"categories": ["cafe"]}}
    cafes = {str(one) for one, place in city.accounts.items() if place.category == "cafe"}
    told = post(api, api.org.manager, "/preview", asked)
    assert (told["accounts"], told["would_change"]) == (len(cafes), len(cafes))
    assert values(test_database, column) == before
    done = post(api, api.org.manager, "", asked, 201)
    assert (done["status"], done["changed"], done["waiting"]) == ("done", len(cafes), 0)
    after = values(test_database, column)
    assert {one for one in after if after[one] == value} == cafes
    again = post(api, api.org.manager, "/preview", asked)
    assert (again["would_change"], again["unchanged"]) == (0, len(cafes))
    undone = post(api, api.org.manager, f"/{done['id']}/undo")
    assert (undone["status"], undone["undone"], undone["kept"]) == ("undone", len(cafes), 0)
    assert values(test_database, column) == before
    refused = post(api, api.org.manager, f"/{done['id']}/undo", status=409)
    assert refused["code"] == "bulk_not_done"
    entries = execute(
        test_database.owner_url,
        "SELECT action, detail ->> 'kind' FROM audit_entry"
        " WHERE subject = 'bulk_action' ORDER BY id",
    )
    assert entries == [
        ("bulk_action.carry_out", action["kind"]),
        ("bulk_action.undo", action["kind"]),
    ]


def test_a_territory_by_hand_moves_what_the_map_shows_and_back(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    kamppi, other = city.territories["Kamppi"], city.territories["Kruununhaka"]
    ids = [str(one) for one, place in city.accounts.items() if place.lon <= BOXES["Kamppi"][2]][:9]
    asked = {"action": {"kind": "territory", "territory_id": str(other)}, "account_ids": ids}
    done = post(api, api.org.manager, "", asked, 201)
    assert done["changed"] == 9
    shown = (
        "SELECT count(*) FROM account_map"
        " WHERE territory_id = %s AND account_id = ANY (cast(%s AS uuid[]))"
    )
    assert execute(test_database.owner_url, shown, other, ids) == [(9,)]
    undone = post(api, api.org.manager, f"/{done['id']}/undo")
    assert undone["undone"] == 9
    assert execute(test_database.owner_url, shown, kamppi, ids) == [(9,)]
    assert not any(values(test_database, "territory_is_manual").values())


def test_undo_leaves_what_somebody_changed_since(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    ids = [str(one) for one in city.accounts][:10]
    asked = {"action": {"kind": "priority", "priority": 5}, "account_ids": ids}
    done = post(api, api.org.manager, "", asked, 201)
    execute(
        test_database.owner_url,
        "UPDATE account SET priority = 3 WHERE id = ANY (cast(%s AS uuid[]))", ids[:4],
    )  # fmt: skip
    execute(
        test_database.owner_url,
        "UPDATE account SET name = name || '!' WHERE id = ANY (cast(%s AS uuid[]))", ids[4:6],
    )  # fmt: skip
    undone = post(api, api.org.manager, f"/{done['id']}/undo")
    assert (undone["undone"], undone["kept"]) == (6, 4)
    now = values(test_database, "priority")
    assert [now[one] for one in ids] == [3] * 4 + [2] * 6


def test_a_rep_changes_only_what_the_rep_sees(api: Api, city: City) -> None:
    own = [str(one) for one, place in city.accounts.items() if place.lon <= BOXES["Kamppi"][2]]
    ids = [str(one) for one in city.accounts]
    asked = {"action": {"kind": "add_tags", "tags": ["x"]}, "account_ids": ids}
    told = post(api, api.org.rep, "/preview", asked)
    assert told["would_change"] == len(own)
    (refused,) = told["refused"]
    assert refused == {"reason": "not_seen", "accounts": len(ids) - len(own), "examples": []}
    done = post(api, api.org.rep, "", asked, 201)
    assert done["changed"] == len(own)
    assert done["refused"] == [refused]
    for kind in ("territory", "owner"):
        post(api, api.org.rep, "", {**asked, "action": {"kind": kind}}, 403)
    post(api, api.org.analyst, "", asked, 403)
    answer = api.client.get(f"/v1/bulk-actions/{done['id']}", headers=api.as_(api.org.other_rep))
    assert answer.status_code == 404


def test_visits_of_a_day_are_planned_once_and_cancelled_again(
    api: Api, city: City, test_database: TestDatabase
) -> None:
    ids = [str(one) for one in city.accounts][:12]
    action = {"kind": "visit", "planned_on": "2026-12-01", "rep_id": str(api.org.rep.user_id)}
    asked = {"action": action, "account_ids": ids}
    done = post(api, api.org.manager, "", asked, 201)
    assert done["changed"] == 12
    told = post(api, api.org.manager, "/preview", asked)
    assert [(one["reason"], one["accounts"]) for one in told["refused"]] == [
        ("planned_already", 12)
    ]
    execute(
        test_database.owner_url,
        "UPDATE visit SET status = 'done', done_at = now(), outcome = 'met'"
        " WHERE planned_on = '2026-12-01' AND account_id = %s", ids[0],
    )  # fmt: skip
    undone = post(api, api.org.manager, f"/{done['id']}/undo")
    assert (undone["undone"], undone["kept"]) == (11, 1)
    rows = execute(
        test_database.owner_url,
        "SELECT status, count(*) FROM visit WHERE planned_on = '2026-12-01' GROUP BY 1 ORDER BY 1",
    )
    assert rows == [("cancelled", 11), ("done", 1)]


@pytest.mark.usefixtures("small_parts")
def test_a_job_that_dies_goes_on_where_it_stopped(
    api: Api, city: City, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"action": {"kind": "add_tags", "tags": ["x"]}, "area": EVERYWHERE}
    begun = post(api, api.org.manager, "", asked, 201)
    assert (begun["status"], begun["waiting"]) == ("running", len(city.accounts))
    write, turns = repository.write_items, iter(range(100))

    def die(*given: Any) -> None:
        write(*given)
        if next(turns) == 2:
            raise KeyboardInterrupt  # after all of the third part was written, and none committed

    monkeypatch.setattr(repository, "write_items", die)
    with pytest.raises(KeyboardInterrupt):
        work(test_database, begun["id"], api.org.id)
    url = f"/v1/bulk-actions/{begun['id']}"
    half = api.client.get(url, headers=api.as_(api.org.manager)).json()
    assert (half["changed"], half["status"]) == (40, "running")
    assert sum(tags == ["x"] for tags in values(test_database, "tags").values()) == 40
    versions = values(test_database, "rv")
    work(test_database, begun["id"], api.org.id)
    whole = api.client.get(url, headers=api.as_(api.org.manager)).json()
    assert (whole["changed"], whole["waiting"], whole["status"]) == (len(city.accounts), 0, "done")
    raised = {one: rv - versions[one] for one, rv in values(test_database, "rv").items()}
    assert sorted(raised.values()) == [0] * 40 + [1] * (len(city.accounts) - 40)
    work(test_database, begun["id"], api.org.id)  # asked for again, it does nothing
    assert post(api, api.org.manager, f"/{begun['id']}/undo")["status"] == "undoing"
    work(test_database, begun["id"], api.org.id)
    last = api.client.get(url, headers=api.as_(api.org.manager)).json()
    assert (last["status"], last["undone"]) == ("undone", len(city.accounts))
    assert not any(values(test_database, "tags").values())
    entries = execute(
        test_database.owner_url, "SELECT action FROM audit_entry WHERE subject = 'bulk_action'"
    )
    assert sorted(entries) == [("bulk_action.carry_out",), ("bulk_action.undo",)]


@pytest.mark.parametrize(
    "body",
    [
        {"action": {"kind": "priority", "priority": 1}},
        {"action": {"kind": "priority"}, "area": EVERYWHERE},
        {"action": {"kind": "priority", "priority": 9}, "area": EVERYWHERE},
        {"action": {"kind": "add_tags", "tags": ["\x00"]}, "area": EVERYWHERE},
        {"action": {"kind": "visit", "planned_on": "0001-01-01"}, "area": EVERYWHERE},
        {"action": {"kind": "territory", "territory_id": "00000000-0000-4000-8000-000000000000"},
         "area": EVERYWHERE},
        {"action": {"kind": "owner", "owner_id": "00000000-0000-4000-8000-000000000000"},
         "area": EVERYWHERE},
        {"action": {"kind": "visit", "planned_on": "2026-12-01"}, "area": EVERYWHERE},
        {"action": {"kind": "add_tags", "tags": ["x"]}, "account_ids": []},
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(api: Api, city: City, body: Any) -> None:
    assert city.accounts
    for path in ("", "/preview"):
        post(api, api.org.manager, path, body, 422)


def test_ids_that_are_nowhere_are_told_as_not_seen(api: Api, tmp_path: Path) -> None:
    assert tmp_path
    asked = {"action": {"kind": "priority", "priority": 1},
             "account_ids": ["00000000-0000-4000-8000-000000000000"]}  # fmt: skip
    told = post(api, api.org.manager, "/preview", asked)
    assert told["refused"][0]["reason"] == "not_seen"
    done = post(api, api.org.manager, "", asked, 201)
    assert (done["status"], done["changed"]) == ("done", 0)
