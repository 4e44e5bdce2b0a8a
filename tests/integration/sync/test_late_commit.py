"""Transactions that commit late: no row is lost, none comes twice, and nobody waits for them."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from uuid import UUID

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    WEST,
    add_account,
    add_territory,
    insert_account,
    insert_note,
    move_account,
    truth,
)
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone

_SLOW_SECONDS = 3.0


@pytest.fixture
def owner_url(test_database: TestDatabase, api: Api) -> str:
    """The database with a territory a rep."""
    add_territory(test_database.owner_url, api.org, "West", WEST, api.org.rep)
    add_territory(test_database.owner_url, api.org, "East", EAST, api.org.other_rep)
    return test_database.owner_url


@pytest.fixture
def slow(owner_url: str) -> Iterator[Connection]:
    """A connection whose transaction stays open until the test commits it."""
    with closing(psycopg2.connect(owner_url)) as connection:
        yield connection


def test_a_writer_open_for_three_seconds_is_not_missed_and_delays_nobody(
    api: Api, owner_url: str, slow: Connection
) -> None:
    phone = Phone(api, api.org.rep)
    phone.pull()
    with slow.cursor() as cursor:
        late = str(insert_account(cursor, api.org, "Late", *IN_WEST))
    others, opened_at = 0, time.monotonic()
    while time.monotonic() - opened_at < _SLOW_SECONDS:
        prompt = str(add_account(owner_url, api.org, f"Prompt {others}", *IN_WEST))
        others += 1
        phone.pull()
        assert prompt in phone.ids("account"), "a committed row waited for an open transaction"
        assert late not in phone.ids("account")
    slow.commit()
    phone.pull()
    assert late in phone.ids("account")
    assert len(phone.ids("account")) == others + 1
    assert phone.versions() == truth(owner_url, api.org.rep)
    assert set(phone.received.values()) == {1}, "a row came down twice"


def test_a_late_change_of_a_known_row_arrives_after_newer_ones(
    api: Api, owner_url: str, slow: Connection
) -> None:
    known = add_account(owner_url, api.org, "Known", *IN_WEST)
    phone = Phone(api, api.org.rep)
    phone.pull()
    with slow.cursor() as cursor:
        cursor.execute("UPDATE account SET name = 'Renamed' WHERE id = %s", (known,))
        note = str(insert_note(cursor, api.org, known))
    newer = add_account(owner_url, api.org, "Newer", *IN_WEST)
    phone.pull()
    assert phone.rows["account", str(known)]["name"] == "Known"
    assert str(newer) in phone.ids("account")
    slow.commit()
    phone.pull()
    assert phone.rows["account", str(known)]["name"] == "Renamed"
    assert phone.ids("note") == {note}


def test_a_commit_between_two_pages_arrives_with_the_same_pull(
    api: Api, owner_url: str, slow: Connection
) -> None:
    for number in range(4):
        add_account(owner_url, api.org, f"Shop {number}", *IN_WEST)
    phone = Phone(api, api.org.rep)
    with slow.cursor() as cursor:
        late = str(insert_account(cursor, api.org, "Late", *IN_WEST))
    staged = [phone.pull_page(limit=1)]
    slow.commit()
    phone.finish(staged, limit=1)
    assert late in phone.ids("account")
    assert phone.versions() == truth(owner_url, api.org.rep)


def test_a_slow_writer_that_gives_up_leaves_no_trace(
    api: Api, owner_url: str, slow: Connection
) -> None:
    known = add_account(owner_url, api.org, "Known", *IN_WEST)
    phone = Phone(api, api.org.rep)
    phone.pull()
    with slow.cursor() as cursor:
        move_account(cursor, known, *IN_EAST)
        insert_account(cursor, api.org, "Never", *IN_WEST)
    phone.pull()
    slow.rollback()
    phone.pull()
    assert phone.versions() == truth(owner_url, api.org.rep)
    assert set(phone.received.values()) == {1}


class _Writer:
    """Somebody who opens transactions, works in accounts of their own, and ends as it comes."""

    def __init__(self, connection: Connection, org: Org, rng: random.Random) -> None:
        self.connection = connection
        self.org = org
        self.rng = rng
        self.mine: list[UUID] = []
        self.fresh: list[UUID] = []

    def step(self) -> None:
        """Do one thing inside the open transaction, some of it in a savepoint that is undone."""
        with self.connection.cursor() as cursor:
            is_undone = self.rng.random() < 0.2
            cursor.execute("SAVEPOINT step")
            made = self._write(cursor)
            cursor.execute("ROLLBACK TO step" if is_undone else "RELEASE step")
        if made is not None and not is_undone:
            self.fresh.append(made)

    def _write(self, cursor: psycopg2.extensions.cursor) -> UUID | None:
        place = self.rng.choice([IN_WEST, IN_EAST])
        known = self.mine + self.fresh
        if not known or self.rng.random() < 0.3:
            return insert_account(cursor, self.org, "Shop", *place)
        account = self.rng.choice(known)
        match self.rng.randrange(4):
            case 0:
                move_account(cursor, account, *place)
            case 1:
                insert_note(cursor, self.org, account)
            case 2:
                cursor.execute("UPDATE account SET priority = 3 WHERE id = %s", (account,))
            case _:
                cursor.execute("UPDATE account SET deleted_at = now() WHERE id = %s", (account,))
        return None

    def end(self) -> None:
        """Commit, or now and then give up."""
        if self.rng.random() < 0.3:
            self.connection.rollback()
        else:
            self.connection.commit()
            self.mine += self.fresh
        self.fresh = []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_slow_writers_end_in_what_the_data_says(api: Api, owner_url: str, seed: int) -> None:
    rng = random.Random(seed)
    phones = [Phone(api, api.org.rep), Phone(api, api.org.other_rep)]
    with ExitStack() as stack:
        writers = [
            _Writer(stack.enter_context(closing(psycopg2.connect(owner_url))), api.org, rng)
            for _ in range(4)
        ]
        for _ in range(120):
            writer = rng.choice(writers)
            writer.step()
            if rng.random() < 0.25:
                writer.end()
            if rng.random() < 0.25:
                rng.choice(phones).pull(limit=rng.choice([1, 3, 1000]))
        for phone in phones:
            # Others are still open: what they have not committed is nobody's yet.
            phone.pull(limit=3)
            assert phone.versions() == truth(owner_url, phone.actor)
        for writer in writers:
            writer.end()
    for phone in phones:
        phone.pull(limit=2)
        assert phone.versions() == truth(owner_url, phone.actor)


def test_writers_in_threads_lose_nothing_while_phones_pull(api: Api, owner_url: str) -> None:
    def work(seed: int) -> None:
        with closing(psycopg2.connect(owner_url)) as connection:
            writer = _Writer(connection, api.org, random.Random(seed))
            for step in range(40):
                writer.step()
                if step % 3 == 2:
                    writer.end()
            connection.commit()

    phones = [Phone(api, api.org.rep), Phone(api, api.org.other_rep)]
    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for phone in phones:
            phone.pull(limit=7)
    for phone in phones:
        phone.pull()
        assert phone.versions() == truth(owner_url, phone.actor)
        assert phone.rows
