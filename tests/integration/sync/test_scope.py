"""What a person may see moves: it leaves one phone and arrives on the other, with all it holds."""

from collections.abc import Callable
from contextlib import closing
from threading import Thread

import psycopg2
import pytest

from tests.integration.sync.conftest import Town
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    NOWHERE,
    WEST,
    add_account,
    assign,
    insert_note,
    move_account,
    truth,
    wait_for_waiters,
)
from tests.support.http import Api
from tests.support.phone import Phone


def _by_location(town: Town) -> None:
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        move_account(cur, town.shop, *IN_EAST)


def _by_hand(town: Town) -> None:
    town.run(
        "UPDATE account SET territory_id = %s, territory_is_manual = true WHERE id = %s",
        town.east,
        town.shop,
    )


def _by_area(town: Town) -> None:
    """The western area gives up the shop's half, and the eastern one takes it."""
    middle = IN_WEST[0] - 0.005
    west, east = [WEST[0], WEST[1], middle, WEST[3]], [middle, EAST[1], EAST[2], EAST[3]]
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        cur.execute("SELECT set_config('app.org_id', %s, true)", (str(town.org.id),))
        for territory, box in ((town.west, west), (town.east, east)):
            cur.execute(
                "UPDATE territory SET area = ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326))"
                " WHERE id = %s",
                (*box, territory),
            )
        cur.execute(
            "SELECT territory_place_accounts(%s, ARRAY[%s, %s]::uuid[])",
            (town.org.id, town.west, town.east),
        )


def _by_people(town: Town) -> None:
    """The two reps change places."""
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        cur.execute("DELETE FROM territory_assignment WHERE org_id = %s", (town.org.id,))
        assign(cur, town.org, town.west, town.org.other_rep)
        assign(cur, town.org, town.east, town.org.rep)


