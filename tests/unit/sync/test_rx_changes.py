"""From a document's states to a mutation: what is said, and that a repeat says the same."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, OrgId, UserId
from backend.sync.protocol.messages import Mutation, Op
from backend.sync.protocol.tables import TABLES
from backend.sync.rx.changes import are_equal, mutation_of
from backend.sync.rx.messages import RxRow

ACTOR = Actor(OrgId(UUID(int=1)), UserId(UUID(int=2)), Role.REP, DeviceId(UUID(int=3)))
ACCOUNT = TABLES["account"]
RID = str(UUID(int=7))
SEEN: dict[str, Any] = {
    "id": RID, "rv": 3, "name": "Q", "phone": None, "tags": ["a", "b"], "empties_owed": 4,
    "_deleted": False,
}  # fmt: skip


def _say(
    new: dict[str, Any],
    assumed: dict[str, Any] | None = SEEN,
    master: dict[str, Any] | None = SEEN,
    last: tuple[str, ...] = (),
) -> Mutation | None:
    return mutation_of(ACTOR, ACCOUNT, RxRow({"id": RID, **new}, assumed), master, last)


def _told(mutation: Mutation | None) -> Mutation:
    assert mutation is not None
    return mutation


def test_a_change_names_its_fields_with_what_was_seen() -> None:
    told = _told(_say({**SEEN, "name": "R", "tags": ["b", "c"], "empties_owed": 1}))
    assert (told.op, told.set, told.base) == (Op.PATCH, {"name": "R"}, {"name": "Q"})
    assert (told.add, told.remove) == ({"tags": ["c"]}, {"tags": ["a"]})
    assert told.inc == {"empties_owed": -3}


@pytest.mark.parametrize(
    "new",
    [
        SEEN,
        {**SEEN, "rv": 9},
        {**{name: one for name, one in SEEN.items() if name != "phone"}, "_rev": "1-x"},
    ],
    ids=["the same", "another version", "null left out, marks of RxDB"],
)
def test_nothing_changed_is_nothing_said(new: dict[str, Any]) -> None:
    assert _say(new) is None


def test_a_field_that_was_emptied_or_left_out_is_set_to_null() -> None:
    for new in ({**SEEN, "name": None}, {"tags": ["a", "b"], "empties_owed": 4}):
        assert _told(_say(new)).set == {"name": None}


def test_a_repeat_has_the_same_id_and_the_same_change_again_another() -> None:
    row = {**SEEN, "empties_owed": 5}
    first = _told(_say(row, last=("before",)))
    assert _told(_say(row, last=(first.id, "before"))).id == first.id
    assert _told(_say(row, last=(first.id,))).id != first.id
    assert _told(_say(row, last=("later", first.id))).id != first.id
    assert first.seq.bit_length() == 63


def test_a_create_is_repeated_as_it_was_though_the_record_is_there() -> None:
    new = {"name": "Q", "phone": "0901234567"}
    first = _told(_say(new, assumed=None, master=None))
    assert first.op is Op.CREATE
    assert _say(new, assumed=None, master=SEEN, last=(first.id,)) == first


def test_a_delete_names_the_version_that_was_seen() -> None:
    gone = {**SEEN, "_deleted": True}
    assert _told(_say(gone)).base_rv == 3
    # Only the version moved on: nobody changed what the person saw.
    assert _told(_say(gone, master={**SEEN, "rv": 5})).base_rv == 5
    assert _told(_say(gone, master={**SEEN, "rv": 5, "name": "R"})).base_rv == 3
    assert _say(gone, master=None) is None


def test_moments_are_compared_as_times_and_sets_without_order() -> None:
    note, account = TABLES["note"], ACCOUNT
    assert are_equal(
        note,
        {"captured_at": "2026-11-22T10:00:00.000Z"},
        {"captured_at": "2026-11-22T10:00:00.000000Z", "visit_id": None},
    )
    assert are_equal(account, {"tags": ["b", "a"]}, {"tags": ["a", "b"]})
    assert not are_equal(account, {"tags": ["a"]}, {"tags": ["a", "b"]})


def test_a_value_of_no_known_type_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        _say({**SEEN, "inc": {}, "empties_owed": 1, "name": [{"x": 1}]})
