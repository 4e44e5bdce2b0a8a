"""A batch that is written together comes to the same as one that is written one by one."""

import random
from typing import Any
from uuid import UUID

import pytest

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, Status
from tests.integration.sync.conftest import Town
from tests.support.ground import IN_WEST, add_account, execute
from tests.support.phone import Phone

_AT = "2026-03-04T05:06:07+00:00"
_ACCOUNT = (
    "SELECT name, name_folded, category, phone, tags, visit_minutes, empties_owed, last_visit_at,"
    " ST_AsText(location), location_source FROM account WHERE id = %s"
)
_STATE = {
    "visits": "SELECT planned_on, status, outcome, checked_in_at, done_at FROM visit"
    " WHERE account_id = %s",
    "check-ins": "SELECT v.status, c.captured_at, c.corrected_at, c.accuracy_m, c.distance_m,"
    " c.is_late, c.voids IS NULL FROM check_in c JOIN visit v ON v.id = c.visit_id"
    " WHERE c.account_id = %s",
    "notes": "SELECT body, captured_at, is_late, visit_id IS NULL, voids IS NULL FROM note"
    " WHERE account_id = %s",
    "issues": "SELECT tbl, code, mine, theirs, base FROM issue WHERE rid = %s",
    "search": "SELECT name_folded, phone, ST_AsText(location) FROM account_search"
    " WHERE account_id = %s",
    "map": "SELECT category, last_visit_at, wx, wy FROM account_map WHERE account_id = %s",
}


@pytest.mark.parametrize("seed", range(12))
def test_written_together_or_one_by_one_is_the_same(town: Town, seed: int) -> None:
    told: list[list[tuple[Status, str | None]]] = []
    states = []
    for is_spoilt in (False, True):
        shop = str(add_account(town.url, town.org, "Quán Nguyễn", *IN_WEST))
        batch = _Day(seed, town.west_phone, shop).mutations
        if is_spoilt:
            # One that is refused: the batch is begun anew, each mutation by itself.
            bad = {"account_id": shop, "captured_at": _AT, "body": " "}
            batch.append(town.west_phone.mutation("create", "note", values=bad))
        results = town.west_phone.push(*batch)
        if is_spoilt:
            assert results.pop().status is Status.REJECTED
        _check_versions(town, batch, results)
        told.append([(one.status, one.code) for one in results])
        states.append(_state(town, shop))
    assert told[0] == told[1]
    assert states[0] == states[1]
    assert Status.APPLIED in {status for status, _ in told[0]}


@pytest.mark.parametrize("table", ["visit", "check_in", "note"])
def test_the_second_record_of_one_id_is_refused(town: Town, table: str) -> None:
    phone, shop, rid = town.west_phone, str(town.shop), new_id()
    visit = phone.mutation("create", "visit", values={"account_id": shop, "planned_on": _AT[:10]})
    fact = {"account_id": shop, "visit_id": visit["rid"], "captured_at": _AT}
    values = {
        "visit": {"account_id": shop, "planned_on": _AT[:10]},
        "check_in": {**fact, "location": [*IN_WEST]},
        "note": {**fact, "body": "Một lần"},
    }[table]
    twice = [phone.mutation("create", table, rid, values=values) for _ in range(2)]
    results = phone.push(visit, *twice)
    assert [one.status for one in results] == [Status.APPLIED, Status.APPLIED, Status.REJECTED]


def test_what_a_room_refused_is_kept_though_the_next_mutation_is_undone(town: Town) -> None:
    phone, shop = town.west_phone, str(town.shop)
    done = {"status": "done", "outcome": "met"}
    visit = phone.mutation(
        "create", "visit", values={"account_id": shop, "planned_on": _AT[:10], **done}
    )
    phone.push(visit)
    back = phone.mutation("patch", "visit", visit["rid"], base=done, values={"status": "cancelled"})
    blank = {"account_id": shop, "captured_at": _AT, "body": " "}
    conflict, refused = phone.push(back, phone.mutation("create", "note", values=blank))
    assert (conflict.status, refused.status) == (Status.CONFLICT, Status.REJECTED)
    assert conflict.issue is not None
    kept = execute(town.url, "SELECT code FROM issue WHERE id = %s", UUID(conflict.issue))
    assert kept == [("status_not_allowed",)]


