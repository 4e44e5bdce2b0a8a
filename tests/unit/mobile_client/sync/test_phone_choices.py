"""Issues of the server, quantities, possible duplicates, and what a person replays there."""

from pathlib import Path

import pytest

from backend.sync.protocol.messages import MutationResult, Status
from mobile_client.core import PhoneCore
from mobile_client.facade import EditError
from mobile_client.views import CheckInDraft
from tests.support.fake_answers import Fault
from tests.support.fake_server import FakeServer
from tests.support.phones import SetClock, Shop, open_phone, stock


def disagree(phone: PhoneCore, server: FakeServer, shop: Shop) -> str:
    """Make an issue over two fields; return its id."""
    phone.edit_account(shop.account, {"phone": "+358402", "name": "Mine"})
    server.records.put("account", shop.account, phone="+358499", name="Theirs")
    phone.sync_once()
    (issue,) = phone.sync_status().issues
    assert (issue.field, issue.kind, issue.subject) == ("phone,name", "account", "Theirs")
    assert (issue.mine, issue.theirs) == ("+358402 · Mine", "+358499 · Theirs")
    return issue.id


def test_theirs_needs_one_tap_and_changes_nothing(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    issue_id = disagree(phone, server, shop)
    phone.resolve_issue(issue_id, use_mine=False)
    assert phone.sync_status().issues == ()
    assert phone.sync_once().is_complete
    assert server.records.rows["issue", issue_id].values["resolution"] == "theirs"
    assert server.records.image("account")[shop.account]["name"] == "Theirs"
    with pytest.raises(KeyError):
        phone.resolve_issue(issue_id, use_mine=True)


def test_mine_is_seen_at_once_and_goes_on_top_of_what_the_server_has_by_then(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    issue_id = disagree(phone, server, shop)
    server.records.put("account", shop.account, name="Newer", email="new@example.com")
    phone.resolve_issue(issue_id, use_mine=True)
    assert phone.account(shop.account).name == "Mine"
    assert phone.sync_once().is_complete
    card = phone.account(shop.account)
    assert (card.name, card.phone, card.email) == ("Mine", "+358402", "new@example.com")
    server.records.put("account", shop.account, name="Later")
    phone.sync_once()
    assert phone.account(shop.account).name == "Later"


def test_issue_shows_what_the_server_has_now(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    disagree(phone, server, shop)
    server.records.put("account", shop.account, name="Newer")
    phone.sync_once()
    (issue,) = phone.sync_status().issues
    assert issue.theirs == "+358499 · Newer"


def test_choice_that_the_server_refuses_comes_back(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    issue_id = disagree(phone, server, shop)
    server.records.refusals["issue"] = "not_now"
    phone.resolve_issue(issue_id, use_mine=True)
    phone.sync_once()
    assert issue_id in {issue.id for issue in phone.sync_status().issues}
    assert phone.account(shop.account).name == "Theirs"


def test_choice_made_on_another_phone_ends_it_here(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    issue_id = disagree(phone, server, shop)
    server.stop()
    phone.resolve_issue(issue_id, use_mine=True)
    server.records.put("issue", issue_id, resolution="theirs")
    server.records.hide("issue", issue_id)
    server.start()
    assert phone.sync_once().is_complete
    assert phone.sync_status().issues == ()
    assert phone.account(shop.account).name == "Theirs"


def test_issue_without_a_way_back_is_only_put_away(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    issue_id = disagree(phone, server, shop)
    server.records.put("issue", issue_id, code="record_deleted")
    phone.sync_once()
    (issue,) = phone.sync_status().issues
    assert not issue.can_use_mine
    phone.resolve_issue(issue_id, use_mine=True)
    phone.sync_once()
    assert server.records.rows["issue", issue_id].values["resolution"] == "dismissed"


def test_differences_of_a_quantity_add_up_over_the_servers_value(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    assert phone.change_empties(shop.account, 5) == 5
    assert phone.change_empties(shop.account, -2) == 3
    server.records.put("account", shop.account, empties_owed=10)
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    phone.sync_once()
    card = phone.account(shop.account)
    assert (card.empties_owed, card.pending_fields) == (13, frozenset({"empties_owed"}))
    assert phone.sync_once().is_complete
    assert phone.account(shop.account).empties_owed == 13
    assert server.records.image("account")[shop.account]["empties_owed"] == 13
    assert phone.account(shop.account).pending_fields == frozenset()


def test_lost_answer_counts_a_difference_once(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    phone.change_empties(shop.account, 5)
    server.faults.append(Fault("/v1/sync/push", "drop_after"))
    phone.sync_once()
    server.faults.append(Fault("/v1/sync/push", "answer", status=502, code="bad_gateway"))
    assert phone.sync_once().acks == 1
    assert phone.account(shop.account).empties_owed == 5
    phone.sync_once()
    assert phone.account(shop.account).empties_owed == 5


@pytest.mark.parametrize("difference", [0, -1, 100_001])
def test_difference_that_makes_no_sense_is_refused(
    phone: PhoneCore, shop: Shop, difference: int
) -> None:
    with pytest.raises(EditError) as caught:
        phone.change_empties(shop.account, difference)
    assert (caught.value.code, caught.value.field) == ("invalid", "empties_owed")
    with pytest.raises(EditError, match="no longer"):
        phone.change_empties("nothing", 1)


def test_difference_that_the_server_refuses_is_told_with_its_number(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    server.records.refusals[shop.account] = "invalid"
    phone.change_empties(shop.account, 5)
    phone.sync_once()
    (issue,) = phone.sync_status().issues
    assert issue.mine == "empties_owed: +5"
    assert phone.account(shop.account).empties_owed == 0


def test_possible_duplicate_is_told_and_nothing_is_undone(
    phone: PhoneCore, server: FakeServer, shop: Shop
) -> None:
    other = stock(server, "Cà phê Nguyễn")
    phone.sync_once()
    phone.check_in(CheckInDraft(shop.account, None, "met"))
    (visit,) = [one.id for one in phone.account(shop.account).visits if one.state == "done"]
    server.records.duplicates[visit] = other.account
    assert phone.sync_once().is_complete
    (issue,) = phone.sync_status().issues
    assert issue.message == "This may be the same account as Cà phê Nguyễn."
    assert not issue.can_use_mine
    phone.resolve_issue(issue.id, use_mine=False)
    assert phone.sync_status().issues == ()


@pytest.mark.parametrize("outcome", [Status.APPLIED, Status.REJECTED])
def test_what_a_person_replays_on_the_server_ends_the_problem_or_renames_it(
    phone: PhoneCore, server: FakeServer, shop: Shop, outcome: Status
) -> None:
    server.unreadable.add(shop.account)
    phone.edit_account(shop.account, {"phone": "+358402"})
    phone.sync_once()
    assert len(phone.sync_status().issues) == 1
    (mutation,) = server.pushes[-1].mutations
    server.records.change += 1
    detail = "Still no." if outcome is Status.REJECTED else None
    ack = MutationResult(mutation.id, outcome, detail=detail)
    server.records.acks.append((server.records.change, ack))
    assert phone.sync_once().acks == 1
    told = [issue.message for issue in phone.sync_status().issues]
    assert told == ([] if outcome is Status.APPLIED else ["Still no."])


def test_phones_of_one_person_see_the_same_issue(
    phone: PhoneCore,
    server: FakeServer,
    shop: Shop,
    clock: SetClock,
    tmp_path: Path,
) -> None:
    issue_id = disagree(phone, server, shop)
    second = open_phone(tmp_path / "second", server, clock)
    second.sign_in("anna@example.com", "open sesame")
    assert second.sync_once().is_complete
    (issue,) = second.sync_status().issues
    assert issue.id == issue_id
    second.resolve_issue(issue_id, use_mine=True)
    assert second.sync_once().is_complete
    assert phone.sync_once().is_complete
    assert phone.sync_status().issues == ()
    assert phone.account(shop.account).name == "Mine"
    second.close()
