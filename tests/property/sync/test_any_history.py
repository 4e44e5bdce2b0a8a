"""Whatever happens in whatever order: what a phone commits is what the data says at that moment."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import UUID

import httpx
import psycopg2
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.identity.actor import Actor
from backend.ids import new_id
from backend.sync.protocol.messages import PullResponse
from tests.support.comparing import Comparison, ask_pull, checks_of
from tests.support.databases import TestDatabase
from tests.support.ground import (
    EAST,
    IN_EAST,
    IN_WEST,
    NOWHERE,
    WEST,
    add_account,
    add_territory,
    assign,
    insert_account,
    insert_note,
    move_account,
    truth,
)
from tests.support.http import Api
from tests.support.people import Org, make_org
from tests.support.phone import Phone

_PLACES = st.sampled_from([IN_WEST, IN_EAST, NOWHERE])
_NUMBERS = st.integers(0, 5)
_SIDES = st.sampled_from([0, 1])
_STEPS = st.one_of(
    # Reading comes first: of all steps it is the one that can go wrong.
    st.tuples(st.just("page"), _SIDES, st.sampled_from([1, 2, 5, 100])),
    st.tuples(st.just("page"), _SIDES, st.sampled_from([1, 2, 5, 100])),
    st.tuples(st.just("forget_pages"), _SIDES),
    st.tuples(st.just("compare"), _SIDES, st.sampled_from([1, 3, 100]), st.sampled_from([1, 4])),
    st.tuples(st.just("spoil"), _SIDES, _NUMBERS, st.sampled_from(["lost", "old", "ghost"])),
    st.tuples(st.just("purge")),
    st.tuples(st.just("add"), _PLACES),
    st.tuples(st.just("move"), _NUMBERS, _PLACES),
    st.tuples(st.just("place_by_hand"), _NUMBERS, _SIDES),
    st.tuples(st.just("place_by_location"), _NUMBERS),
    st.tuples(st.just("own"), _NUMBERS, _SIDES),
    st.tuples(st.just("delete"), _NUMBERS, st.booleans()),
    st.tuples(st.just("note"), _NUMBERS),
    st.tuples(st.just("contact"), _NUMBERS),
    st.tuples(st.just("edit"), _NUMBERS),
    st.tuples(st.just("hold"), _SIDES, _SIDES),
    st.tuples(st.just("let_go"), _SIDES, _SIDES),
    st.tuples(st.just("put_below"), st.booleans()),
    st.tuples(st.just("write_slowly"), _PLACES),
    st.tuples(st.just("end_slowly"), st.booleans()),
)
_MAX_PAGES = 500


class World:
    """An organisation with two territories, two reps and their phones, and a slow writer."""

    def __init__(self, url: str, api: Api, slow: Connection) -> None:
        self.url = url
        self.slow = slow
        self.org: Org = make_org(url)
        self.reps: list[Actor] = [self.org.rep, self.org.other_rep]
        self.phones = [Phone(api, rep) for rep in self.reps]
        self.staged: list[list[PullResponse]] = [[], []]
        self.comparisons: list[Comparison | None] = [None, None]
        self.is_wrong = [False, False]
        """Whether a phone holds the wrong things, and knows it: it has to compare."""
        self.commits = [0, 0]
        self.territories = [
            add_territory(url, self.org, "West", WEST, self.reps[0]),
            add_territory(url, self.org, "East", EAST, self.reps[1]),
        ]
        self.accounts = [add_account(url, self.org, "Shop", *IN_WEST) for _ in range(3)]

    def do(self, name: str, *parts: object) -> None:
        """Carry out a step by its name."""
        getattr(self, name)(*parts)

    def page(self, side: int, limit: int) -> None:
        """Fetch one page; with the last, commit and compare with the data of this moment."""
        staged = self.staged[side]
        if self.comparisons[side] or (self.is_wrong[side] and not staged):
            self.compare(side, limit, limit)
            return
        token = staged[-1].token if staged else None
        answer = ask_pull(self.phones[side], token=token, limit=limit, check=True)
        if self._is_refused(side, answer, is_on_its_way=token is not None):
            return
        staged.append(self.phones[side].read_page(answer))
        self._commit_when_done(side)

    def compare(self, side: int, limit: int, portion: int) -> None:
        """Send one page of a manifest; what it brings is committed like pages of a pull."""
        phone = self.phones[side]
        if phone.cursor is None:
            return
        comparison = self.comparisons[side]
        if comparison is None:
            self.forget_pages(side)
            comparison = self.comparisons[side] = Comparison(phone, limit=limit, portion=portion)
        is_on_its_way = bool(comparison.staged)
        if self._is_refused(side, comparison.step(), is_on_its_way=is_on_its_way):
            return
        if comparison.is_through:
            self.staged[side], self.comparisons[side] = comparison.staged, None
            self._commit_when_done(side)

    def _is_refused(self, side: int, answer: httpx.Response, *, is_on_its_way: bool) -> bool:
        if answer.status_code == 200:
            return False
        code = answer.json()["code"]
        assert (answer.status_code, code) in {(409, "scope_changed"), (410, "cursor_expired")}
        assert is_on_its_way or code == "cursor_expired"
        if code == "cursor_expired" and self.phones[side].cursor is not None:
            self.is_wrong[side] = True
        self.forget_pages(side)
        return True

    def _commit_when_done(self, side: int) -> None:
        phone, staged = self.phones[side], self.staged[side]
        if staged[-1].state != "done":
            return
        phone.finish(staged)
        expected = truth(self.url, phone.actor)
        assert phone.versions() == expected
        if staged[-1].check is not None:
            assert staged[-1].check == checks_of(phone)
        self.commits[side] += 1
        self.is_wrong[side] = False
        staged.clear()

    def forget_pages(self, side: int) -> None:
        """The phone is switched off in the middle of a pull or a comparison."""
        self.comparisons[side] = None
        self.staged[side] = []

    def settle(self, side: int) -> None:
        """Fetch pages until the phone commits."""
        self.forget_pages(side)
        before, pages = self.commits[side], 0
        while self.commits[side] == before:
            self.page(side, 3)
            pages += 1
            assert pages < _MAX_PAGES, "the phone never gets through"

    def spoil(self, side: int, number: int, how: str) -> None:
        """A phone's storage is damaged, and it finds out."""
        phone = self.phones[side]
        if phone.cursor is None:
            return
        self.forget_pages(side)
        self.is_wrong[side] = True
        keys = sorted(phone.rows)
        if how == "ghost" or not keys:
            phone.rows["account", str(new_id())] = {"rv": 1}
        elif how == "lost":
            del phone.rows[keys[number % len(keys)]]
        else:
            phone.rows[keys[number % len(keys)]]["rv"] -= 1

    def purge(self) -> None:
        """All tombstones are old, and the daily job purges them."""
        self._run("UPDATE sync_row SET changed_at = '2020-01-01' WHERE removed")
        self._run("SELECT sync_purge(now() - interval '90 days')")

    def add(self, place: tuple[float, float]) -> None:
        self.accounts.append(add_account(self.url, self.org, "Shop", *place))

    def move(self, number: int, place: tuple[float, float]) -> None:
        with self._writing() as cursor:
            move_account(cursor, self._account(number), *place)

    def place_by_hand(self, number: int, side: int) -> None:
        self._run(
            "UPDATE account SET territory_id = %s, territory_is_manual = true WHERE id = %s",
            self.territories[side],
            self._account(number),
        )

    def place_by_location(self, number: int) -> None:
        self._run(
            "UPDATE account SET territory_is_manual = false WHERE id = %s", self._account(number)
        )

    def own(self, number: int, side: int) -> None:
        self._run(
            "UPDATE account SET owner_id = %s WHERE id = %s",
            self.reps[side].user_id,
            self._account(number),
        )

    def delete(self, number: int, is_deleted: bool) -> None:  # noqa: FBT001  # drawn with the step
        self._run(
            "UPDATE account SET deleted_at = CASE WHEN %s THEN now() END WHERE id = %s",
            is_deleted,
            self._account(number),
        )

    def note(self, number: int) -> None:
        with self._writing() as cursor:
            insert_note(cursor, self.org, self._account(number))

    def contact(self, number: int) -> None:
        self._run(
            "INSERT INTO contact (org_id, id, account_id, full_name) VALUES (%s, %s, %s, 'Lan')",
            self.org.id,
            new_id(),
            self._account(number),
        )

    def edit(self, number: int) -> None:
        """Change every contact of an account, or delete those that were changed before."""
        self._run(
            "UPDATE contact SET job_title = 'Chủ',"
            " deleted_at = CASE WHEN job_title IS NOT NULL THEN now() END WHERE account_id = %s",
            self._account(number),
        )

    def hold(self, side: int, rep: int) -> None:
        self.let_go(side, rep)
        with self._writing() as cursor:
            assign(cursor, self.org, self.territories[side], self.reps[rep])

    def let_go(self, side: int, rep: int) -> None:
        self._run(
            "DELETE FROM territory_assignment WHERE territory_id = %s AND user_id = %s",
            self.territories[side],
            self.reps[rep].user_id,
        )

    def put_below(self, is_below: bool) -> None:  # noqa: FBT001  # drawn with the step
        self._run(
            "UPDATE territory SET parent_id = %s WHERE id = %s",
            self.territories[1] if is_below else None,
            self.territories[0],
        )

    def write_slowly(self, place: tuple[float, float]) -> None:
        """Write in a transaction that stays open over other steps, in records of its own."""
        with self.slow.cursor() as cursor:
            account = insert_account(cursor, self.org, "Slow", *place)
            insert_note(cursor, self.org, account)

    def end_slowly(self, is_committed: bool) -> None:  # noqa: FBT001  # drawn with the step
        if is_committed:
            self.slow.commit()
        else:
            self.slow.rollback()

    def _account(self, number: int) -> UUID:
        return self.accounts[number % len(self.accounts)]

    def _run(self, statement: str, *values: object) -> None:
        with self._writing() as cursor:
            cursor.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[Cursor]:
        with (
            closing(psycopg2.connect(self.url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor


# One database serves all histories: each has an organisation of its own in it.
@settings(max_examples=12, deadline=None)
@given(st.lists(_STEPS, min_size=15, max_size=45))
def test_a_phone_holds_what_the_data_says_whenever_it_commits(
    api: Api, test_database: TestDatabase, steps: list[tuple[str, ...]]
) -> None:
    with closing(psycopg2.connect(test_database.owner_url)) as slow:
        world = World(test_database.owner_url, api, slow)
        for step in steps:
            world.do(*step)
        slow.commit()
        for side in range(len(world.phones)):
            world.settle(side)
