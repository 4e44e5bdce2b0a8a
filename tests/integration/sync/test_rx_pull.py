"""RxDB's pull: whatever happens between two pages, the collection ends as what is the person's."""

import json
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.ids import new_id
from backend.sync.protocol.tables import TABLES
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_children,
    add_territory,
    execute,
    truth,
)
from tests.support.http import Api
from tests.support.phone import Phone
from tests.support.rx import Collection


@pytest.fixture
def west(test_database: TestDatabase, api: Api) -> UUID:
    return add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)


@pytest.fixture
def east(test_database: TestDatabase, api: Api) -> UUID:
    return add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)


def _give(url: str, territory: UUID, api: Api, *, to_rep: bool) -> None:
    holder = api.org.rep if to_rep else api.org.other_rep
    execute(
        url,
        "UPDATE territory_assignment SET user_id = %s WHERE territory_id = %s",
        holder.user_id,
        territory,
    )


def _of(table: str, versions: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: rv for key, rv in versions.items() if key[0] == table}


def test_every_table_comes_whole_in_pages_of_any_size(
    api: Api, test_database: TestDatabase, west: UUID
) -> None:
    del west
    url = test_database.owner_url
    for number in range(5):
        add_children(url, api.org, add_account(url, api.org, f"S{number}", *IN_WEST))
    phone = Phone(api, api.org.rep)
    phone.pull()
    for table in TABLES:
        for batch in (1, 2, 5, 100):
            collection = Collection(api, api.org.rep, table)
            collection.pull(batch)
            assert collection.versions() == _of(table, phone.versions())
            for rid, held in collection.documents.items():
                plain = {name: one for name, one in held.items() if name not in {"id", "_deleted"}}
                assert plain == phone.rows[table, rid]


def test_a_change_a_delete_and_a_lost_record_come_with_the_next_pull(
    api: Api, test_database: TestDatabase, west: UUID, east: UUID
) -> None:
    del west, east
    url = test_database.owner_url
    kept, gone, moved = (add_account(url, api.org, name, *IN_WEST) for name in ("K", "G", "M"))
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull()
    assert len(accounts.documents) == 3
    execute(url, "UPDATE account SET name = 'K2' WHERE id = %s", kept)
    execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", gone)
    execute(
        url,
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        *IN_EAST,
        moved,
    )
    accounts.pull(batch=2)
    assert {one["name"] for one in accounts.documents.values()} == {"K2"}
    assert accounts.pull_page() == 0


def test_a_territory_lost_between_two_pages_leaves_nothing_behind(
    api: Api, test_database: TestDatabase, west: UUID, east: UUID
) -> None:
    del west
    url = test_database.owner_url
    _give(url, east, api, to_rep=True)
    for number in range(4):
        add_account(url, api.org, f"W{number}", *IN_WEST)
        add_account(url, api.org, f"E{number}", *IN_EAST)
    accounts = Collection(api, api.org.rep, "account")
    for _ in range(5):
        assert accounts.pull_page(1) == 1
    assert any(one["name"].startswith("E") for one in accounts.documents.values())
    _give(url, east, api, to_rep=False)
    accounts.pull(1)
    assert sorted(one["name"] for one in accounts.documents.values()) == ["W0", "W1", "W2", "W3"]


def test_a_territory_lost_and_regained_between_two_pages_comes_whole(
    api: Api, test_database: TestDatabase, west: UUID, east: UUID
) -> None:
    del west
    url = test_database.owner_url
    _give(url, east, api, to_rep=True)
    for number in range(6):
        add_account(url, api.org, f"W{number}", *IN_WEST)
        add_account(url, api.org, f"E{number}", *IN_EAST)
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull_page(2)
    _give(url, east, api, to_rep=False)
    for _ in range(3):
        accounts.pull_page(2)
    _give(url, east, api, to_rep=True)
    accounts.pull(2)
    assert accounts.versions() == _of("account", truth(url, api.org.rep))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_between_pages_the_end_is_the_truth(
    api: Api, test_database: TestDatabase, west: UUID, east: UUID, seed: int
) -> None:
    url, dice = test_database.owner_url, random.Random(seed)
    shops = [add_account(url, api.org, "S", *dice.choice((IN_WEST, IN_EAST))) for _ in range(8)]
    collections = [Collection(api, api.org.rep, table) for table in ("account", "contact")]
    for _ in range(60):
        shop = dice.choice(shops)
        match dice.randrange(8):
            case 0:
                point = dice.choice((IN_WEST, IN_EAST))
                execute(
                    url,
                    "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326)"
                    " WHERE id = %s",
                    *point,
                    shop,
                )
            case 1:
                _give(url, dice.choice((west, east)), api, to_rep=dice.random() < 0.6)
            case 2:
                shops.append(add_account(url, api.org, "N", *dice.choice((IN_WEST, IN_EAST))))
            case 3:
                execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", shop)
            case 4:
                execute(
                    url,
                    "INSERT INTO contact (org_id, account_id, id, full_name)"
                    " VALUES (%s, %s, %s, 'Lan')",
                    api.org.id,
                    shop,
                    new_id(),
                )
            case _:
                dice.choice(collections).pull_page(dice.choice((1, 1, 2, 3)))
    held = truth(url, api.org.rep)
    for one in collections:
        one.pull(dice.choice((1, 2, 50)))
        assert one.versions() == _of(one.table, held)


