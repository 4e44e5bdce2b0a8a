"""npm's RxDB, unmodified, against the service: two clients and a phone end in the same state."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from backend.sync.protocol.messages import Status
from tests.e2e.rxdb.conftest import Field, RxClient
from tests.support.phone import Phone

EXAMPLE = Path(__file__).parents[3] / "examples" / "rxdb" / "example.mjs"
TABLES = ("account", "contact", "visit", "note", "check_in", "issue")


def _assert_same(phone: Phone, *clients: RxClient) -> None:
    """Compare everything that the clients hold with what the phone does."""
    # What the last one sends, the first one gets in the second round.
    for client in (*clients, *clients):
        assert client("sync") == []
    phone.pull()
    for table in TABLES:
        ours = {rid: phone.rows[table, rid] for rid in phone.ids(table)}
        for client in clients:
            held = client.held(table)
            theirs = {
                rid: {name: one for name, one in document.items() if name != "id"}
                for rid, document in held.items()
            }
            assert theirs == ours


def _now() -> str:
    return datetime.now(UTC).isoformat()


def test_edits_of_two_clients_and_a_phone_merge_and_all_end_the_same(field: Field) -> None:
    shop, phone = field.west_shop, field.phone(field.org.rep)
    with field.rxdb("rep") as one, field.rxdb("rep") as two:
        # Different fields, all made without a network.
        for client in (one, two):
            client("online", **{"is": False})
        one("patch", table="account", id=shop, values={"address": "Đường 1", "tags": ["vip"]})
        one("patch", table="account", id=shop, values={"empties_owed": 4})
        two("patch", table="account", id=shop, values={"website": "https://quan.example"})
        base = {"channel": phone.rows["account", shop]["channel"]}
        (result,) = phone.push(
            phone.mutation(
                "patch", "account", shop, base=base, values={"channel": "horeca"},
                add={"tags": ["new"]},
            )
        )  # fmt: skip
        assert result.status is Status.APPLIED, result
        for client in (one, two):
            client("online", **{"is": True})
        _assert_same(phone, one, two)
        _assert_same(phone, one, two)
        account = one.held("account")[shop]
        assert (account["address"], account["channel"]) == ("Đường 1", "horeca")
        assert account["website"] == "https://quan.example"
        assert (account["tags"], account["empties_owed"]) == (["new", "vip"], 4)

        # What one writes, the other hears of by the stream: nobody asks for a sync here.
        made = one("insert", table="account", document={
            "name": "Quán Mới", "kind": "organisation", "location": [24.921, 60.171],
            "location_source": "gps",
        })  # fmt: skip
        contact = one("insert", table="contact", document={"account_id": made, "full_name": "Lan"})
        two("until", table="contact", id=contact, field="full_name", value="Lan")
        two("until", table="account", id=made, field="name", value="Quán Mới")
        two("remove", table="contact", id=contact)
        one("until", table="contact", id=contact, field="full_name", value=None)
        _assert_same(phone, one, two)


def test_the_same_field_is_a_conflict_and_both_values_are_kept(field: Field) -> None:
    shop, phone = field.west_shop, field.phone(field.org.rep)
    with field.rxdb("rep") as one, field.rxdb("rep") as two:
        for client, address in ((one, "first"), (two, "second")):
            client("online", **{"is": False})
            client("patch", table="account", id=shop, values={"address": address})
        one("online", **{"is": True})
        one("sync")
        two("online", **{"is": True})
        _assert_same(phone, one, two)
        _assert_same(phone, one, two)
        assert two.held("account")[shop]["address"] == "first"
        (issue,) = two.held("issue").values()
        assert (issue["mine"], issue["theirs"]) == ({"address": "second"}, {"address": "first"})
        two("patch", table="issue", id=issue["id"], values={"resolution": "mine"})
        one("until", table="account", id=shop, field="address", value="second")
        _assert_same(phone, one, two)
        assert two.held("issue") == {}


def test_scene_15_a_scope_flip_under_two_rxdb_clients_and_a_phone(field: Field) -> None:
    shop, phone = field.west_shop, field.phone(field.org.rep)
    with field.rxdb("rep") as client, field.rxdb("rep") as second:
        contact = client(
            "insert", table="contact", document={"account_id": shop, "full_name": "Lan"}
        )
        assert client("sync") == []
        client("online", **{"is": False})
        field.run(
            "UPDATE territory_assignment SET user_id = %s WHERE territory_id = %s",
            field.org.other_rep.user_id,
            field.west,
        )
        field.run(
            "UPDATE territory_assignment SET user_id = %s WHERE territory_id = %s",
            field.org.rep.user_id,
            field.east,
        )
        field.run(
            "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from,"
            " valid_to) VALUES (%s, gen_random_uuid(), %s, %s, '2020-01-01', current_date)",
            field.org.id,
            field.west,
            field.org.rep.user_id,
        )
        client("patch", table="contact", id=contact, values={"job_title": "Chủ quán"})
        note = client("insert", table="note", document={
            "account_id": shop, "body": "Đã gặp", "captured_at": _now(),
        })  # fmt: skip
        client("online", **{"is": True})
        _assert_same(phone, client, second)
        _assert_same(phone, client, second)
        assert set(client.held("account")) == {field.east_shop}
        assert client.held("contact") == {}
        # The fact is taken, the edit of a record that is not theirs is kept aside with its reason.
        assert field.run("SELECT body, is_late FROM note WHERE id = %s", note) == [("Đã gặp", True)]
        (refused,) = client.held("refused").values()
        assert refused["code"] == "record_unknown"
        assert refused["document"]["job_title"] == "Chủ quán"


def test_a_restored_database_makes_the_collections_anew_after_sending_the_rest(
    field: Field,
) -> None:
    shop, phone = field.west_shop, field.phone(field.org.rep)
    with field.rxdb("rep") as client:
        client("online", **{"is": False})
        client("patch", table="account", id=shop, values={"address": "unsent"})
        field.run("UPDATE sync_epoch SET epoch = gen_random_uuid()")
        phone.cursor = None
        client("online", **{"is": True})
        client("reset", table="account")
        assert client.held("account")[shop]["address"] == "unsent"
        phone.pull()
        assert phone.rows["account", shop]["address"] == "unsent"


def test_the_example_writes_a_note_that_arrives(field: Field) -> None:
    who = field.credentials("rep")
    command = ["node", str(EXAMPLE), field.service.url, who["email"], who["password"]]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, ""), run
    assert "account: 1\n" in run.stdout
    assert "A note on W: Written with RxDB." in run.stdout
    assert field.run("SELECT body FROM note") == [("Written with RxDB.",)]
