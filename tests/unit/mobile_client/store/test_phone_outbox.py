"""The queue: order, holds, put-offs, undo and what is kept of it."""

from datetime import timedelta

from backend.sync.protocol.messages import MutationResult, Op, Status
from mobile_client.store.database import Database
from mobile_client.store.outbox import (
    HOLD_SECONDS,
    KEEP_SECONDS,
    Stamp,
    Wish,
    enqueue,
    mark_sending,
    mark_unsent,
    next_due_at,
    purge_sent,
    put_off,
    take_back,
    waiting_units,
)
from mobile_client.store.settling import settle
from tests.support.phones import MORNING
from tests.support.pulled_pages import uid

NOW_S = MORNING.timestamp()


def queue_note(database: Database, stamp: Stamp, rid: str, *, is_held: bool = False) -> str:
    wish = Wish(Op.CREATE, "note", rid, set={"account_id": uid("a1"), "body": rid})
    with database.writing() as db:
        return enqueue(db, stamp, [wish], account_id=uid("a1"), is_held=is_held)


def test_units_keep_their_order_and_their_members(database: Database, stamp: Stamp) -> None:
    first, second, third, last = (uid(f"n{number}") for number in range(1, 5))
    queue_note(database, stamp, first)
    pair = [Wish(Op.CREATE, "note", rid, set={"account_id": uid("a1")}) for rid in (second, third)]
    with database.writing() as db:
        group = enqueue(db, stamp, pair, account_id=uid("a1"))
    queue_note(database, stamp, last)
    with database.reading() as db:
        units = list(waiting_units(db, "anna"))
    found = [[one.rid for one in unit.mutations] for unit in units]
    assert found == [[first], [second, third], [last]]
    assert {one.group for one in units[1].mutations} == {group}
    assert units[0].mutations[0].group is None
    numbers = [one.seq for unit in units for one in unit.mutations]
    assert numbers == sorted(set(numbers))


def test_held_unit_is_due_after_eight_seconds_and_when_the_clock_was_set_back(
    database: Database, stamp: Stamp
) -> None:
    queue_note(database, stamp, uid("n1"), is_held=True)
    with database.reading() as db:
        (unit,) = waiting_units(db, "anna")
    assert not unit.is_due(NOW_S)
    assert unit.is_due(NOW_S + HOLD_SECONDS)
    assert unit.is_due(NOW_S - 3600)


def test_next_due_moment_skips_what_waits_behind_an_earlier_edit(
    database: Database, stamp: Stamp
) -> None:
    first = queue_note(database, stamp, uid("n1"))
    queue_note(database, stamp, uid("n1"))
    with database.writing() as db:
        assert next_due_at(db, "anna") == 0.0
        put_off(db, first, NOW_S + 60, "busy")
        assert next_due_at(db, "anna") == NOW_S + 60
        assert next_due_at(db, "somebody else") is None


def test_undo_ends_with_the_first_send_that_may_have_arrived(
    database: Database, stamp: Stamp
) -> None:
    unit_key = queue_note(database, stamp, uid("n1"))
    with database.writing() as db:
        units = list(waiting_units(db, "anna"))
        mark_sending(db, units)
        assert not take_back(db, unit_key)
        mark_unsent(db, units, did_leave=False)
        assert take_back(db, unit_key)
        assert not take_back(db, unit_key)
    unit_key = queue_note(database, stamp, uid("n2"))
    with database.writing() as db:
        units = list(waiting_units(db, "anna"))
        mark_sending(db, units)
        mark_unsent(db, units, did_leave=True)
        assert not take_back(db, unit_key)


def test_answer_to_a_settled_mutation_changes_nothing(database: Database, stamp: Stamp) -> None:
    key = queue_note(database, stamp, uid("n1"))
    with database.writing() as db:
        result = MutationResult(key, Status.APPLIED, rv=1)
        assert settle(db, result, now=MORNING, next_try_at=0.0)
        again = MutationResult(key, Status.REJECTED, code="no")
        assert not settle(db, again, now=MORNING, next_try_at=0.0)
        assert db.execute("SELECT status FROM mutation").fetchone()[0] == "applied"
        assert db.execute("SELECT COUNT(*) FROM problem").fetchone()[0] == 0


def test_sent_items_stay_fourteen_days_and_refused_ones_until_their_issue_is_closed(
    database: Database, stamp: Stamp
) -> None:
    fine, refused = (queue_note(database, stamp, rid) for rid in (uid("n1"), uid("n2")))
    later = MORNING + timedelta(seconds=KEEP_SECONDS + 1)
    with database.writing() as db:
        settle(db, MutationResult(fine, Status.APPLIED), now=MORNING, next_try_at=0.0)
        no = MutationResult(refused, Status.REJECTED, code="no", detail="No.")
        settle(db, no, now=MORNING, next_try_at=0.0)
        db.execute("UPDATE mutation SET state = 'done'")
        purge_sent(db, later.timestamp() - 10)
        assert db.execute("SELECT COUNT(*) FROM mutation").fetchone()[0] == 2
        purge_sent(db, later.timestamp())
        left = db.execute("SELECT id FROM mutation").fetchall()
    assert [row[0] for row in left] == [refused]
