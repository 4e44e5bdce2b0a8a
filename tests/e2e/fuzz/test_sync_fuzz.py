"""Whatever a device sends: a problem with a 4xx, or a result for each mutation; never half a batch.

Examples share a database: ids come again, and what one example made is there for the next.
"""

import copy
import itertools
import json
from collections import Counter
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, PullResponse, PushResponse, Status
from backend.sync.protocol.tables import TABLES
from tests.e2e.fuzz.conftest import Counts, Town, check_refusal, fuzz, grown
from tests.support.spoiling import spoil, spoiled

_AT = "2026-11-22T08:00:00Z"
_DONE = frozenset({Status.APPLIED, Status.MERGED})
_SERVER_FAULTS = frozenset({Status.ERROR, Status.QUARANTINED})


def _id(number: int) -> str:
    return str(UUID(int=(0x019A << 112) | (7 << 76) | (0b10 << 62) | number))


def _valid_mutations(town: Town) -> list[dict[str, Any]]:
    """Return one good mutation of every kind; ids are given to it later."""
    fact = {"account_id": str(town.shop), "visit_id": town.children["visit"], "captured_at": _AT}
    return [
        {"op": "create", "table": "account",
         "set": {"name": "Mới", "tags": ["a"], "location": [24.92, 60.17],
                 "location_source": "gps", "phone": "+358401234567"}},
        {"op": "patch", "table": "account", "rid": str(town.shop), "set": {"category": "cafe"},
         "base": {"category": None}, "add": {"tags": ["x"]}, "remove": {"tags": ["y"]},
         "inc": {"empties_owed": 2}},
        {"op": "create", "table": "contact",
         "set": {"account_id": str(town.shop), "full_name": "Lan", "channels": ["zalo"]}},
        {"op": "patch", "table": "contact", "rid": town.children["contact"],
         "set": {"phone": "+358401234567"}, "base": {"phone": None}},
        {"op": "delete", "table": "contact", "rid": town.children["contact"], "base_rv": 1},
        {"op": "create", "table": "visit",
         "set": {"account_id": str(town.shop), "planned_on": "2026-11-22", "status": "done",
                 "outcome": "met"}},
        {"op": "patch", "table": "visit", "rid": town.children["visit"],
         "set": {"status": "checked_in"}, "base": {"status": "planned"}, "elapsed_ms": 5,
         "boot_id": "b"},
        {"op": "create", "table": "check_in",
         "set": {**fact, "location": [24.92, 60.17], "accuracy_m": 8.0, "is_mock": False}},
        {"op": "create", "table": "note", "set": {**fact, "body": "Đã gặp"}},
        {"op": "create", "table": "media",
         "set": {**fact, "kind": "photo", "sha256": "0" * 64, "size_bytes": 5,
                 "mime": "image/jpeg"}},
        {"op": "create", "table": "rework",
         "set": {"route_id": str(town.day.route_id), "made_at": _AT, "reason": "closed",
                 "plan": {"stops": [{"visit_id": str(one), "start_at": _AT}
                                    for one in town.day.visit_ids[:2]],
                          "dropped": [{"visit_id": str(town.day.visit_ids[2]), "reason": "closed",
                                       "facts": {"short_s": 60}}],
                          "lunch": {"starts_at": _AT, "minutes": 45},
                          "after": {"stops": 2, "distance_m": 900, "ends_at": _AT}}}},
        {"op": "patch", "table": "issue", "rid": _id(1), "set": {"resolution": "mine"}},
    ]  # fmt: skip


@st.composite
def _pushes(draw: st.DrawFn, town: Town) -> bytes:
    """Return a batch spoiled in what the mutations say, or anywhere.

    Groups come interleaved, and ids of mutations and records come again now and then.
    """
    mutations = []
    for kind in draw(st.lists(st.sampled_from(_valid_mutations(town)), min_size=1, max_size=8)):
        group = draw(st.sampled_from([None, None, "g1", "g2"]))
        one = {"id": draw(_IDS) or new_id(), "seq": next(_SEQ), "rid": draw(_IDS) or new_id(),
               "at": _AT, **copy.deepcopy(kind)}  # fmt: skip
        for part in [one["set"], one.get("base", {})] if "set" in one else []:
            if draw(st.booleans()):
                spoil(draw, part, town.words)
        mutations.append({**one, **({"group": group} if group else {})})
    envelope = {
        "device_id": str(town.org.rep.device_id), "batch_id": _id(9), "client_time": _AT,
        "protocol": draw(st.sampled_from([1, 2, 3])), "boot_id": "boot-1", "elapsed_ms": 88_000,
        "mutations": mutations,
    }  # fmt: skip
    if draw(st.integers(0, 2)):
        return json.dumps(envelope).encode()
    return draw(spoiled(envelope, town.words))