class _Day:
    """A dozen mutations of one shop, some of which lose or void what came before."""

    def __init__(self, seed: int, phone: Phone, shop: str) -> None:
        self.rng = random.Random(seed)
        self.phone = phone
        self.shop = shop
        self.mutations: list[dict[str, Any]] = []
        self.visits: list[str] = []
        self.notes: list[str] = []
        self.known: dict[str, Any] = {"name": "Quán Nguyễn", "category": None, "phone": None}
        kinds = [self._rename, self._phone, self._tag, self._visit, self._check_in, self._finish,
                 self._note, self._correct]  # fmt: skip
        for number in range(12):
            self.rng.choice(kinds)(number)

    def _add(self, op: str, table: str, *args: Any, **more: Any) -> str:
        self.mutations.append(self.phone.mutation(op, table, *args, **more, at=_AT))
        return str(self.mutations[-1]["rid"])

    def _fact(self, visit: str | None, **values: Any) -> dict[str, Any]:
        return {"account_id": self.shop, "visit_id": visit, "captured_at": _AT, **values}

    def _rename(self, number: int) -> None:
        wish = {"name": f"Quán {number}", "category": f"loại {number}"}
        is_stale = self.rng.random() < 0.3
        base = {**self.known, "name": "Chưa từng thấy"} if is_stale else self.known
        self._add("patch", "account", self.shop, base={k: base[k] for k in wish}, values=wish)
        self.known |= {"category": wish["category"]} if is_stale else wish

    def _phone(self, number: int) -> None:
        wish = {"phone": f"+8490{number:07d}"}
        base = {"phone": self.known["phone"]}
        self._add("patch", "account", self.shop, base=base, values=wish)
        self.known |= wish

    def _tag(self, number: int) -> None:
        self._add("patch", "account", self.shop, add={"tags": [f"nhãn {number}"]})

    def _visit(self, _: int) -> None:
        done = {"status": "done", "outcome": "met"} if self.rng.random() < 0.6 else {}
        values = {"account_id": self.shop, "planned_on": _AT[:10], **done}
        self.visits.append(self._add("create", "visit", values=values))

    def _check_in(self, _: int) -> None:
        if self.visits:
            place = {"location": [*IN_WEST], "accuracy_m": 7.5}
            values = self._fact(self.rng.choice(self.visits), **place)
            self._add("create", "check_in", values=values)

    def _finish(self, _: int) -> None:
        if self.visits:
            self._add("patch", "visit", self.rng.choice(self.visits),
                      base={"status": "planned", "outcome": None},
                      values={"status": "done", "outcome": "ordered"})  # fmt: skip

    def _note(self, number: int) -> None:
        visit = self.rng.choice([None, *self.visits])
        values = self._fact(visit, body=f"Ghi chú {number}")
        self.notes.append(self._add("create", "note", values=values))

    def _correct(self, number: int) -> None:
        if self.notes:
            values = self._fact(None, body=f"Sửa {number}", voids=self.rng.choice(self.notes))
            self._add("create", "note", values=values)


def _check_versions(town: Town, batch: list[dict[str, Any]], results: list[MutationResult]) -> None:
    """The last version that was told of a record is the one that it has, or one before."""
    last: dict[tuple[str, str], int] = {}
    for one, result in zip(batch, results, strict=False):
        if result.rv is not None:
            key = (str(one["table"]), str(one["rid"]))
            assert result.rv >= last.get(key, 0)
            last[key] = result.rv
    for (table, rid), rv in last.items():
        ((stored,),) = execute(town.url, f"SELECT rv FROM {table} WHERE id = %s", UUID(rid))
        assert isinstance(stored, int)
        assert rv <= stored


def _state(town: Town, shop: str) -> dict[str, object]:
    found: dict[str, object] = {"account": execute(town.url, _ACCOUNT, UUID(shop))}
    for name, query in _STATE.items():
        found[name] = sorted(map(repr, execute(town.url, query, UUID(shop))))
    return found
