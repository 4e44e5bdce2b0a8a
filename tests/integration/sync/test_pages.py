"""What stands on a page: each record once, compressed as the client likes it."""

import gzip
from collections.abc import Callable
from contextlib import closing

import msgspec
import psycopg2
import pytest
import zstandard

from backend.sync.protocol.messages import PullResponse
from tests.integration.sync.conftest import Town
from tests.support.comparing import ask_pull
from tests.support.ground import IN_EAST, IN_WEST, add_account, assign, move_account, truth
from tests.support.phone import Phone


def test_a_record_that_left_and_came_back_within_a_page_is_not_dropped(town: Town) -> None:
    """The way to the first snapshot loses it, the way on from there gains it: one page has both."""
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        assign(cur, town.org, town.east, town.org.rep)
    phone = town.west_phone
    phone.pull()
    town.run("UPDATE territory SET color = '#00ff00' WHERE id IN (%s, %s)", town.west, town.east)
    town.run("UPDATE account SET name = name || '!' WHERE org_id = %s", town.org.id)
    staged = [phone.pull_page(limit=1)]
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        for shop in sorted(phone.ids("account")):
            move_account(cur, shop, *IN_EAST)  # type: ignore[arg-type]
    phone.finish(staged)
    assert phone.versions() == truth(town.url, town.org.rep)


def test_a_page_names_a_record_once(town: Town) -> None:
    add_account(town.url, town.org, "One more", *IN_WEST)
    phone = Phone(town.west_phone.api, town.org.rep)
    first = phone.pull_page(limit=2)
    town.run("UPDATE account SET name = name || '!' WHERE org_id = %s", town.org.id)
    second = phone.pull_page(token=first.token)
    assert second.state == "done"
    rows = [msgspec.json.decode(row)[:2] for row in second.rows]
    assert len({tuple(row) for row in rows}) == len(rows)
    phone.finish([first, second])
    assert phone.versions() == truth(town.url, town.org.rep)


_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstandard.decompress,
    "gzip": gzip.decompress,
    "": bytes,
}


@pytest.mark.parametrize("coding", _UNPACK)
def test_a_page_is_compressed_once_as_the_client_likes_it(town: Town, coding: str) -> None:
    phone = Phone(town.west_phone.api, town.org.manager)
    with phone.api.client.stream(
        "POST",
        "/v1/sync/pull",
        headers={**phone.api.as_(phone.actor), "Accept-Encoding": coding},
        content=msgspec.json.encode({"device_id": str(phone.actor.device_id)}),
    ) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("Content-Encoding", "") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    page = msgspec.json.decode(_UNPACK[coding](body), type=PullResponse)
    phone.finish([page])
    assert len(phone.ids("account")) == 3


def test_a_filter_brings_its_tables_only_and_stays_with_the_cursor(town: Town) -> None:
    phone = Phone(town.west_phone.api, town.org.rep)
    page = phone.read_page(ask_pull(phone, tables=["visit", "contact"]))
    phone.finish([page])
    assert {table for table, _ in phone.rows} == {"contact", "visit"}
    town.run("UPDATE contact SET job_title = 'x' WHERE account_id = %s", town.shop)
    town.run("UPDATE account SET name = 'x' WHERE id = %s", town.shop)
    again = phone.read_page(ask_pull(phone, tables=["contact", "visit", "visit"]))
    assert [msgspec.json.decode(row)[0] for row in again.rows] == ["contact"]
    for other in ([], ["contact"], ["account", "contact", "visit"]):
        answer = ask_pull(phone, tables=other)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
    answer = ask_pull(phone, tables=["contact", "nonsense"])
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_table")


def test_a_filter_stays_with_the_page_token(town: Town) -> None:
    phone = Phone(town.west_phone.api, town.org.rep)
    tables = ["account", "media"]
    first = phone.read_page(ask_pull(phone, tables=tables, limit=1))
    refused = ask_pull(phone, token=first.token)
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor_invalid")
    second = phone.read_page(ask_pull(phone, token=first.token, tables=tables, limit=1000))
    phone.finish([first, second])
    assert {table for table, _ in phone.rows} == {"account", "media"}
    everything = truth(town.url, town.org.rep)
    assert phone.versions() == {key: rv for key, rv in everything.items() if key[0] in tables}