_SEQ = itertools.count(1)
_IDS = st.sampled_from([None] * 8 + [_id(1), _id(2)])
"""None is an id that nobody had."""


def _post(town: Town, path: str, body: bytes) -> httpx.Response:
    headers = {**town.api.as_(town.org.rep), "Content-Type": "application/json"}
    return town.api.client.post(path, headers=headers, content=body)


def _check_results(sent: Any, results: list[MutationResult], growth: Counts) -> None:
    """Each mutation has its result, groups are whole, and exactly what is told was created."""
    assert [one.id for one in results] == [one["id"] for one in sent]
    faults = [one for one in results if one.status in _SERVER_FAULTS]
    assert not faults, (faults, sent)
    told = list(zip(sent, results, strict=True))
    for group, members in groupby(told, key=lambda pair: pair[0].get("group")):
        fates = {result.status in _DONE for _, result in members
                 if result.status not in {Status.DUPLICATE, Status.CONFLICT}}  # fmt: skip
        assert not group or len(fates) < 2, told
    created = Counter(
        one["table"] for one, result in told
        if one["op"] == "create" and result.status in _DONE
    )  # fmt: skip
    assert {name: growth.get(name, 0) for name in _CREATABLE} == {
        name: created[name] for name in _CREATABLE
    }, told


_CREATABLE = [name for name, table in TABLES.items() if table.can_create]


def test_a_spoiled_push_is_refused_whole_or_answered_mutation_by_mutation(town: Town) -> None:
    @fuzz(150)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        body = data.draw(_pushes(town))
        before = town.counts()
        answer = _post(town, "/v1/sync/push", body)
        growth = grown(before, town.counts())
        if answer.status_code != 200:
            check_refusal(answer)
            assert not growth, (answer.text, growth)
            return
        response = msgspec.json.decode(answer.content, type=PushResponse)
        _check_results(msgspec.json.decode(body)["mutations"], response.results, growth)

    run()


def test_a_spoiled_pull_gets_a_page_or_a_problem(town: Town) -> None:
    cursor = _page(_post(town, "/v1/sync/pull", _pull_of(town))).cursor
    token = _page(_post(town, "/v1/sync/pull", _pull_of(town, limit=1))).token
    words = (*town.words, str(cursor), str(token), str(cursor)[:-1], str(token)[1:])
    message: dict[str, Any] = {
        "device_id": str(town.org.rep.device_id), "cursor": cursor, "token": None, "limit": 3,
        "protocol": 2, "tables": [], "check": True,
    }  # fmt: skip

    @fuzz(150)
    @given(st.one_of(spoiled(message, words), spoiled({**message, "token": token}, words)))
    def run(body: bytes) -> None:
        before = town.counts()
        answer = _post(town, "/v1/sync/pull", body)
        assert not grown(before, town.counts())
        if answer.status_code == 200:
            _page(answer)
        else:
            check_refusal(answer)

    run()


def test_a_spoiled_manifest_gets_a_page_or_a_problem(town: Town) -> None:
    page = _page(_post(town, "/v1/sync/pull", _pull_of(town)))
    held = sorted(tuple(msgspec.json.decode(row)[:3]) for row in page.rows)
    message: dict[str, Any] = {
        "device_id": str(town.org.rep.device_id), "cursor": page.cursor, "have": held[:4],
        "upto": list(held[3][:2]), "token": None, "limit": 5, "protocol": 2,
    }  # fmt: skip

    @fuzz(150)
    @given(spoiled(message, (*town.words, str(page.cursor))))
    def run(body: bytes) -> None:
        before = town.counts()
        answer = _post(town, "/v1/sync/manifest", body)
        assert not grown(before, town.counts())
        if answer.status_code == 200:
            _page(answer)
        else:
            check_refusal(answer)

    run()


def _pull_of(town: Town, limit: int = 1000) -> bytes:
    return msgspec.json.encode({"device_id": str(town.org.rep.device_id), "limit": limit})


def _page(answer: httpx.Response) -> PullResponse:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=PullResponse)
