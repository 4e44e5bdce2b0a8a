"""Sending: what leaves the outbox, what comes back, what never blocks."""

import sqlite3
from pathlib import Path

import pytest

from mobile_client.core import PhoneCore
from mobile_client.views import CheckInDraft
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, full_draft, open_phone, stock


def effects(server: FakeServer) -> set[int]:
    return set(server.records.effects.values())


def test_check_in_arrives_whole_with_its_files(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    report = phone.sync_once()
    assert report.is_complete
    assert report.pushed == 5
    assert server.records.image("visit")[shop.visit]["status"] == "done"
    (check_in,) = server.records.image("check_in").values()
    assert check_in["location"] == [24.9384, 60.1699]
    assert check_in["is_mock"] is False
    (note,) = server.records.image("note").values()
    assert note["body"] == "Muốn xem bảng giá mới"
    assert {head[:4] for head in server.stored.values()} == {b"\xff\xd8\xff\xe0", b"RIFF"}


def test_check_in_without_a_plan_creates_a_visit(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    result = phone.check_in(full_draft(phone, shop, clock, is_planned=False))
    phone.sync_once()
    visit = server.records.image("visit")[result.visit_id]
    assert (visit["rep_id"], visit["outcome"]) == (server.user_id, "ordered")


def test_every_response_dropped_once_still_gives_each_effect_once(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    server.faults.append(Fault("/v1/sync/push", "drop_after"))
    assert phone.sync_once().state == "offline"
    assert phone.sync_status().waiting == 3
    report = phone.sync_once()
    assert report.is_complete
    assert report.statuses == {"duplicate": 5}
    assert effects(server) == {1}


def test_answer_cut_in_the_middle_is_repeated(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.faults.append(Fault("/v1/sync/push", "cut"))
    assert phone.sync_once().state == "offline"
    assert phone.sync_once().is_complete
    assert server.records.image("account")[shop.account]["phone"] == "+358402"
    assert effects(server) == {1}


def test_lost_answer_is_settled_by_the_acks_of_a_pull(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.faults.append(Fault("/v1/sync/push", "drop_after"))
    phone.sync_once()
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    report = phone.sync_once()
    assert (report.acks, report.left) == (1, 0)


def test_conflict_becomes_an_issue_and_mine_can_be_sent_again(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.records.put("account", shop.account, phone="+358499")
    phone.sync_once()
    (issue,) = phone.sync_status().issues
    assert (issue.field, issue.mine, issue.theirs) == ("phone", "+358402", "+358499")
    assert issue.can_use_mine
    assert phone.account(shop.account).phone == "+358499"
    phone.resolve_issue(issue.id, use_mine=True)
    assert phone.sync_status().issues == ()
    assert [item.kind for item in phone.sync_status().items] == ["choice"]
    assert phone.account(shop.account).phone == "+358402"
    assert phone.sync_once().is_complete
    assert server.records.image("account")[shop.account]["phone"] == "+358402"
    assert phone.account(shop.account).phone == "+358402"
    assert phone.sync_status().issues == ()


def test_merged_edit_keeps_what_does_not_overlap(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.edit_contact(shop.contact, shop.account, {"name": "Aino V.", "email": "a@example.com"})
    server.records.put("contact", shop.contact, full_name="Aino K.")
    phone.sync_once()
    (contact,) = phone.account(shop.account).contacts
    assert (contact.name, contact.email) == ("Aino K.", "a@example.com")
    (issue,) = phone.sync_status().issues
    assert (issue.field, issue.mine) == ("name", "Aino V.")


def test_rejected_check_in_is_one_issue_that_keeps_the_note(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    server.records.refusals["check_in"] = "too_far"
    phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    report = phone.sync_once()
    assert report.left == 0
    (issue,) = phone.sync_status().issues
    assert not issue.can_use_mine
    assert issue.message == "The server says no."
    assert issue.mine == "Muốn xem bảng giá mới"
    assert phone.today().stops == ()
    assert server.records.image("visit")[shop.visit]["status"] == "planned"


def test_mutation_that_fails_on_the_server_stays_and_lets_others_pass(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    other = stock(server, "Second")
    phone.sync_once()
    server.records.failures[shop.account] = 1
    phone.edit_account(shop.account, {"phone": "+358402"})
    phone.edit_account(other.account, {"phone": "+358403"})
    assert phone.sync_once().left == 1
    (item,) = phone.sync_status().items
    assert (item.state, item.error, item.account_id) == ("retry", "It broke.", shop.account)
    assert phone.sync_once().is_complete


def test_unreadable_mutation_is_found_by_halving_and_quarantined_here(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    shops = [stock(server, f"Shop {number}") for number in range(6)]
    phone.sync_once()
    server.unreadable.add(shops[3].account)
    for one in shops:
        phone.edit_account(one.account, {"phone": "+358402"})
    report = phone.sync_once()
    assert report.statuses == {"applied": 5, "quarantined": 1}
    (issue,) = phone.sync_status().issues
    assert issue.account_id == shops[3].account
    assert phone.account(shop.account).phone == "+358401"


def test_batch_that_is_too_large_is_halved_and_groups_stay_whole(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    server.max_mutations = 5
    for _ in range(3):
        phone.check_in(full_draft(phone, shop, clock, is_planned=False))
    report = phone.sync_once()
    assert report.is_complete
    assert server.push_sizes == [15, 5, 10, 5, 5]


def test_batches_hold_at_most_a_hundred(phone: PhoneCore, server: FakeServer, shop: Shop) -> None:
    for number in range(130):
        phone.edit_account(shop.account, {"phone": f"+3584{number:04}"})
    assert phone.sync_once().is_complete
    assert [size for size in server.push_sizes if size] == [100, 30]
    assert server.records.image("account")[shop.account]["phone"] == "+35840129"


def test_busy_server_sets_the_next_try(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    server.faults.append(
        Fault("/v1/sync/push", "answer", status=503, code="busy", retry_after="120")
    )
    report = phone.sync_once()
    assert (report.state, report.left) == ("error", 1)
    next_try_at = phone.sync_status().next_try_at
    assert next_try_at is not None
    assert 120 <= (next_try_at - clock.now()).total_seconds() <= 144
    assert phone.sync_once().is_complete
    assert phone.sync_status().next_try_at is None


def test_undo_works_while_offline_and_not_after_a_send(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock
) -> None:
    server.stop()
    first = phone.check_in(full_draft(phone, shop, clock, is_planned=True))
    assert phone.sync_once().state == "offline"
    assert phone.undo_check_in(first.id)
    assert phone.sync_status().waiting == 0
    assert phone.account(shop.account).visits[0].state == "planned"
    draft = phone.draft(shop.account)
    assert draft is not None
    assert draft.photo_paths[0].exists()
    server.start()
    second = phone.check_in(draft)
    server.faults.append(Fault("/v1/sync/push", "drop_before"))
    phone.sync_once()
    assert not phone.undo_check_in(second.id)
    assert phone.sync_once().is_complete


def test_check_in_is_one_transaction(phone: PhoneCore, tmp_path: Path, shop: Shop) -> None:
    db = sqlite3.connect(tmp_path / "phone" / "phone.sqlite")
    db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON mutation WHEN NEW.tbl = 'note'"
        " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
    )
    db.commit()
    draft = CheckInDraft(shop.account, shop.visit, "met", "Hello")
    with pytest.raises(sqlite3.IntegrityError):
        phone.check_in(draft)
    assert phone.sync_status().waiting == 0
    assert phone.account(shop.account).visits[0].state == "planned"
    db.close()


def test_restart_in_the_middle_of_a_send_keeps_the_outbox(
    phone: PhoneCore, server: FakeServer, shop: Shop, clock: SetClock, tmp_path: Path
) -> None:
    phone.edit_account(shop.account, {"phone": "+358402"})
    db = sqlite3.connect(tmp_path / "phone" / "phone.sqlite")
    db.execute("UPDATE mutation SET state = 'sending', tries = 1")
    db.commit()
    db.close()
    again = open_phone(tmp_path / "phone", server, clock)
    assert again.account(shop.account).phone == "+358402"
    assert again.sync_once().is_complete
    again.close()
