"""The other doors: whatever is sent to RxDB's adapter, to uploads or to realignments, no 5xx."""

import base64
from typing import Any

import httpx
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.tables import TABLES
from tests.e2e.fuzz.conftest import Town, check_refusal, fuzz, grown
from tests.support.phone import Phone
from tests.support.spoiling import LONG_TEXT, spoiled

_PIECE = "application/offset+octet-stream"
_JSON = {"Content-Type": "application/json"}


def _send(town: Town, actor: Actor, path: str, body: bytes) -> httpx.Response:
    headers = {**town.api.as_(actor), **_JSON}
    return town.api.client.post(path, headers=headers, content=body)


def test_a_spoiled_rx_push_is_refused_whole_or_answered(town: Town) -> None:
    answer = _send(town, town.org.rep, "/v1/rx/account/pull", b"{}")
    account = answer.json()["documents"][0]
    contact = {"id": new_id(), "account_id": str(town.shop), "full_name": "Lan", "rv": 0}
    rows: list[dict[str, Any]] = [
        {"newDocumentState": {**account, "category": "bar"}, "assumedMasterState": account},
        {"newDocumentState": contact, "assumedMasterState": None},
        {"newDocumentState": {**contact, "_deleted": True}, "assumedMasterState": contact},
    ]

    @fuzz(200)
    @given(spoiled(rows, town.words), st.sampled_from([*TABLES, "no_table", "account"]))
    def run(body: bytes, table: str) -> None:
        before = town.counts()
        answer = _send(town, town.org.rep, f"/v1/rx/{table}/push?results=true", body)
        if answer.status_code == 200:
            assert all(one["status"] not in {"error", "quarantined"}
                       for one in answer.json()["results"]), (answer.text, body)  # fmt: skip
            return
        check_refusal(answer)
        assert not grown(before, town.counts()), (answer.text, body)

    run()


def test_a_spoiled_rx_pull_gets_documents_or_a_problem(town: Town) -> None:
    page = _send(town, town.org.rep, "/v1/rx/account/pull", b'{"batchSize": 1}').json()
    message = {"checkpoint": page["checkpoint"], "batchSize": 5}

    @fuzz(100)
    @given(spoiled(message, (*town.words, page["checkpoint"]["place"])), st.sampled_from([*TABLES]))
    def run(body: bytes, table: str) -> None:
        answer = _send(town, town.org.rep, f"/v1/rx/{table}/pull", body)
        if answer.status_code == 200:
            assert set(answer.json()) == {"documents", "checkpoint"}
        else:
            check_refusal(answer)

    run()


_NUMBERS = st.sampled_from(
    ["5", "0", "-1", "5.0", "", "٣", "²", "1e3", "0x5", " 5", "9" * 30, "9" * 5000, "nan", "5, 5"]
)
_TEXTS = st.sampled_from(["", "sha1", "sha1 ", "sha256 AAAA", "md5 AAAA", "sha1 %%%", "a" * 3000])


def test_spoiled_upload_headers_are_a_problem_or_an_answer(town: Town) -> None:
    phone = Phone(town.api, town.org.rep)
    media_id = phone.announce(str(town.shop), b"12345")
    url = phone.begin(media_id, 5).headers["location"]
    good = base64.b64encode(media_id.encode()).decode()
    metadata = st.sampled_from(
        [f"media_id {good}", "media_id", "media_id %%%", "media_id AAAA", "", "," * 50, f"x {good}",
         f"media_id {good},media_id AAAA", "media_id " + "A" * 3000]
    )  # fmt: skip
    headers = st.fixed_dictionaries(
        {
            "Tus-Resumable": st.sampled_from(["1.0.0"] * 5 + ["0.2.2", ""]),
            "Content-Type": st.sampled_from([_PIECE, _PIECE, "text/plain"]),
            "Upload-Length": _NUMBERS,
            "Upload-Offset": _NUMBERS,
        },
        optional={"Upload-Metadata": metadata, "Upload-Checksum": _TEXTS},
    )
    doors = st.sampled_from(
        [("POST", "/v1/uploads"), ("POST", f"/v1/media/{media_id}/upload"), ("PATCH", url),
         ("HEAD", url), ("PATCH", f"/v1/uploads/{new_id()}"), ("DELETE", f"/v1/uploads/{new_id()}"),
         ("POST", f"/v1/media/{new_id()}/upload")]
    )  # fmt: skip

    @fuzz(200)
    @given(headers, doors, st.sampled_from([b"", b"1", b"12345", b"123456", b"x" * 70_000]))
    def run(more: dict[str, str], door: tuple[str, str], body: bytes) -> None:
        sent = {**town.api.as_(town.org.rep), **{name: one.encode() for name, one in more.items()}}
        answer = town.api.client.request(*door, headers=sent, content=body)  # type: ignore[arg-type]
        if answer.is_success:
            return
        if door[0] == "HEAD":
            assert 400 <= answer.status_code < 500, answer.status_code
        else:
            check_refusal(answer)

    run()


def test_a_spoiled_realignment_is_a_problem_or_a_draft(town: Town) -> None:
    box = [[[24.90, 60.15], [24.95, 60.15], [24.95, 60.20], [24.90, 60.15]]]
    plan: dict[str, Any] = {
        "name": "Mùa mới", "to_territory_id": str(town.east), "hold_over_days": 14,
        "effective_on": "2026-11-22",
        "selection": {"area": {"type": "Polygon", "coordinates": box},
                      "account_ids": [str(town.shop), str(town.far_shop)],
                      "rule": {"life_stage": "prospect", "tag": "vip", "priority": 2}},
        "people": [{"user_id": str(town.org.rep.user_id), "from_territory_id": str(town.west)}],
    }  # fmt: skip

    @fuzz(200)
    @given(spoiled(plan, town.words), spoiled({"fingerprint": "x", "force": True}, town.words))
    def run(body: bytes, wish: bytes) -> None:
        before = town.counts()
        answer = _send(town, town.org.manager, "/v1/realignments", body)
        if answer.status_code != 201:
            check_refusal(answer)
            assert not grown(before, town.counts())
            return
        path = f"/v1/realignments/{answer.json()['id']}"
        for later in (
            town.api.client.get(f"{path}/preview", headers=town.api.as_(town.org.manager)),
            _send(town, town.org.manager, f"{path}/apply", wish),
            _send(town, town.org.manager, f"{path}/undo", b""),
        ):
            if not later.is_success:
                check_refusal(later)

    run()


def test_a_message_of_a_megabyte_is_too_large_and_not_read(town: Town) -> None:
    body = msgspec.json.encode({"mutations": [LONG_TEXT] * 40})
    for path in ("/v1/sync/push", "/v1/rx/account/push"):
        answer = _send(town, town.org.rep, path, body)
        check_refusal(answer)
        assert answer.status_code == 413