MOVES: dict[str, Callable[[Town], None]] = {
    "by_location": _by_location,
    "by_hand": _by_hand,
    "by_area": _by_area,
    "by_people": _by_people,
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_moved_account_leaves_one_phone_and_arrives_on_the_other_with_its_children(
    town: Town, move: Callable[[Town], None]
) -> None:
    move(town)
    town.pull(limit=2)
    assert town.holder() == "east"


def test_an_account_that_comes_back_arrives_whole_again(town: Town) -> None:
    _by_hand(town)
    town.west_phone.pull()
    town.run("UPDATE account SET territory_is_manual = false WHERE id = %s", town.shop)
    town.pull()
    assert town.holder() == "west"


def test_there_and_back_between_two_pulls_changes_nothing(town: Town) -> None:
    _by_hand(town)
    town.run("UPDATE account SET territory_is_manual = false WHERE id = %s", town.shop)
    town.pull()
    assert town.holder() == "west"
    assert not town.east_phone.received.keys() & {
        (*key, rv) for key in town.family for rv in range(9)
    }


def test_an_account_outside_every_territory_is_nobodys(town: Town) -> None:
    town.run(
        "UPDATE account SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s",
        *NOWHERE,
        town.shop,
    )
    town.pull()
    assert town.holder() == "nobody"


def test_an_account_outside_every_territory_stays_with_its_owner(town: Town) -> None:
    town.run(
        "UPDATE account SET owner_id = %s, territory_id = NULL, territory_is_manual = true"
        " WHERE id = %s",
        town.org.other_rep.user_id,
        town.shop,
    )
    town.pull()
    assert town.holder() == "east"
    town.run("UPDATE account SET owner_id = %s WHERE id = %s", town.org.rep.user_id, town.shop)
    town.pull()
    assert town.holder() == "west"


def test_a_deleted_account_leaves_with_its_children(town: Town) -> None:
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", town.shop)
    town.pull()
    assert town.holder() == "nobody"


def test_a_territory_that_ends_takes_its_accounts_away(town: Town) -> None:
    town.run("UPDATE territory SET deleted_at = now() WHERE id = %s", town.west)
    town.pull()
    assert town.holder() == "nobody"


def test_a_rep_without_any_territory_left_holds_nothing(town: Town) -> None:
    town.run("DELETE FROM territory_assignment WHERE territory_id = %s", town.west)
    town.pull(limit=1)
    assert town.west_phone.rows == {}


def test_who_holds_the_parent_holds_what_is_below_it(town: Town, api: Api) -> None:
    town.run("UPDATE territory SET parent_id = %s WHERE id = %s", town.east, town.west)
    town.pull()
    phone = Phone(api, town.org.other_rep)
    phone.pull()
    assert town.family <= set(phone.rows)


def test_drops_name_only_what_the_phone_held(town: Town) -> None:
    """Nobody learns the ids of records that they never saw."""
    foreign = add_account(town.url, town.org, "Foreign", *IN_EAST)
    town.run("UPDATE account SET deleted_at = now() WHERE id = %s", foreign)
    _by_hand(town)
    page = town.west_phone.pull_page()
    assert set(page.drop) == town.family


def test_an_account_that_moves_between_two_pages_ends_right(town: Town) -> None:
    for number in range(6):
        add_account(town.url, town.org, f"Shop {number}", *IN_WEST)
    staged = [town.west_phone.pull_page(limit=2)]
    _by_location(town)
    staged.append(town.west_phone.pull_page(token=staged[-1].token, limit=2))
    with closing(psycopg2.connect(town.url)) as connection, connection, connection.cursor() as cur:
        move_account(cur, town.shop, *IN_WEST)
        insert_note(cur, town.org, town.shop)
    staged.append(town.west_phone.pull_page(token=staged[-1].token, limit=2))
    _by_hand(town)
    town.west_phone.finish(staged, limit=2)
    assert town.west_phone.versions() == truth(town.url, town.org.rep)


def test_people_who_change_places_between_two_pages_start_over(town: Town) -> None:
    for number in range(4):
        add_account(town.url, town.org, f"Shop {number}", *IN_WEST)
    page = town.west_phone.pull_page(limit=1)
    _by_people(town)
    answer = town.west_phone.ask_page(token=page.token, limit=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "scope_changed")
    town.pull(limit=1)
    assert town.holder() == "east"


def test_a_manager_who_becomes_a_rep_keeps_nothing_of_the_rest(town: Town, api: Api) -> None:
    """Another role may read other things: all is sent anew, and what is out of sight goes."""
    _give_role(town, api, "manager")
    phone = Phone(api, town.org.rep)
    phone.pull(limit=3)
    assert len(phone.ids("account")) == 3
    _give_role(town, api, "rep")
    phone.received.clear()
    staged = [phone.pull_page(limit=3)]
    add_account(town.url, town.org, "New in the west", *IN_WEST)
    phone.finish(staged, limit=3)
    assert phone.versions() == truth(town.url, town.org.rep)
    assert {(table, row_id) for table, row_id, _ in phone.received} == set(phone.rows)


def test_a_role_that_changes_between_two_pages_starts_the_pull_over(town: Town, api: Api) -> None:
    _give_role(town, api, "manager")
    phone = Phone(api, town.org.rep)
    page = phone.pull_page(limit=1)
    _give_role(town, api, "rep")
    answer = phone.ask_page(token=page.token, limit=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "scope_changed")


def _give_role(town: Town, api: Api, role: str) -> None:
    town.run("UPDATE app_user SET role = %s WHERE id = %s", role, town.org.rep.user_id)
    api.client.app.state.desk.standings.forget_user(town.org.id, town.org.rep.user_id)


def test_a_child_that_is_written_while_its_account_moves_goes_along(town: Town) -> None:
    """The move is first: the child waits for it."""
    with closing(psycopg2.connect(town.url)) as mover, closing(psycopg2.connect(town.url)) as child:
        with mover.cursor() as cursor:
            move_account(cursor, town.shop, *IN_EAST)
        writing = Thread(target=_commit_note, args=(town, child))
        writing.start()
        wait_for_waiters(town.url, 1)
        mover.commit()
        writing.join()
    _check_note_moved(town)


def test_an_account_that_moves_while_a_child_is_written_takes_it_along(town: Town) -> None:
    """The child is first: the move waits for it."""
    with closing(psycopg2.connect(town.url)) as mover, closing(psycopg2.connect(town.url)) as child:
        with child.cursor() as cursor:
            insert_note(cursor, town.org, town.shop)
        moving = Thread(target=_commit_move, args=(town, mover))
        moving.start()
        wait_for_waiters(town.url, 1)
        child.commit()
        moving.join()
    _check_note_moved(town)


def _commit_note(town: Town, connection: psycopg2.extensions.connection) -> None:
    with connection, connection.cursor() as cursor:
        insert_note(cursor, town.org, town.shop)


def _commit_move(town: Town, connection: psycopg2.extensions.connection) -> None:
    with connection, connection.cursor() as cursor:
        move_account(cursor, town.shop, *IN_EAST)


def _check_note_moved(town: Town) -> None:
    town.pull()
    assert town.holder() == "east"
    assert len(town.east_phone.ids("note")) == 2
    assert town.west_phone.ids("note") == set()
