"""Tombstones are purged in the end: cursors that would need them expire, all others stay good."""

from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.integration.sync.conftest import Town
from tests.support.comparing import Comparison, ask_manifest, ask_pull
from tests.support.ground import IN_EAST, IN_WEST, add_account, execute, truth, wait_for_waiters
from tests.support.http import Api
from tests.support.phone import Phone

_PURGE = "SELECT sync_purge(now() - interval '90 days')"
_EXPIRED = (410, "cursor_expired")


def age(town: Town) -> None:
    """Make all tombstones 100 days old."""
    town.run("UPDATE sync_row SET changed_at = changed_at - interval '100 days' WHERE removed")


def purge(town: Town) -> int:
    """Purge as the daily job does; return how many tombstones went."""
    ((count,),) = execute(town.url, _PURGE)
    assert isinstance(count, int)
    return count


def code_of(phone: Phone, **parts: object) -> tuple[int, str]:
    """Return how a pull from the phone's cursor is refused."""
    answer = ask_pull(phone, **parts)  # type: ignore[arg-type]
    return answer.status_code, answer.json().get("code", "")


def move_away(town: Town) -> None:
    """Move the shop from the west to the east."""
    move_to(town, IN_EAST)


def move_to(town: Town, place: tuple[float, float]) -> None:
    """Move the shop."""
    town.run(
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        *place,
        town.shop,
    )


@pytest.fixture
def other(town: Town) -> Iterator[Connection]:
    """A connection whose transaction stays open until the test ends it."""
    with closing(psycopg2.connect(town.url)) as connection:
        yield connection


def test_who_did_not_see_a_purged_removal_compares_and_loses_the_ghosts(town: Town) -> None:
    move_away(town)
    town.east_phone.pull()
    seen = town.east_phone.cursor
    age(town)
    assert purge(town) == len(town.family)
    assert code_of(town.west_phone) == _EXPIRED
    assert code_of(town.east_phone) == (200, ""), "that one had seen the removal"
    assert town.east_phone.cursor == seen
    assert town.family <= set(town.west_phone.rows)
    pages = Comparison(town.west_phone).finish()
    assert {key for page in pages for key in page.drop} == town.family
    assert not any(page.rows for page in pages), "what the phone had was sent again"
    town.pull()
    assert town.holder() == "east"


def test_a_purge_that_finds_nothing_expires_nobody(town: Town) -> None:
    move_away(town)
    assert purge(town) == 0, "young tombstones stay"
    town.pull()
    assert town.holder() == "east"


def test_a_cursor_that_has_seen_all_that_went_stays_good(town: Town) -> None:
    move_away(town)
    town.pull()
    age(town)
    assert purge(town)
    assert purge(town) == 0
    town.pull()
    move_to(town, IN_WEST)
    town.pull()
    assert town.holder() == "west"


def test_a_first_pull_on_its_way_expires_too(town: Town, api: Api) -> None:
    """Its first page named a record whose removal nobody remembers."""
    phone = Phone(api, town.org.rep)
    page = phone.pull_page(limit=1)
    assert len(page.rows) == 1
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", town.shop)
    age(town)
    assert purge(town)
    assert code_of(phone, token=page.token) == _EXPIRED
    phone.pull(limit=1)
    assert phone.versions() == truth(town.url, phone.actor)


def test_a_page_of_changes_expires_with_its_cursor(town: Town) -> None:
    for number in range(3):
        add_account(town.url, town.org, f"Shop {number}", *IN_WEST)
    page = town.west_phone.pull_page(limit=1)
    move_away(town)
    age(town)
    assert purge(town)
    assert code_of(town.west_phone, token=page.token) == _EXPIRED


def test_a_comparison_on_its_way_expires_and_starts_over(town: Town) -> None:
    step = Comparison(town.west_phone, limit=1, portion=1)
    step.step()
    move_away(town)
    age(town)
    assert purge(town)
    answer = step.step()
    assert (answer.status_code, answer.json()["code"]) == _EXPIRED
    assert ask_manifest(town.west_phone).status_code == 200
    Comparison(town.west_phone, limit=1, portion=1).finish()
    assert town.west_phone.versions() == truth(town.url, town.org.rep)


def test_a_purge_waits_for_a_return_and_then_leaves_it_alone(town: Town, other: Connection) -> None:
    """The record comes back while its tombstone is purged; the return is first."""
    move_away(town)
    town.pull()
    age(town)
    with other.cursor() as cursor:
        cursor.execute(
            "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
            (*IN_WEST, town.shop),
        )
    purging = Thread(target=purge, args=(town,))
    purging.start()
    wait_for_waiters(town.url, 1)
    other.commit()
    purging.join()
    town.pull()
    assert town.holder() == "west"


@pytest.mark.parametrize("has_seen_removal", [True, False])
def test_a_return_waits_for_the_purge_and_is_new_then(
    town: Town, other: Connection, *, has_seen_removal: bool
) -> None:
    """The record comes back while its tombstone is purged; the purge is first."""
    move_away(town)
    if has_seen_removal:
        town.pull()
    else:
        town.east_phone.pull()
    age(town)
    with other.cursor() as cursor:
        cursor.execute(_PURGE)
    returning = Thread(target=move_to, args=(town, IN_WEST))
    returning.start()
    wait_for_waiters(town.url, 1)
    other.commit()
    returning.join()
    if not has_seen_removal:
        assert code_of(town.west_phone) == _EXPIRED
        Comparison(town.west_phone, limit=2).finish()
    town.pull()
    assert town.holder() == "west"


def test_a_return_while_the_purge_rolls_back_loses_nothing(town: Town, other: Connection) -> None:
    move_away(town)
    town.east_phone.pull()
    age(town)
    with other.cursor() as cursor:
        cursor.execute(_PURGE)
    returning = Thread(target=move_to, args=(town, IN_WEST))
    returning.start()
    wait_for_waiters(town.url, 1)
    other.rollback()
    returning.join()
    town.pull()
    assert town.holder() == "west"


def test_a_cursor_made_while_an_old_writer_was_open_expires_rather_than_lose(
    town: Town, other: Connection
) -> None:
    """The writer's removal is older than the cursor, but the cursor had not seen it."""
    with other.cursor() as cursor:
        cursor.execute("UPDATE account SET deleted_at = now() WHERE id = %s", (town.shop,))
    town.west_phone.pull()
    assert town.holder() == "west"
    other.commit()
    age(town)
    assert purge(town) == len(town.family)
    assert code_of(town.west_phone) == _EXPIRED
    Comparison(town.west_phone).finish()
    assert town.holder() == "nobody"