def test_a_checkpoint_is_good_for_its_own_collection_and_device_only(
    api: Api, test_database: TestDatabase, west: UUID
) -> None:
    del west
    add_account(test_database.owner_url, api.org, "S", *IN_WEST)
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull()
    strangers = [
        Collection(api, api.org.rep, "contact"),
        Collection(api, api.org.other_rep, "account"),
    ]
    for stranger in strangers:
        stranger.checkpoint = accounts.checkpoint
        answer = stranger.ask_page()
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
    assert accounts.checkpoint is not None
    accounts.checkpoint["place"] = accounts.checkpoint["place"][::-1]
    assert accounts.ask_page().json()["code"] == "cursor_invalid"


def test_a_restored_database_and_an_expired_checkpoint_are_410(
    api: Api, test_database: TestDatabase, west: UUID
) -> None:
    del west
    url = test_database.owner_url
    shop = add_account(url, api.org, "S", *IN_WEST)
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull()
    execute(url, "UPDATE account SET deleted_at = now() WHERE id = %s", shop)
    execute(url, "SELECT sync_purge(now() + interval '1 day')")
    answer = accounts.ask_page()
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    execute(url, "UPDATE sync_epoch SET epoch = gen_random_uuid()")
    answer = accounts.ask_page()
    assert (answer.status_code, answer.json()["code"]) == (410, "epoch_changed")


def test_an_idle_collection_gets_a_fresh_checkpoint_before_its_own_expires(
    api: Api, test_database: TestDatabase, west: UUID
) -> None:
    del west
    add_account(test_database.owner_url, api.org, "S", *IN_WEST)
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull()
    assert accounts.checkpoint is not None
    before = accounts.checkpoint["place"]
    execute(test_database.owner_url, "UPDATE organisation SET name = name")
    accounts.checkpoint["at"] = (datetime.now(UTC) - timedelta(days=8)).isoformat()
    assert accounts.pull_page() == 1
    assert len(accounts.documents) == 1
    assert accounts.checkpoint["place"] != before
    assert accounts.pull_page() == 0


def test_a_pull_by_get_gives_the_same(api: Api, test_database: TestDatabase, west: UUID) -> None:
    del west
    for name in ("A", "B"):
        add_account(test_database.owner_url, api.org, name, *IN_WEST)
    headers = api.as_(api.org.rep)
    first = api.client.get("/v1/rx/account/pull?batchSize=1", headers=headers).json()
    asked = {"checkpoint": json.dumps(first["checkpoint"])}
    rest = api.client.get("/v1/rx/account/pull", params=asked, headers=headers).json()
    accounts = Collection(api, api.org.rep, "account")
    accounts.pull()
    assert [*first["documents"], *rest["documents"]] == list(accounts.documents.values())


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/rx/nothing/pull", 404, "not_found"),
        ("/v1/rx/account/pull?checkpoint=x", 422, "malformed"),
        ("/v1/rx/account/pull?batchSize=0", 422, "malformed"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(
    api: Api, path: str, status: int, code: str
) -> None:
    answer = api.client.get(path, headers=api.as_(api.org.rep))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_schema_names_every_field_of_its_table(api: Api) -> None:
    found = api.client.get("/v1/rx/schema", headers=api.as_(api.org.rep)).json()
    assert list(found["tables"]) == list(TABLES)
    for name, schema in found["tables"].items():
        assert schema["version"] == found["version"]
        assert set(schema["properties"]) == {"id", "rv", *TABLES[name].columns}
